"""Events that turn out graver than they were: they get a card of their own, however they were told of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain import proof
from powertrip.domain.delivery import RANK, DeliveryKind
from powertrip.domain.event import GRAVE, Event, NoticeKind, Severity
from powertrip.domain.judgement import ToAsk
from powertrip.store import audit, deliveries, gathering
from powertrip.store.among import among
from powertrip.store.bulk import update_all
from powertrip.store.history import seals
from powertrip.store.storms import messages as storm_messages
from powertrip.store.tables import WAITING, DeliveryRow, EventRow, NoticeRow


@dataclass(frozen=True, slots=True)
class Risen:
    """An event that became graver, and where it is asked about."""

    event_id: str
    severity: Severity
    conversation: str


def is_graver(severity: str, than: str) -> bool:
    return severity != than and RANK[Severity(severity)] < RANK[Severity(than)]


def ask_alone(risen: Collection[Risen], now: datetime) -> None:
    """Queue a card of its own of each that is grave now, and stands in a list, or in a storm, at best."""
    grave = {item.event_id: item for item in risen if item.severity in GRAVE}
    if not grave:
        return
    alone = _waiting_alone(grave) | _shown_alone(grave)
    deliveries.enqueue(
        [
            deliveries.new(
                DeliveryKind.FIRST, item.conversation, now, event_ids=[event_id], severity=item.severity
            )
            for event_id, item in sorted(grave.items())
            if event_id not in alone
        ]
    )


def _waiting_alone(event_ids: Collection[str]) -> set[str]:
    own = (DeliveryRow.kind == DeliveryKind.FIRST) & DeliveryRow.event_id.in_(list(event_ids))
    rows: Any = DeliveryRow.select(DeliveryRow.event_id).where(WAITING & own).tuples()
    return {event_id for (event_id,) in rows}


def _shown_alone(event_ids: Collection[str]) -> set[str]:
    """Those of the events whose first card is a message with nothing else in it."""
    live = NoticeRow.removed_at.is_null() & (NoticeRow.kind == NoticeKind.FIRST)
    place = (NoticeRow.channel, NoticeRow.ts)
    mine: Any = NoticeRow.select(*place, NoticeRow.event_id).where(
        live & NoticeRow.event_id.in_(list(event_ids))
    )
    told = {(channel, ts): event_id for channel, ts, event_id in mine.tuples()}
    if not told:
        return set()
    in_these = NoticeRow.channel.in_({channel for channel, _ in told}) & NoticeRow.ts.in_(
        [ts for _, ts in told]
    )
    lists: Any = (
        NoticeRow.select(*place).where(live & in_these).group_by(*place).having(fn.COUNT(NoticeRow.id) > 1)
    )
    in_lists = set(lists.tuples())
    return {event_id for where, event_id in told.items() if where not in in_lists}


def by_records(asks: Mapping[str, ToAsk], now: datetime) -> None:
    """Let events become as grave as records say that joined them, each given with the gravest of its own.

    Belongs where these events are locked, and before their storms are told what joined.
    """
    if not asks:
        return
    rows = list(EventRow.select().where(among(EventRow.id, asks)).order_by(EventRow.id))
    risen = [(row, asks[row.id]) for row in rows if is_graver(asks[row.id].event.severity, row.severity)]
    _write([(row, ask.event) for row, ask in risen], now)
    gathering.weigh({row.id: ask.event.severity for row, ask in risen})
    storm_messages.moved([row.id for row, _ in risen], now)
    ask_alone([Risen(row.id, ask.event.severity, ask.conversation) for row, ask in risen], now)


def _write(risen: Sequence[tuple[Any, Event]], now: datetime) -> None:
    changes = []
    for row, event in risen:
        leaves = row.storm_id and not row.storm_apart and event.severity in GRAVE
        why = f"raised from {row.severity}: a later record of it is of {event.severity} severity"
        earlier = f"{row.severity_reason}; " if row.severity_reason else ""
        columns = {
            "id": row.id,
            "severity": event.severity,
            "severity_reason": earlier + why,
            "requires_reason": row.requires_reason or event.requires_reason,
            "requires_second_person": row.requires_second_person or event.requires_second_person,
            "requires_proof": proof.together(row.requires_proof.split(), event.requires_proof.split()),
            "storm_apart": f"{event.severity} severity" if leaves else row.storm_apart,
            "next_reminder_at": event.next_reminder_at if leaves else row.next_reminder_at,
        }
        changes.append(columns)
        weight = seals.weight(columns[name] for name in seals.WEIGHED)
        audit.append("event_weighed", now, event_id=row.id, weight=weight)
        if leaves:
            audit.append("storm_apart", now, event_id=row.id, why=columns["storm_apart"])
    update_all(EventRow, changes)
