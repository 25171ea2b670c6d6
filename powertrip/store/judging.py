"""Writes what became of judged records: a new event, an occurrence of an open one, a count, or quarantine.

A batch is decided in memory and written by one statement a table. Only pairing with the records of
origins goes record by record, where there are origins.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from powertrip.domain import varied
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event, Status
from powertrip.domain.judgement import (
    Applied,
    Judgement,
    MaybeTest,
    ToAsk,
    ToBeat,
    ToCount,
    ToQuarantine,
    ToSight,
)
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.voices import NOTHING_EXPECTED, Expected
from powertrip.store import audit, deliveries, heartbeat, inbox, known, quarantine, trials
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import LostRace, Role, Turn, for_update, transaction, wait_for_each
from powertrip.store.hids import expected, pairing
from powertrip.store.history import seals
from powertrip.store.rows import event_columns, varied_column
from powertrip.store.signals import Signal, notify
from powertrip.store.sources import judged
from powertrip.store.storms.gather import gather
from powertrip.store.tables import EventRow, OccurrenceRow


def apply(claimed: Sequence[MaybeTest], now: datetime, expected: Expected = NOTHING_EXPECTED) -> Applied:
    """Carry out each judgement exactly once, however often its record was claimed.

    `expected` says whose voice is listened for in the records.
    """
    judgements = trials.resolve(claimed, now)
    wait_for_each(Turn.PAIRING, pairing.keys(judgements) | known.keys(judgements))
    mine = inbox.mark_judged({item.record.inbox_id: item.verdict for item in judgements}, now)
    ours = [item for item in judgements if item.record.inbox_id in mine]
    asked, known_asks = known.apart([item for item in ours if isinstance(item, ToAsk)])
    sighted, known_sights = known.apart([item for item in ours if isinstance(item, ToSight)])
    repeated = {item.record.inbox_id for item in known_asks} | {item.record.inbox_id for item in known_sights}
    unjudged = [item for item in ours if isinstance(item, ToQuarantine)]
    beats = [item for item in ours if isinstance(item, ToBeat)]
    heartbeat.heard_real(ours)
    forged = heartbeat.take(beats, now)
    if beats:
        notify(Signal.HEARTBEAT)
    asked += forged
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
    deliveries.enqueue_redraws(dict.fromkeys(folded), now)
    quarantine.add([quarantine.of_record(item, now) for item in unjudged])
    judged.count(
        [_counted(item, repeated) for item in ours],
        expected,
        now,
        forged={ask.record.inbox_id for ask in forged},
    )
    return replace(
        applied,
        folded=folded,
        quarantined=len(unjudged),
        repeated=len(repeated),
        sighted=len(sighted),
        beats=len(beats),
        paired=tuple(paired),
    )


def _counted(item: Judgement, repeated: Collection[int]) -> Judgement:
    """What the record is counted as: one that was known is none of its rule's."""
    record = item.record
    if record.inbox_id not in repeated:
        return item
    return ToCount(record=record, verdict=RecordVerdict.DUPLICATE, name=record.source)


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
    stated: Mapping[str, str]
    """The fields of its first record."""
    varied: Mapping[str, tuple[str, ...]]
    opened_by: ToAsk | None = None
    joined: int = 0
    storm_id: str | None = None
    """The storm that it is part of; None also where it stands beside one."""

    def join(self, event: Event) -> dict[str, str | None] | None:
        """Take in a record that makes this event again; returns what it says otherwise, if anything."""
        self.revision += 1
        self.occurrences += 1
        self.version += 1
        self.joined += 1
        self.last_occurred_at = max(self.last_occurred_at, event.occurred_at)
        differs = varied.differences(self.stated, varied.stated(event))
        self.varied = varied.collected([differs], beside=self.varied)
        return differs or None

    def columns(self) -> dict[str, Any]:
        """The columns that occurrences change."""
        return {
            "id": self.id,
            "revision": self.revision,
            "occurrences": self.occurrences,
            "version": self.version,
            "last_occurred_at": self.last_occurred_at,
            "varied": varied_column(self.varied),
        }


