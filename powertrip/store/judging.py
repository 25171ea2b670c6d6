"""What becomes of judged records: a new event, an occurrence of an open one, a count, or quarantine.

What was claimed is decided in memory and written by one statement a table. Only pairing with the records of
origins goes record by record, where there are origins.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event, Status
from powertrip.domain.judgement import Applied, Judgement, ToAsk, ToCount, ToQuarantine, ToSight
from powertrip.domain.record import Record
from powertrip.store import audit, counter, deliveries, inbox, quarantine
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import LostRace, Role, is_postgres, transaction
from powertrip.store.hids import expected, pairing
from powertrip.store.rows import event_columns, facts_columns
from powertrip.store.tables import EventRow, ExpectationRow, OccurrenceRow


def apply(judgements: Sequence[Judgement], now: datetime) -> Applied:
    """Carry out what was judged, each record exactly once however often it was claimed."""
    asked: list[tuple[Record, ToAsk]] = []
    sighted: list[tuple[Record, ToSight]] = []
    counted: Counter[tuple[str, str]] = Counter()
    unjudged: list[dict[str, Any]] = []
    if any(_may_pair(judgement.outcome) for judgement in judgements):
        pairing.begin()
    by_id = {judgement.claimed.inbox_id: judgement for judgement in judgements}
    mine = inbox.mark_judged(list(by_id), now)
    for inbox_id, judgement in by_id.items():
        record = judgement.claimed.record
        if inbox_id not in mine:
            continue
        match judgement.outcome:
            case ToAsk() as ask:
                asked.append((record, ask))
            case ToSight() as sight:
                sighted.append((record, sight))
            case ToCount(verdict=verdict, name=name):
                counted[verdict, name] += 1
            case ToQuarantine(rule=rule, reason=reason):
                unjudged.append(quarantine.of_record(record, rule, reason, now))
    # Before the questions: a record that came with its counterpart finds it here.
    paired = [origin for record, sight in sighted for origin in pairing.sight(record, sight, now)]
    joined_late, left = _join_late(asked, now)
    kept = keep_occurrences(left, now)
    paired += [origin for record, ask in left for origin in pairing.occurred(record, ask, now)]
    folded = (*joined_late, *kept.folded)
    deliveries.enqueue_updates(dict.fromkeys(folded), now)
    quarantine.add(unjudged)
    # In one order, so that two processes that count the same never wait for each other.
    for (verdict, name), count in sorted(counted.items()):
        counter.add(now, verdict, name, count)
    return Applied(
        opened=kept.opened,
        folded=folded,
        quarantined=len(unjudged),
        sighted=len(sighted),
        paired=tuple(paired),
    )


def _may_pair(outcome: object) -> bool:
    return isinstance(outcome, ToSight) or (isinstance(outcome, ToAsk) and bool(outcome.watches))


def _join_late(
    asked: Sequence[tuple[Record, ToAsk]], now: datetime
) -> tuple[list[str], list[tuple[Record, ToAsk]]]:
    """The events of origins alone that records belong to, and what is left to make or join events."""
    found = [pairing.join_late(record, ask, now) for record, ask in asked]
    left = [item for item, event_id in zip(asked, found, strict=True) if event_id is None]
    return [event_id for event_id in found if event_id is not None], left


@dataclass(slots=True)
class _Open:
    """An event that records join, as far as the batch has come."""

    id: str
    revision: int
    occurrences: int
    version: int
    last_occurred_at: datetime
    made_of: tuple[Record, ToAsk] | None = None
    """What opens it, if this batch does."""
    joined: int = 0

    def join(self, occurred_at: datetime) -> None:
        """Count one more occurrence."""
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


@dataclass(slots=True)
class Kept:
    """What records made or joined."""

    event_ids: list[str] = field(default_factory=list)
    """The event of each record, in their order."""
    opened: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    """Once for each record that joined an event."""


def keep_occurrences(asked: Sequence[tuple[Record, ToAsk]], now: datetime) -> Kept:
    """Have each record join the open event of its fold key, or make that event.

    What is decided is never joined: its row is no longer pending once the lock on it is had.
    """
    known = _open_by_fold_key({ask.event.fold_key for _, ask in asked})
    occurrences: list[dict[str, Any]] = []
    folded: list[str] = []
    for record, ask in asked:
        event, key = ask.event, ask.event.fold_key
        if key not in known:
            known[key] = _Open(event.id, 1, 1, 1, event.occurred_at, made_of=(record, ask))
            _write_opened(record, event, now)
        else:
            known[key].join(event.occurred_at)
            folded.append(known[key].id)
            audit.append(
                "occurrence_joined",
                now,
                event_id=known[key].id,
                revision=known[key].revision,
                record_id=record.record_id,
            )
        occurrences.append(_occurrence(known[key], record, event))
    _write_events(known, now)
    insert_all(OccurrenceRow, occurrences)
    made = [(item.id, *item.made_of) for item in known.values() if item.made_of is not None]
    deliveries.enqueue([_first_notice(event_id, ask, now) for event_id, _, ask in made])
    awaited = [expected.expect(event_id, record, ask, now) for event_id, record, ask in made]
    insert_all(ExpectationRow, [row for rows in awaited for row in rows])
    return Kept(
        event_ids=[row["event_id"] for row in occurrences],
        opened=tuple(event_id for event_id, *_ in made),
        folded=tuple(folded),
    )


def _open_by_fold_key(fold_keys: Collection[str]) -> dict[str, _Open]:
    if not fold_keys:
        return {}
    columns = (
        EventRow.id,
        EventRow.revision,
        EventRow.occurrences,
        EventRow.version,
        EventRow.last_occurred_at,
    )
    pending = EventRow.fold_key.in_(list(fold_keys)) & (EventRow.status == Status.PENDING)
    query: Any = EventRow.select(EventRow.fold_key, *columns).where(pending).order_by(EventRow.id)
    rows = (query.for_update() if is_postgres() else query).tuples()
    return {fold_key: _Open(*values) for fold_key, *values in rows}


def _write_events(known: dict[str, _Open], now: datetime) -> None:
    # In one order, so that two processes that open the same events never wait for each other.
    new = [
        event_columns(item.made_of[1].event) | item.columns() | {"facts_due_at": now}
        for _, item in sorted(known.items())
        if item.made_of is not None
    ]
    inserted = insert_all(EventRow, new, "ON CONFLICT (fold_key) WHERE status = 'pending' DO NOTHING")
    if inserted < len(new):
        raise LostRace("another process opened the same event")
    update_all(EventRow, [item.columns() for item in known.values() if item.joined and not item.made_of])


def _write_opened(record: Record, event: Event, now: datetime) -> None:
    audit.append(
        "event_opened",
        now,
        event_id=event.id,
        rule=event.rule,
        source=record.source,
        record_id=record.record_id,
        subject=event.subject.kind,
    )


def _first_notice(event_id: str, ask: ToAsk, now: datetime) -> dict[str, Any]:
    return deliveries.new(
        DeliveryKind.FIRST, ask.conversation, now, event_ids=[event_id], due_at=now + ask.hold
    )


def _occurrence(joined: _Open, record: Record, event: Event) -> dict[str, Any]:
    return {
        "event_id": joined.id,
        "source": record.source,
        "record_id": record.record_id,
        "message": record.message,
        "raw": record.raw,
        "occurred_at": event.occurred_at,
        "received_at": record.received_at,
        "revision": joined.revision,
        "cut": record.cut,
        "event_action": event.event_action,
        "user_name": event.user_name,
        "host_name": event.host_name,
        "source_ip": event.source_ip,
        "source_port": event.fields.get("source_port"),
    }


def split_off(event: Event, covered: int, plan: DecisionPlan, now: datetime) -> Event | None:
    """Move the occurrences after revision `covered` to a pending event of their own, if there are any."""
    later = (OccurrenceRow.event_id == event.id) & (OccurrenceRow.revision > covered)
    rows = list(OccurrenceRow.select().where(later).order_by(OccurrenceRow.revision))
    if not rows:
        return None
    rest = _rest_of(event, rows, plan)
    EventRow.create(**event_columns(rest), **facts_columns(rest.facts), facts_due_at=now)
    moved = [
        {"id": row.id, "event_id": rest.id, "revision": number} for number, row in enumerate(rows, start=1)
    ]
    update_all(OccurrenceRow, moved)
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
