"""What becomes of judged records: a new event, an occurrence of an open one, a count, or quarantine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from powertrip.event import Event, Record, Status
from powertrip.ports import (
    Applied,
    DecisionPlan,
    DeliveryKind,
    Judgement,
    ToAsk,
    ToCount,
    ToQuarantine,
    ToSight,
)
from powertrip.store import audit, deliveries, expectations, inbox, pairing, quarantine, tally
from powertrip.store.database import Role, is_postgres, transaction
from powertrip.store.models import EventRow, OccurrenceRow, database
from powertrip.store.rows import event_columns, facts_columns


def apply(judgements: Sequence[Judgement], now: datetime) -> Applied:
    """Carry out what was judged, each record exactly once however often it was claimed."""
    opened: list[str] = []
    folded: list[str] = []
    paired: list[str] = []
    quarantined = sighted = 0
    audit.write_alone()
    for judgement in judgements:
        if not inbox.mark_judged(judgement.claimed.inbox_id, now):
            continue
        match judgement.outcome:
            case ToAsk() as ask:
                event_id, is_new, origins = _ask(judgement.claimed.record, ask, now)
                (opened if is_new else folded).append(event_id)
                paired += origins
            case ToSight() as sight:
                paired += pairing.sight(judgement.claimed.record, sight, now)
                sighted += 1
            case ToCount(verdict=verdict, name=name):
                tally.add(now, verdict, name)
            case ToQuarantine(rule=rule, reason=reason):
                quarantine.add_record(judgement.claimed.record, rule, reason, now)
                quarantined += 1
    for event_id in dict.fromkeys(folded):
        deliveries.enqueue_updates(event_id, now)
    return Applied(
        opened=tuple(opened),
        folded=tuple(folded),
        quarantined=quarantined,
        sighted=sighted,
        paired=tuple(paired),
    )


def _ask(record: Record, ask: ToAsk, now: datetime) -> tuple[str, bool, tuple[str, ...]]:
    """The event that the record made or joined, whether it made it, and the origins that saw the same."""
    joined = pairing.join_late(record, ask, now)
    if joined:
        return joined, False, ()
    event_id, is_new = open_or_fold(record, ask, now)
    return event_id, is_new, pairing.occurred(record, ask, now)


def open_or_fold(record: Record, ask: ToAsk, now: datetime) -> tuple[str, bool]:
    """Make an event of the record, or have it join the open one; returns its id and whether it is new."""
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
    query = EventRow.select().where(
        (EventRow.fold_key == event.fold_key) & (EventRow.status == Status.PENDING)
    )
    row: Any = (query.for_update() if is_postgres() else query).first()
    if row is None:
        return None
    row.revision += 1
    row.occurrences += 1
    row.version += 1
    row.last_occurred_at = max(row.last_occurred_at, event.occurred_at)
    row.save()
    _add_occurrence(row.id, record, event, row.revision)
    audit.append("occurrence_joined", now, event_id=row.id, revision=row.revision, record_id=record.record_id)
    return str(row.id)


def _open(record: Record, ask: ToAsk, now: datetime) -> None:
    EventRow.create(**event_columns(ask.event), facts_due_at=now)
    _add_occurrence(ask.event.id, record, ask.event, 1)
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
    expectations.expect(ask.event.id, ask.event.rule, record.source, ask.watches, now)


def _add_occurrence(event_id: str, record: Record, event: Event, revision: int) -> None:
    OccurrenceRow.create(
        event_id=event_id,
        source=record.source,
        record_id=record.record_id,
        message=record.message,
        raw=record.raw,
        occurred_at=event.occurred_at,
        received_at=record.received_at,
        revision=revision,
        cut=record.cut,
        event_action=event.event_action,
        user_name=event.user_name,
        host_name=event.host_name,
        source_ip=event.source_ip,
        source_port=event.fields.get("source_port"),
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


class Judging(Role):
    """The effects of judgements."""

    apply = transaction(apply)
