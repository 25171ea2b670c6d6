"""Events: looking them up, deciding them, and reserving their reminders."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain.deciding import DecisionPlan, Outcome
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import LISTED, RANK, DeliveryKind, ReminderNumbers
from powertrip.domain.due import DueReminder
from powertrip.domain.event import OPEN, UNDONE, Event, EventQuery, Occurrence, Severity, Status
from powertrip.domain.people import Subject, SubjectKind
from powertrip.store import audit, deliveries, follow_ups, splitting, suggestions, written
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.expected_work import changing as expected_work
from powertrip.store.hids import reports
from powertrip.store.proofs import challenges
from powertrip.store.rows import (
    LockedEvent,
    events_from,
    gravest_first,
    lock_events,
    occurrence_from,
    read_event,
    rows_of,
    subject_columns,
)
from powertrip.store.storms import messages as storm_messages
from powertrip.store.tables import DecisionRow, EventRow, NoticeRow, OccurrenceRow


def occurrences(event_id: str) -> list[Occurrence]:
    """The records of an event, in the order they joined."""
    return [occurrence_from(row) for row in rows_of(event_id, OccurrenceRow)]


def find(query: EventQuery) -> tuple[list[Event], int]:
    """One page of the events that fit, the newest first, or the gravest of what waits; and how many fit."""
    fitting = EventRow.select()
    if query.open_only:
        fitting = fitting.where(EventRow.status.in_(OPEN))
    if query.undone_only:
        fitting = fitting.where(EventRow.status.in_(UNDONE))
    for name in ("subject_slack_id", "user_name", "host_name", "source_ip"):
        wanted = getattr(query, name)
        if wanted is not None:
            fitting = fitting.where(getattr(EventRow, name) == wanted)
    if query.name is not None:
        fitting = fitting.where((EventRow.user_name == query.name) | (EventRow.host_name == query.name))
    if query.since is not None:
        fitting = fitting.where(EventRow.received_at >= query.since)
    order: tuple[Any, ...] = (EventRow.received_at.desc(), EventRow.id)
    if query.undone_only:
        order = gravest_first()
    page = fitting.order_by(*order).limit(query.limit).offset(query.offset)
    return events_from(list(page)), int(fitting.count())


_DECIDE = (
    "UPDATE event SET status = ?, decided_at = ?, version = version + 1, next_reminder_at = ? "
    # What an approval takes is part of what was checked.
    "WHERE id = ? AND status = ? AND requires_proof = ?"
)


def decide(plan: DecisionPlan) -> Outcome | None:
    """Take a decision, with all that follows, or return None where the event's status moved meanwhile.

    Occurrences later than the decision's revision become a pending event of their own, every copy of
    the card is to be updated, and a denial is to be told to the security channel.
    """
    event_id, decision, status = plan.before.id, plan.decision, plan.after.status
    wait_for(Turn.DECIDING)
    # The condition is what makes a decision happen once: whoever comes second changes no row.
    as_it_was = (event_id, plan.before.status, plan.before.requires_proof)
    moved = written.run(_DECIDE, status, decision.at, plan.remind_at, *as_it_was)
    if moved.rowcount != 1:
        return None
    challenges.spend(plan)
    insert_all(DecisionRow, [{"event_id": event_id, **asdict(decision)}])
    audit.append(
        "decided",
        decision.at,
        event_id=event_id,
        actor_id=decision.actor_id,
        actor_name=decision.actor_name,
        verdict=decision.verdict,
        status=status,
        via=decision.via,
        revision=decision.revision,
        reason=decision.reason,
        outcome_channel=plan.outcome_channel,
        **decision.about_agent,
        **decision.about_proof,
        **plan.left_out,
    )
    if decision.verdict is Verdict.DENY:
        expected_work.end_for([plan.before.subject], actor_id=decision.actor_id, now=decision.at)
    if plan.suggestion:
        suggestions.make(plan.suggestion, besides=event_id, now=decision.at)
    # Records join pending events only, so there is nothing to split from any other.
    rest = splitting.split_off(plan) if plan.before.status is Status.PENDING else None
    reports.for_decision(event_id, status=status, told_of_all=plan.tell, now=decision.at)
    deliveries.enqueue_updates([event_id], decision.at)
    storm_messages.moved([event_id], decision.at)
    told = _told_at_once(plan)
    deliveries.enqueue(told)
    if status is Status.DENIED:
        follow_ups.begin(event_id, told[0]["uid"] if told else None, plan.checklist, decision.at)
    return plan.outcome(rest)


def _told_at_once(plan: DecisionPlan) -> list[dict[str, Any]]:
    """The messages to the security channel, of a denial or that a second person has to approve it."""
    channels = ((DeliveryKind.OUTCOME, plan.outcome_channel), (DeliveryKind.SECOND, plan.second_channel))
    at, event_ids = plan.decision.at, [plan.before.id]
    return [deliveries.new(kind, channel, at, event_ids=event_ids) for kind, channel in channels if channel]


def decide_as_it_is(
    event_id: str, plan: Callable[[Event, int | None], DecisionPlan], *, is_typed: bool
) -> Outcome | None:
    """Decide by what `plan` makes of the event as it is now, and of the newest revision shown if `is_typed`.

    As `decide`; raises UnknownEvent, and whatever `plan` raises: nothing was changed then.
    """
    return decide(plan(read_event(event_id), shown(event_id) if is_typed else None))


def set_subject(event_ids: Collection[str], subject: Subject, now: datetime) -> None:
    """Record whom these events are about."""
    columns = subject_columns(subject)
    lock_events(event_ids)
    rows = written.rows_of(EventRow, "id", event_ids)
    # A first notice and a copy look the same person up.
    changed = [row for row in rows if any(getattr(row, name) != value for name, value in columns.items())]
    update_all(EventRow, [{"id": row.id, **columns, "version": row.version + 1} for row in changed])
    for row in changed:
        audit.append(
            "subject_changed", now, event_id=row.id, subject=subject.kind, subject_id=subject.slack_id
        )
    deliveries.enqueue_updates([row.id for row in changed], now)


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
    """Queue the reminders and advance their due times; returns how many this process won.

    More than `together` of them go out in lists, the worst first. With the first reminder of an event, the
    person whom it is about is nudged too, once for all of theirs that are due.
    """
    locked = lock_events([due.event_id for due, _ in next_due])
    ours = []
    for due, next_at in next_due:
        event = locked.get(due.event_id)
        # Another process may have reserved it, or somebody decided, since it was read.
        if event and event.status in UNDONE and event.next_reminder_at == due.due_at:
            ours.append((due, next_at))
    # In the step that queues them: a crash afterwards delays a reminder, and never repeats one without end.
    update_all(
        EventRow,
        [
            {"id": due.event_id, "next_reminder_at": next_at, "reminders": due.sent + 1}
            for due, next_at in ours
        ],
    )
    if len(ours) > together:
        ours.sort(key=lambda item: _weight(locked[item[0].event_id]))
    size = LISTED if len(ours) > together else 1
    messages = [
        {due.event_id: due.sent + 1 for due, _ in ours[begin : begin + size]}
        for begin in range(0, len(ours), size)
    ]
    deliveries.enqueue(
        [
            deliveries.new(
                DeliveryKind.REMINDER,
                channel,
                now,
                event_ids=message,
                payload=ReminderNumbers(numbers=message),
            )
            for message in messages
        ]
        + _nudges([due.event_id for due, _ in ours if due.sent == 0], now)
    )
    return len(ours)


def _weight(event: LockedEvent) -> tuple[int, datetime]:
    return RANK[Severity(event.severity)], event.received_at


def _nudges(event_ids: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """A delivery for each person whose answer to any of these events is missing."""
    if not event_ids:
        return []
    unanswered = (
        EventRow.id.in_(list(event_ids))
        & (EventRow.status == Status.PENDING)
        & (EventRow.subject_kind == SubjectKind.PERSON)
    )
    query: Any = EventRow.select(EventRow.subject_slack_id, EventRow.id, EventRow.doubts).where(unanswered)
    of_person: dict[str, list[str]] = {}
    for slack_id, event_id, doubts in query.order_by(EventRow.received_at, EventRow.id).tuples():
        # Whoever is not sure has answered.
        if slack_id and not any(doubt["is_subject"] for doubt in doubts or ()):
            of_person.setdefault(slack_id, []).append(event_id)
    return [
        deliveries.new(DeliveryKind.NUDGE, slack_id, now, event_ids=asked[:LISTED])
        for slack_id, asked in of_person.items()
    ]


def open_count() -> int:
    return int(EventRow.select().where(EventRow.status.in_(OPEN)).count())


def refused(event_id: str, actor_id: str, verdict: str, why: str, now: datetime) -> None:
    """Record a refused attempt in the audit."""
    audit.append("refused", now, event_id=event_id, actor_id=actor_id, verdict=verdict, why=why)


def answered(revisions: Mapping[str, int]) -> None:
    """Record which revision of each event an answer to a command shows."""
    for event_id, revision in sorted(revisions.items()):
        older = (EventRow.id == event_id) & (EventRow.answered_revision < revision)
        EventRow.update(answered_revision=revision).where(older).execute()


def shown(event_id: str) -> int:
    """The newest revision of the event that a message, or an answer to a command, has shown; 0 for none."""
    in_answers = EventRow.select(EventRow.answered_revision).where(EventRow.id == event_id).scalar()
    newest = fn.MAX(NoticeRow.shown_revision)
    in_messages = NoticeRow.select(newest).where(NoticeRow.event_id == event_id).scalar()
    return max(in_answers or 0, in_messages or 0)


class Events(Role):
    """Events and what is done to them."""

    get = transaction(read_event)
    answered = transaction(answered)
    occurrences = transaction(occurrences)
    find = transaction(find)
    decide = transaction(decide)
    decide_as_it_is = transaction(decide_as_it_is)
    refused = transaction(refused)
    set_subject = transaction(set_subject)
    due_reminders = transaction(due_reminders)
    reserve_reminders = transaction(reserve_reminders)
