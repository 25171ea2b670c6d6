"""Events: looking them up, deciding them, and reserving their reminders."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from powertrip.domain.deciding import DecisionPlan, Outcome
from powertrip.domain.decision import Decision
from powertrip.domain.delivery import DeliveryKind, Reminders
from powertrip.domain.due import DueReminder
from powertrip.domain.event import Event, EventQuery, Occurrence, Status
from powertrip.domain.people import Subject
from powertrip.errors import UnknownEvent
from powertrip.store import audit, deliveries, judging
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.hids import reports
from powertrip.store.rows import (
    LockedEvent,
    event_row,
    events_from,
    lock_events,
    occurrence_from,
    rows_of,
    subject_columns,
)
from powertrip.store.tables import DecisionRow, EventRow, OccurrenceRow

OPEN = (Status.PENDING, Status.HALF_APPROVED)
UNDONE = (*OPEN, Status.DENIED)


def get(event_id: str) -> Event:
    """The event as it is now; raises UnknownEvent."""
    row = event_row(event_id)
    if row is None:
        raise UnknownEvent(f"There is no event with the id {event_id[:40]!r}.")
    return events_from([row])[0]


def occurrences(event_id: str) -> list[Occurrence]:
    """The records of an event, in the order they joined."""
    return [occurrence_from(row) for row in rows_of(event_id, OccurrenceRow)]


def find(query: EventQuery) -> tuple[list[Event], int]:
    """One page of the events that fit, newest first, and how many fit in all."""
    fitting = EventRow.select().where(_conditions(query)) if _narrows(query) else EventRow.select()
    page = fitting.order_by(EventRow.received_at.desc(), EventRow.id).limit(query.limit).offset(query.offset)
    return events_from(list(page)), int(fitting.count())


def _narrows(query: EventQuery) -> bool:
    return query != EventQuery(limit=query.limit, offset=query.offset)


def _conditions(query: EventQuery) -> Any:
    conditions: list[Any] = []
    if query.open_only:
        conditions.append(EventRow.status.in_(OPEN))
    if query.undone_only:
        conditions.append(EventRow.status.in_(UNDONE))
    for name in ("subject_slack_id", "user_name", "host_name", "source_ip"):
        wanted = getattr(query, name)
        if wanted is not None:
            conditions.append(getattr(EventRow, name) == wanted)
    if query.name is not None:
        conditions.append((EventRow.user_name == query.name) | (EventRow.host_name == query.name))
    if query.since is not None:
        conditions.append(EventRow.received_at >= query.since)
    combined = conditions[0]
    for condition in conditions[1:]:
        combined &= condition
    return combined


def decide(plan: DecisionPlan) -> Outcome | None:
    """Take a decision, with all that follows, or return None where the event's status moved meanwhile.

    Occurrences later than the decision's revision become a pending event of their own, every copy of
    the card is to be updated, and a denial is to be told to the security channel.
    """
    wait_for(Turn.DECIDING)
    if not _move_status(plan):
        return None
    _write_decision(plan.before.id, plan.after.status, plan.decision)
    rest = _split(plan) if plan.before.status is Status.PENDING else None
    reports.for_decision(plan.before.id, plan.after.status, plan.tell, plan.decision.at)
    deliveries.enqueue_updates([plan.before.id], plan.decision.at)
    if plan.outcome_channel:
        alert = deliveries.new(
            DeliveryKind.OUTCOME, plan.outcome_channel, plan.decision.at, event_ids=[plan.before.id]
        )
        deliveries.enqueue([alert])
    return plan.outcome(rest)


def _move_status(plan: DecisionPlan) -> bool:
    unchanged = (EventRow.id == plan.before.id) & (EventRow.status == plan.before.status)
    moved = EventRow.update(
        status=plan.after.status,
        decided_at=plan.decision.at,
        version=EventRow.version + 1,
        next_reminder_at=plan.remind_at,
    )
    return bool(moved.where(unchanged).execute() == 1)


def _write_decision(event_id: str, status: Status, decision: Decision) -> None:
    DecisionRow.create(event_id=event_id, **asdict(decision))
    audit.append(
        "decided",
        decision.at,
        event_id=event_id,
        actor_id=decision.actor_id,
        verdict=decision.verdict,
        status=status,
        via=decision.via,
        revision=decision.revision,
        reason=decision.reason,
    )


def _split(plan: DecisionPlan) -> Event | None:
    decided = get(plan.before.id)
    rest = judging.split_off(decided, plan.decision.revision, plan, plan.decision.at)
    if rest is None:
        return None
    covered = occurrences(decided.id)
    EventRow.update(
        revision=len(covered),
        occurrences=len(covered),
        last_occurred_at=max(occurrence.occurred_at for occurrence in covered),
    ).where(EventRow.id == decided.id).execute()
    first = deliveries.new(DeliveryKind.FIRST, plan.rest_conversation, plan.decision.at, event_ids=[rest.id])
    deliveries.enqueue([first])
    return rest


def set_subject(event_id: str, subject: Subject, now: datetime) -> None:
    """Remember that the subject turned out to be somebody, or something, else."""
    changes = subject_columns(subject) | {"version": EventRow.version + 1}
    EventRow.update(**changes).where(EventRow.id == event_id).execute()
    audit.append("subject_changed", now, event_id=event_id, subject=subject.kind)
    deliveries.enqueue_updates([event_id], now)


def due_reminders(now: datetime, limit: int) -> list[DueReminder]:
    """Events whose reminder is due, the longest overdue first."""
    rows: Any = (
        EventRow.select(EventRow.id, EventRow.next_reminder_at, EventRow.reminders)
        .where(EventRow.next_reminder_at <= now)
        .order_by(EventRow.next_reminder_at, EventRow.id)
        .limit(limit)
        .tuples()
    )
    return [DueReminder(event_id=event_id, due_at=due_at, sent=sent) for event_id, due_at, sent in rows]


def reserve_reminders(
    next_due: Sequence[tuple[DueReminder, datetime]], channel: str, together: int, now: datetime
) -> int:
    """Move each due time ahead and write down the reminders in the same step; returns how many are ours.

    A crash afterwards delays a reminder, and never repeats one without end. More than `together` of
    them go out as one message.
    """
    locked = lock_events([due.event_id for due, _ in next_due])
    ours = [(due, then) for due, then in next_due if _is_unreserved(due, locked.get(due.event_id))]
    update_all(
        EventRow,
        [{"id": due.event_id, "next_reminder_at": then, "reminders": due.sent + 1} for due, then in ours],
    )
    groups = [ours] if len(ours) > together else [[each] for each in ours]
    deliveries.enqueue([_reminder([due for due, _ in group], channel, now) for group in groups])
    return len(ours)


def _is_unreserved(due: DueReminder, event: LockedEvent | None) -> bool:
    return event is not None and event.status in UNDONE and event.next_reminder_at == due.due_at


def _reminder(group: Sequence[DueReminder], channel: str, now: datetime) -> dict[str, Any]:
    numbers = {due.event_id: due.sent + 1 for due in group}
    return deliveries.new(
        DeliveryKind.REMINDER, channel, now, event_ids=numbers, payload=Reminders(numbers=numbers)
    )


def open_count() -> int:
    """How many events still want a decision."""
    return int(EventRow.select().where(EventRow.status.in_(OPEN)).count())


def refused(event_id: str, actor_id: str, verdict: str, why: str, now: datetime) -> None:
    """Write down that somebody tried and may not."""
    audit.append("refused", now, event_id=event_id, actor_id=actor_id, verdict=verdict, why=why)


class Events(Role):
    """Events and what is done to them."""

    get = transaction(get)
    occurrences = transaction(occurrences)
    find = transaction(find)
    decide = transaction(decide)
    refused = transaction(refused)
    set_subject = transaction(set_subject)
    due_reminders = transaction(due_reminders)
    reserve_reminders = transaction(reserve_reminders)
