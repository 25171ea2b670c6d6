"""Writes what became of judged records: a new event, an occurrence of an open one, a count, or quarantine.

A batch is decided in memory and written by one statement a table. Only pairing with the records of
origins goes record by record, where there are origins.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event, Status
from powertrip.domain.judgement import Applied, MaybeTest, ToAsk, ToBeat, ToQuarantine, ToSight
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.voices import NOTHING_EXPECTED, Expected
from powertrip.store import audit, deliveries, heartbeat, inbox, quarantine, trials
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import LostRace, Role, for_update, transaction
from powertrip.store.hids import expected, pairing
from powertrip.store.hids.tables import ExpectationRow
from powertrip.store.rows import event_columns, event_row, events_from, facts_columns
from powertrip.store.sources import judged
from powertrip.store.tables import EventRow, OccurrenceRow


def apply(claimed: Sequence[MaybeTest], now: datetime, expected: Expected = NOTHING_EXPECTED) -> Applied:
    """Carry out each judgement exactly once, however often its record was claimed.

    `expected` says whose voice is listened for in the records.
    """
    judgements = trials.resolve(claimed, now)
    if any(isinstance(item, ToSight) or (isinstance(item, ToAsk) and item.watches) for item in judgements):
        pairing.begin()
    unmatched_ids = [item.record.inbox_id for item in judgements if item.verdict == RecordVerdict.UNMATCHED]
    mine = inbox.mark_judged([item.record.inbox_id for item in judgements], now, unmatched_ids)
    ours = [item for item in judgements if item.record.inbox_id in mine]
    asked = [item for item in ours if isinstance(item, ToAsk)]
    sighted = [item for item in ours if isinstance(item, ToSight)]
    unjudged = [item for item in ours if isinstance(item, ToQuarantine)]
    beats = [item for item in ours if isinstance(item, ToBeat)]
    heartbeat.heard_real(ours)
    asked += heartbeat.take(beats, now)
    # Before the questions: a record that came with its counterpart finds it here.
    paired = [origin for sight in sighted for origin in pairing.sight(sight, now)]
    # A record that only confirms what an origin alone told of joins that event, whatever was decided.
    late = [(ask, None if ask.event.is_test else pairing.join_late(ask, now)) for ask in asked]
    joined = [event_id for _, event_id in late if event_id is not None]
    asked = [ask for ask, event_id in late if event_id is None]
    event_ids = keep_occurrences(asked, now)
    paired += [origin for ask in asked for origin in pairing.occurred(ask, now)]
    applied = applied_to(asked, event_ids)
    folded = (*joined, *applied.folded)
    deliveries.enqueue_updates(dict.fromkeys(folded), now)
    quarantine.add([quarantine.of_record(item, now) for item in unjudged])
    judged.count(ours, expected, now)
    return replace(
        applied,
        folded=folded,
        quarantined=len(unjudged),
        sighted=len(sighted),
        beats=len(beats),
        paired=tuple(paired),
    )


def applied_to(asked: Sequence[ToAsk], event_ids: Sequence[str]) -> Applied:
    """Say which records opened the events that they are in, and which joined theirs."""
    outcomes = list(zip(asked, event_ids, strict=True))
    return Applied(
        opened=tuple(event_id for ask, event_id in outcomes if event_id == ask.event.id),
        folded=tuple(event_id for ask, event_id in outcomes if event_id != ask.event.id),
    )


@dataclass(slots=True)
class _Open:
    """An event that records join, as far as the batch has come."""

    id: str
    revision: int
    occurrences: int
    version: int
    last_occurred_at: datetime
    opened_by: ToAsk | None = None
    joined: int = 0

    def join(self, occurred_at: datetime) -> None:
        self.revision += 1
        self.occurrences += 1
        self.version += 1
        self.joined += 1
        self.last_occurred_at = max(self.last_occurred_at, occurred_at)

    def columns(self) -> dict[str, Any]:
        """The columns that occurrences change."""
        return {
            "id": self.id,
            "revision": self.revision,
            "occurrences": self.occurrences,
            "version": self.version,
            "last_occurred_at": self.last_occurred_at,
        }


def keep_occurrences(asked: Sequence[ToAsk], now: datetime) -> list[str]:
    """Add each record to the open event of its fold key, or make that event; returns the events' ids."""
    known = _lock_pending({ask.event.fold_key for ask in asked})
    occurrences: list[dict[str, Any]] = []
    for ask in asked:
        event, record = ask.event, ask.record
        joined = known.get(event.fold_key)
        if joined is None:
            joined = _Open(event.id, 1, 1, 1, event.occurred_at, opened_by=ask)
            known[event.fold_key] = joined
            audit.append(
                "event_opened",
                now,
                event_id=event.id,
                rule=event.rule,
                source=record.source,
                record_id=record.record_id,
                subject=event.subject.kind,
            )
        else:
            joined.join(event.occurred_at)
            audit.append(
                "occurrence_joined",
                now,
                event_id=joined.id,
                revision=joined.revision,
                record_id=record.record_id,
            )
        occurrences.append(_occurrence_columns(ask, event_id=joined.id, revision=joined.revision))
    # In one order, so that two processes that open the same events never wait for each other.
    _write_events([known[key] for key in sorted(known)], now)
    insert_all(OccurrenceRow, occurrences)
    opening = [item.opened_by for item in known.values() if item.opened_by is not None]
    queued = []
    for ask in opening:
        event_id, due_at = ask.event.id, now + ask.hold
        queued.append(
            deliveries.new(DeliveryKind.FIRST, ask.conversation, now, event_ids=[event_id], due_at=due_at)
        )
        queued += deliveries.copies(event_id, ask.copies, now, due_at=due_at)
    deliveries.enqueue(queued)
    insert_all(ExpectationRow, [row for ask in opening for row in expected.expect(ask, now)])
    return [row["event_id"] for row in occurrences]


