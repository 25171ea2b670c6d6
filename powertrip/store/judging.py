"""Writes what became of judged records: a new event, an occurrence of an open one, a count, or quarantine.

A batch is decided in memory and written by one statement a table. Only pairing with the records of
origins goes record by record, where there are origins.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from powertrip.domain import storms, varied
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.habits import Past
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
from powertrip.store import (
    audit,
    deliveries,
    habits,
    heartbeat,
    inbox,
    known,
    logins,
    quarantine,
    rising,
    trials,
)
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import LostRace, Role, Turn, transaction, wait_for_each
from powertrip.store.expected_work import covering
from powertrip.store.expected_work.covering import Covering
from powertrip.store.hids import concerned, expected, pairing
from powertrip.store.history import seals
from powertrip.store.joining import OpenEvent, lock_pending
from powertrip.store.rows import event_columns, facts_columns, past_columns
from powertrip.store.signals import Signal, notify
from powertrip.store.sources import judged
from powertrip.store.storms.gather import gather
from powertrip.store.tables import EventRow, OccurrenceRow


def apply(claimed: Sequence[MaybeTest], now: datetime, expected: Expected = NOTHING_EXPECTED) -> Applied:
    """Carry out each judgement exactly once, however often its record was claimed.

    `expected` says whose voice is listened for in the records.
    """
    judgements = trials.resolve(claimed, now)
    wait_for_each(Turn.PAIRING, pairing.keys(judgements) | known.keys(judgements) | logins.keys(judgements))
    covers = covering.begin_asks((item for item in judgements if isinstance(item, ToAsk)), now)
    concerned.lock(judgements)
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
    asked = logins.pair([ask for ask, event_id in late if event_id is None])
    event_ids = keep_occurrences(asked, now, covers)
    logins.keep(asked, event_ids, now)
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
        expected=len(covers.approved),
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


def keep_occurrences(asked: Sequence[ToAsk], now: datetime, covers: Covering = covering.NOTHING) -> list[str]:
    """Add each record to the open event of its fold key, or make that event; returns the events' ids.

    New events that `covers` has something for are approved by it, and nobody is asked about them.
    """
    pending = lock_pending({ask.event.fold_key for ask in asked})
    new = _new_events(asked, pending)
    columns = [_occurrence_columns(ask) for ask in asked]
    occurrences: list[dict[str, Any]] = []
    for ask, its, seal in zip(asked, columns, seals.of_occurrences(columns), strict=True):
        event, record = ask.event, ask.record
        joined = pending.get(event.fold_key)
        differs = None
        if joined is None:
            joined, event_seal = new[event.fold_key]
            pending[event.fold_key] = joined
            audit.append(
                "event_opened",
                now,
                event_id=event.id,
                rule=event.rule,
                source=record.source,
                record_id=record.record_id,
                record_seal=seal,
                event_seal=event_seal,
                weight=seals.weight(getattr(event, name) for name in seals.WEIGHED),
                subject=event.subject.kind,
                subject_id=event.subject.slack_id,
            )
        else:
            differs = joined.join(ask)
            joined.asks.append(ask)
            audit.append(
                "occurrence_joined",
                now,
                event_id=joined.id,
                revision=joined.revision,
                record_id=record.record_id,
                record_seal=seal,
            )
        place = {"event_id": joined.id, "revision": joined.revision, "differs": differs}
        occurrences.append(its | place)
    for item in pending.values():
        if item.opened_by is not None:
            item.expected = covers.cover(item.asks)
    # In one order, so that two processes that open the same events never wait for each other.
    _write_events([pending[key] for key in sorted(pending)], now)
    insert_all(OccurrenceRow, occurrences)
    covering.keep(covers, now)
    made = [(item, item.opened_by) for item in pending.values() if item.opened_by is not None]
    opening = [ask for item, ask in made if item.expected is None]
    folded = {item.id: item.storm_id for item in pending.values() if item.joined and item.storm_id}
    apart = {item.id: item.apart for item in pending.values() if item.apart}
    # What is about to be found covered, once its address is known, makes no storm: its own card can wait.
    stormy = [ask for ask in opening if not covers.may_cover_ask(ask)]
    in_storms = gather(stormy, folded, now, apart)
    covered = {ask.event.id for item, ask in made if item.expected is not None}
    deliveries.enqueue(
        [
            row
            for _, ask in made
            for row in _first_cards(ask, in_storm=ask.event.id in in_storms, now=now)
            # Nobody is asked about what is covered; whoever gets copies sees what became of it.
            if not (ask.event.id in covered and row["kind"] == DeliveryKind.FIRST)
        ]
    )
    rising.by_records({item.id: item.gravest for item in pending.values() if item.gravest}, now)
    placed = [(row["event_id"], row["revision"]) for row in occurrences]
    expected.expect([(ask, *place) for ask, place in zip(asked, placed, strict=True)], now)
    return [event_id for event_id, _ in placed]


def _new_events(asked: Sequence[ToAsk], pending: Mapping[str, OpenEvent]) -> dict[str, tuple[OpenEvent, str]]:
    """The events that these records make, by fold key, each with its seal; none of them is written yet."""
    firsts: dict[str, ToAsk] = {}
    for ask in asked:
        if ask.event.fold_key not in pending:
            firsts.setdefault(ask.event.fold_key, ask)
    rows = [
        event_columns(ask.event) | facts_columns(ask.event.facts) | {"past": None} for ask in firsts.values()
    ]
    looked_up = [row for ask, row in zip(firsts.values(), rows, strict=True) if ask.is_looked_up]
    pasts = {row["id"]: past for row, past in zip(looked_up, habits.pasts_of_new(looked_up), strict=True)}
    for row in looked_up:
        row.update(past_columns(pasts[row["id"]]))
    return {
        fold_key: (_opened_by(ask, row, pasts.get(ask.event.id)), seal)
        for (fold_key, ask), row, seal in zip(firsts.items(), rows, seals.of_events(rows), strict=True)
    }


def _opened_by(ask: ToAsk, row: Mapping[str, Any], past: Past | None) -> OpenEvent:
    event = ask.event
    return OpenEvent(
        event.id,
        1,
        1,
        1,
        event.occurred_at,
        event.severity,
        stated=varied.stated(event),
        varied={},
        opened_by=ask,
        row=row,
        asks=[ask],
        apart=storms.apart_by_past(past) if past else None,
    )


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


def _write_events(events: Sequence[OpenEvent], now: datetime) -> None:
    new = [
        {**item.row, **item.columns(), "facts_due_at": None if item.opened_by.is_looked_up else now}
        | covering.columns_of(item.expected, now)
        for item in events
        if item.opened_by is not None
    ]
    inserted = insert_all(EventRow, new, "ON CONFLICT (fold_key) WHERE status = 'pending' DO NOTHING")
    if inserted < len(new):
        # There was no row to lock yet. Run again, the step finds the other's event and joins it.
        raise LostRace("another process opened the same event")
    if any(row["facts_due_at"] for row in new):
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
