"""Splits off what joined an event after the person who decided had seen it."""

from dataclasses import replace

from powertrip.domain import varied
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event, Status
from powertrip.store import audit, deliveries
from powertrip.store.bulk import update_all
from powertrip.store.history import seals
from powertrip.store.rows import event_columns, event_row, events_from, facts_columns, varied_column
from powertrip.store.tables import EventRow, OccurrenceRow


def split_off(plan: DecisionPlan) -> Event | None:
    """Move the occurrences that a decision does not cover to a pending event of their own, if any."""
    event_id, now = plan.before.id, plan.decision.at
    of_event = OccurrenceRow.event_id == event_id
    beyond = of_event & (OccurrenceRow.revision > plan.decision.revision)
    later = list(OccurrenceRow.select().where(beyond).order_by(OccurrenceRow.revision))
    if not later:
        return None
    # Read anew: others may have joined, and its facts have come, since the plan was made.
    (decided,) = events_from([event_row(event_id)])
    began = varied.restated(decided, later[0].differs or {})
    said = varied.stated(decided)
    since = [varied.differences(varied.stated(began), said | (row.differs or {})) or None for row in later]
    rest = replace(
        began,
        varied=varied.collected(filter(None, since), beside={}),
        id=plan.rest_id,
        status=Status.PENDING,
        message=later[0].message,
        cut=later[0].cut,
        source=later[0].source,
        occurred_at=later[0].occurred_at,
        received_at=later[0].received_at,
        last_occurred_at=max(row.occurred_at for row in later),
        revision=len(later),
        occurrences=len(later),
        decisions=(),
        reminders=0,
        next_reminder_at=plan.rest_remind_at,
    )
    columns = event_columns(rest)
    EventRow.create(**columns, **facts_columns(rest.facts), facts_due_at=now)
    moved = [
        {"id": row.id, "event_id": rest.id, "revision": number, "differs": differs}
        for number, (row, differs) in enumerate(zip(later, since, strict=True), start=1)
    ]
    update_all(OccurrenceRow, moved)
    covered = list(
        OccurrenceRow.select(OccurrenceRow.occurred_at, OccurrenceRow.differs)
        .where(of_event)
        .order_by(OccurrenceRow.revision)
    )
    EventRow.update(
        revision=len(covered),
        occurrences=len(covered),
        last_occurred_at=max(row.occurred_at for row in covered),
        varied=varied_column(varied.collected((row.differs or {} for row in covered), beside={})),
    ).where(EventRow.id == event_id).execute()
    audit.append(
        "occurrences_split_off",
        now,
        event_id=rest.id,
        from_event=event_id,
        count=len(later),
        event_seal=seals.of_event(columns),
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
