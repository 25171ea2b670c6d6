"""Splits off what joined an event after the person who decided had seen it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain import varied
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event, Status
from powertrip.store import audit, deliveries, written
from powertrip.store.bulk import update_all
from powertrip.store.history import seals
from powertrip.store.rows import event_columns, event_row, events_from, facts_columns, varied_column
from powertrip.store.tables import EventRow, OccurrenceRow


def split_off(plan: DecisionPlan) -> Event | None:
    """Move the occurrences that a decision does not cover to a pending event of their own, if any."""
    event_id, now = plan.before.id, plan.decision.at
    first_beyond = "event_id = ? AND revision > ? ORDER BY revision LIMIT 1"
    found = written.rows(OccurrenceRow, first_beyond, event_id, plan.decision.revision)
    if not found:
        return None
    opening = found[0]
    of_event = OccurrenceRow.event_id == event_id
    beyond = of_event & (OccurrenceRow.revision > plan.decision.revision)
    # Read anew: others may have joined, and its facts have come, since the plan was made.
    (decided,) = events_from([event_row(event_id)])
    began = varied.restated(decided, opening.differs or {})
    count, last_occurred_at = _extent(beyond)
    _restate(decided, began, opening, beyond)
    rest = replace(
        began,
        varied=_varied(beyond),
        id=plan.rest_id,
        status=Status.PENDING,
        message=opening.message,
        cut=opening.cut,
        source=opening.source,
        occurred_at=opening.occurred_at,
        received_at=opening.received_at,
        last_occurred_at=last_occurred_at,
        revision=count,
        occurrences=count,
        decisions=(),
        reminders=0,
        next_reminder_at=plan.rest_remind_at,
    )
    columns = event_columns(rest)
    EventRow.create(**columns, **facts_columns(rest.facts), facts_due_at=now)
    moved = OccurrenceRow.update(
        event_id=rest.id, revision=OccurrenceRow.revision - (opening.revision - 1)
    ).where(beyond)
    moved.execute()
    covered, covered_until = _extent(of_event)
    EventRow.update(
        revision=covered,
        occurrences=covered,
        last_occurred_at=covered_until,
        varied=varied_column(_varied(of_event)),
    ).where(EventRow.id == event_id).execute()
    audit.append(
        "occurrences_split_off",
        now,
        event_id=rest.id,
        from_event=event_id,
        count=count,
        event_seal=seals.of_events([columns])[0],
        weight=seals.weight(columns[name] for name in seals.WEIGHED),
        subject=rest.subject.kind,
        subject_id=rest.subject.slack_id,
    )
    first = deliveries.new(
        DeliveryKind.FIRST, plan.rest_conversation, now, event_ids=[rest.id], severity=rest.severity
    )
    copies = deliveries.copies(
        rest.id,
        decided.copied_to,
        now,
        conversation=plan.rest_conversation,
        severity=rest.severity,
    )
    deliveries.enqueue([first, *copies])
    return rest


def _extent(which: Any) -> tuple[int, datetime]:
    """How many occurrences there are, and when the last of them occurred."""
    query: Any = OccurrenceRow.select(fn.COUNT(OccurrenceRow.id), fn.MAX(OccurrenceRow.occurred_at))
    ((count, last_occurred_at),) = query.where(which).tuples()
    return count, last_occurred_at


def _varied(which: Any) -> dict[str, tuple[str, ...]]:
    """The different values of the fields in which occurrences differ, in the order they came."""
    query: Any = (
        OccurrenceRow.select(OccurrenceRow.differs)
        .where(which & OccurrenceRow.differs.is_null(False))
        .group_by(OccurrenceRow.differs)
        .order_by(fn.MIN(OccurrenceRow.revision))
        .tuples()
    )
    return varied.collected((differs for (differs,) in query), beside={})


def _restate(decided: Event, began: Event, opening: OccurrenceRow, beyond: Any) -> None:
    """Write by what the occurrences beyond differ from the one that opens the rest, where that is another."""
    if not opening.differs:
        return
    said, first = varied.stated(decided), varied.stated(began)
    query: Any = OccurrenceRow.select(OccurrenceRow.id, OccurrenceRow.differs).where(beyond).tuples()
    changed = []
    for row_id, differs in query:
        anew = varied.differences(first, said | (differs or {})) or None
        if anew != differs:
            changed.append({"id": row_id, "differs": anew})
    update_all(OccurrenceRow, changed)