def _lock_pending(fold_keys: Collection[str]) -> dict[str, _Open]:
    if not fold_keys:
        return {}
    # On PostgreSQL the lock waits for whoever decides one of them, and then no longer finds it pending:
    # what is decided is never joined.
    pending = EventRow.fold_key.in_(list(fold_keys)) & (EventRow.status == Status.PENDING)
    query = for_update(
        EventRow.select(
            EventRow.fold_key,
            EventRow.id,
            EventRow.revision,
            EventRow.occurrences,
            EventRow.version,
            EventRow.last_occurred_at,
        )
        .where(pending)
        .order_by(EventRow.id)
    )
    return {fold_key: _Open(*values) for fold_key, *values in query.tuples()}


def _write_events(events: Sequence[_Open], now: datetime) -> None:
    new = [
        event_columns(item.opened_by.event) | item.columns() | {"facts_due_at": now}
        for item in events
        if item.opened_by is not None
    ]
    inserted = insert_all(EventRow, new, "ON CONFLICT (fold_key) WHERE status = 'pending' DO NOTHING")
    if inserted < len(new):
        # There was no row to lock yet. Run again, the step finds the other's event and joins it.
        raise LostRace("another process opened the same event")
    update_all(EventRow, [item.columns() for item in events if item.joined and item.opened_by is None])


def _occurrence_columns(ask: ToAsk, *, event_id: str, revision: int) -> dict[str, Any]:
    record, event = ask.record, ask.event
    return {
        "event_id": event_id,
        "source": record.source,
        "record_id": record.record_id,
        "message": record.message,
        "raw": record.raw,
        "occurred_at": event.occurred_at,
        "received_at": record.received_at,
        "revision": revision,
        "cut": record.cut,
        # By which it is compared with what a HIDS saw: no test is.
        "event_action": None if event.is_test else event.event_action,
        "user_name": event.user_name,
        "host_name": event.host_name,
        "source_ip": event.source_ip,
        "source_port": event.fields.get("source_port"),
    }


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
    rest = replace(
        decided,
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
    EventRow.create(**event_columns(rest), **facts_columns(rest.facts), facts_due_at=now)
    moved = [
        {"id": row.id, "event_id": rest.id, "revision": number} for number, row in enumerate(later, start=1)
    ]
    update_all(OccurrenceRow, moved)
    covered = [row.occurred_at for row in OccurrenceRow.select(OccurrenceRow.occurred_at).where(of_event)]
    EventRow.update(revision=len(covered), occurrences=len(covered), last_occurred_at=max(covered)).where(
        EventRow.id == event_id
    ).execute()
    audit.append("occurrences_split_off", now, event_id=rest.id, from_event=event_id, count=len(later))
    first = deliveries.new(DeliveryKind.FIRST, plan.rest_conversation, now, event_ids=[rest.id])
    deliveries.enqueue([first, *deliveries.copies(rest.id, decided.copied_to, now)])
    return rest


class Judging(Role):
    """The effects of judgements."""

    apply = transaction(apply)
