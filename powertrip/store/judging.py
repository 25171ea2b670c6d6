"""What becomes of judged records: a new event, an occurrence of an open one, a count, or quarantine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from powertrip.event import Event, Record, Status
from powertrip.ports import Applied, DecisionPlan, DeliveryKind, Judgement, ToAsk, ToCount, ToQuarantine
from powertrip.store import audit, deliveries, inbox, quarantine, tally
from powertrip.store.database import is_postgres
from powertrip.store.models import EventRow, OccurrenceRow, database
from powertrip.store.rows import event_columns, facts_columns


def apply(judgements: Sequence[Judgement], now: datetime) -> Applied:
    """Carry out what was judged, each record exactly once however often it was claimed."""
    opened: list[str] = []
    folded: list[str] = []
    quarantined = 0
    audit.write_alone()
    for judgement in judgements:
        if not inbox.mark_judged(judgement.claimed.inbox_id, now):
            continue
        match judgement.outcome:
            case ToAsk() as ask:
                event_id, is_new = _open_or_fold(judgement.claimed.record, ask, now)
                (opened if is_new else folded).append(event_id)
            case ToCount(verdict=verdict, name=name):
                tally.add(now, verdict, name)
            case ToQuarantine(rule=rule, reason=reason):
                quarantine.add_record(judgement.claimed.record, rule, reason, now)
                quarantined += 1
    for event_id in dict.fromkeys(folded):
        deliveries.enqueue_updates(event_id, now)
    return Applied(opened=tuple(opened), folded=tuple(folded), quarantined=quarantined)


def _open_or_fold(record: Record, ask: ToAsk, now: datetime) -> tuple[str, bool]:
    joined = _fold(record, ask.event, now)
    if joined:
        return joined, False
    try:
        with database.atomic():
            _open(record, ask, now)
    except IntegrityError:
        # Another process opened the same event between our look and our insert.
        joined = _fold(record, ask.event, now)
        if joined is None:
            raise
        return joined, False
    return ask.event.id, True


def _fold(record: Record, event: Event, now: datetime) -> str | None:
    query = EventRow.select().where((EventRow.fold_key == event.fold_key) & (EventRow.status == "pending"))
    row: Any = (query.for_update() if is_postgres() else query).first()
    if row is None:
        return None
    row.revision += 1
    row.occurrences += 1
    row.version += 1
    row.last_occurred_at = max(row.last_occurred_at, event.occurred_at)
    row.save()
    _add_occurrence(row.id, record, event.occurred_at, row.revision)
    audit.append("occurrence_joined", now, event_id=row.id, revision=row.revision, record_id=record.record_id)
    return str(row.id)


def _open(record: Record, ask: ToAsk, now: datetime) -> None:
    EventRow.create(**event_columns(ask.event), facts_due_at=now)
    _add_occurrence(ask.event.id, record, ask.event.occurred_at, 1)
    audit.append(
        "event_opened",
        now,
        event_id=ask.event.id,
        rule=ask.event.rule,
        source=record.source,
        record_id=record.record_id,
        subject=ask.event.subject.kind,
    )
    deliveries.enqueue(
        DeliveryKind.FIRST, ask.conversation, now, event_ids=[ask.event.id], due_at=now + ask.hold
    )


def _add_occurrence(event_id: str, record: Record, occurred_at: datetime, revision: int) -> None:
    OccurrenceRow.create(
        event_id=event_id,
        source=record.source,
        record_id=record.record_id,
        message=record.message,
        raw=record.raw,
        occurred_at=occurred_at,
        received_at=record.received_at,
        revision=revision,
        cut=record.cut,
    )


def split_off(event: Event, covered: int, plan: DecisionPlan, now: datetime) -> Event | None:
    """Move the occurrences after revision `covered` to a pending event of their own, if there are any."""
    later = (OccurrenceRow.event_id == event.id) & (OccurrenceRow.revision > covered)
    rows = list(OccurrenceRow.select().where(later).order_by(OccurrenceRow.revision))
    if not rows:
        return None
    rest = _rest_of(event, rows, plan)
    EventRow.create(**event_columns(rest), **facts_columns(rest.facts), facts_due_at=now)
    for number, row in enumerate(rows, start=1):
        row.event_id = rest.id
        row.revision = number
        row.save()
    audit.append("occurrences_split_off", now, event_id=rest.id, from_event=event.id, count=len(rows))
    return rest


def _rest_of(event: Event, rows: list[Any], plan: DecisionPlan) -> Event:
    return replace(
        event,
        id=plan.rest_id,
        status=Status.PENDING,
        message=rows[0].message,
        cut=rows[0].cut,
        source=rows[0].source,
        occurred_at=rows[0].occurred_at,
        received_at=rows[0].received_at,
        last_occurred_at=max(row.occurred_at for row in rows),
        revision=len(rows),
        occurrences=len(rows),
        decisions=(),
        reminders=0,
        next_reminder_at=plan.rest_remind_at,
    )