def keep_occurrences(asked: Sequence[ToAsk], now: datetime) -> list[str]:
    """Add each record to the open event of its fold key, or make that event; returns the events' ids."""
    pending = _lock_pending({ask.event.fold_key for ask in asked})
    occurrences: list[dict[str, Any]] = []
    for ask in asked:
        event, record = ask.event, ask.record
        joined = pending.get(event.fold_key)
        differs = None
        columns = _occurrence_columns(ask)
        seal = seals.of_occurrence(columns)
        if joined is None:
            joined = _Open(
                event.id, 1, 1, 1, event.occurred_at, stated=varied.stated(event), varied={}, opened_by=ask
            )
            pending[event.fold_key] = joined
            audit.append(
                "event_opened",
                now,
                event_id=event.id,
                rule=event.rule,
                source=record.source,
                record_id=record.record_id,
                record_seal=seal,
                event_seal=seals.of_event(event_columns(event)),
                weight=seals.weight(getattr(event, name) for name in seals.WEIGHED),
                subject=event.subject.kind,
                subject_id=event.subject.slack_id,
            )
        else:
            differs = joined.join(event)
            audit.append(
                "occurrence_joined",
                now,
                event_id=joined.id,
                revision=joined.revision,
                record_id=record.record_id,
                record_seal=seal,
            )
        place = {"event_id": joined.id, "revision": joined.revision, "differs": differs}
        occurrences.append(columns | place)
    # In one order, so that two processes that open the same events never wait for each other.
    _write_events([pending[key] for key in sorted(pending)], now)
    insert_all(OccurrenceRow, occurrences)
    opening = [item.opened_by for item in pending.values() if item.opened_by is not None]
    folded = {item.id: item.storm_id for item in pending.values() if item.joined and item.storm_id}
    in_storms = gather(opening, folded, now)
    deliveries.enqueue(
        [row for ask in opening for row in _first_cards(ask, in_storm=ask.event.id in in_storms, now=now)]
    )
    placed = [(row["event_id"], row["revision"]) for row in occurrences]
    expected.expect([(ask, *place) for ask, place in zip(asked, placed, strict=True)], now)
    return [event_id for event_id, _ in placed]


def _first_cards(ask: ToAsk, *, in_storm: bool, now: datetime) -> list[dict[str, Any]]:
    """The question and its copies; the card of a storm asks about what is in it, where that card is."""
    event, due_at, channels = ask.event, now + ask.hold, ask.copies
    first = deliveries.new(
        DeliveryKind.FIRST,
        ask.conversation,
        now,
        event_ids=[event.id],
        due_at=due_at,
        severity=event.severity,
    )
    if in_storm and ask.storm is not None:
        channels = tuple(channel for channel in channels if channel != ask.storm.channel)
    copies = deliveries.copies(
        event.id,
        channels,
        now,
        conversation=ask.conversation,
        due_at=due_at,
        severity=event.severity,
    )
    return copies if in_storm else [first, *copies]


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
            EventRow.fields,
            EventRow.user_name,
            EventRow.host_name,
            EventRow.source_ip,
            EventRow.varied,
            EventRow.storm_id,
            EventRow.storm_apart,
        )
        .where(pending)
        .order_by(EventRow.id)
    )
    return {
        row["fold_key"]: _Open(
            row["id"],
            row["revision"],
            row["occurrences"],
            row["version"],
            row["last_occurred_at"],
            stated=varied.all_fields(row["fields"], row),
            varied={name: tuple(values) for name, values in (row["varied"] or {}).items()},
            storm_id=None if row["storm_apart"] else row["storm_id"],
        )
        for row in query.dicts()
    }


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
    if new:
        notify(Signal.LOOKUPS)
    update_all(EventRow, [item.columns() for item in events if item.joined and item.opened_by is None])


def _occurrence_columns(ask: ToAsk) -> dict[str, Any]:
    """What the record says; the same wherever it is put."""
    record, event = ask.record, ask.event
    return {
        "source": record.source,
        "record_id": record.record_id,
        "message": record.message,
        "raw": record.raw,
        "occurred_at": event.occurred_at,
        "received_at": record.received_at,
        "cut": record.cut,
        # By which it is compared with what a HIDS saw: no test is.
        "event_action": None if event.is_test else event.event_action,
        "user_name": event.user_name,
        "host_name": event.host_name,
        "source_ip": event.source_ip,
        "source_port": event.fields.get("source_port"),
    }


class Judging(Role):
    """The effects of judgements."""

    apply = transaction(apply)
