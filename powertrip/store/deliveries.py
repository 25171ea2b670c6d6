"""The outbox: what goes out is written here first, in the transaction that makes it necessary."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import structlog
from pydantic import TypeAdapter

from powertrip.domain import routing
from powertrip.domain.delivery import (
    RANK,
    Delivery,
    DeliveryKind,
    Payload,
    Posted,
    Settle,
)
from powertrip.domain.event import Severity
from powertrip.store import written
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.lane_turns import with_turns
from powertrip.store.rows import lock_events
from powertrip.store.signals import Signal, notify
from powertrip.store.tables import DeliveryRow, DeliveryState, NoticeRow

log = structlog.get_logger(__name__)

UPDATE_LANE = "updates"
"""Edits share one lane, because Slack limits chat.update for the workspace, not for the channel."""
SETTLE_LANE = "settle"
"""What is put right afterwards is looked for one after the other, and holds up nothing else."""
ANCHOR_LANE = "anchor "
"""How the lanes of anchors begin."""
CONTAIN_LANE = "contain "
"""How the lanes of containment begin: of each action one is done after the other."""
ORIGIN_LANE = "origin "
"""How the lanes of origins begin: each is told one verdict after the other."""

URGENT_FIRST = "priority, rank, id"
"""The order within a lane."""
DUE = f"state = '{DeliveryState.WAITING}' AND due_at <= ? AND (leased_until IS NULL OR leased_until < ?)"
"""The condition of deliveries that are to be attempted now, and that nobody has claimed."""
MINE = f"id = ? AND state = '{DeliveryState.WAITING}' AND attempts = ? AND leased_until IS NOT NULL"
"""The condition that nobody has claimed a delivery since one claim of it; see `key`."""

REDRAWN_EVERY = timedelta(seconds=5)
"""So often at most is a card redrawn for records that join: Slack allows fifty changes a minute in all."""
SETTLE_FIRST, SETTLE_CHANGE_FIRST = timedelta(seconds=10), timedelta(seconds=30)
"""When it is first looked whether a lost post, or a lost update, was carried out after all."""

_PRIORITY = {
    DeliveryKind.FIRST: 0,
    DeliveryKind.OUTCOME: 0,
    DeliveryKind.SECOND: 0,
    DeliveryKind.COPY: 1,
    DeliveryKind.QUARANTINE: 1,
    DeliveryKind.NOTE: 1,
    DeliveryKind.REMINDER: 1,
    DeliveryKind.NUDGE: 1,
    DeliveryKind.UPDATE: 2,
    DeliveryKind.REMOVE: 3,
    # After the cards themselves: what Slack takes meanwhile needs no other way.
    DeliveryKind.BACKUP: 1,
    DeliveryKind.ORIGIN: 1,
    DeliveryKind.CONTAIN: 0,
    DeliveryKind.STORM: 0,
    DeliveryKind.SETTLE: 3,
    DeliveryKind.ANCHOR: 3,
}
_LANES = {
    DeliveryKind.BACKUP: "backup ",
    DeliveryKind.ORIGIN: ORIGIN_LANE,
    DeliveryKind.CONTAIN: CONTAIN_LANE,
    DeliveryKind.ANCHOR: ANCHOR_LANE,
}
"""How the lanes begin of what does not go to Slack."""

_ANY_PAYLOAD: TypeAdapter[Payload] = TypeAdapter(Payload)


def new(
    kind: DeliveryKind,
    channel: str,
    now: datetime,
    *,
    event_ids: Iterable[str] = (),
    ts: str | None = None,
    payload: Payload | None = None,
    due_at: datetime | None = None,
    severity: Severity | None = None,
) -> dict[str, Any]:
    """The row of one delivery, due at once unless `due_at` says otherwise.

    Without a `severity` it goes before all others of its priority.
    """
    about = list(event_ids)
    if kind in _LANES:
        lane = f"{_LANES[kind]}{channel}"
    elif kind is DeliveryKind.SETTLE:
        lane = SETTLE_LANE
    else:
        lane = channel if ts is None else UPDATE_LANE
    return {
        "uid": secrets.token_hex(10),
        "kind": kind,
        "lane": lane,
        "priority": _PRIORITY[kind],
        "rank": 0 if severity is None else RANK[severity],
        "event_id": about[0] if len(about) == 1 else None,
        "channel": channel,
        "ts": ts,
        "event_ids": about,
        "payload": _ANY_PAYLOAD.dump_python(payload, mode="json") if payload else None,
        "due_at": due_at or now,
        "created_at": now,
    }


def copies(
    event_id: str,
    channels: Iterable[str],
    now: datetime,
    *,
    conversation: str,
    severity: Severity,
    due_at: datetime | None = None,
) -> list[dict[str, Any]]:
    """The rows that send a copy of the event, which is asked about in `conversation`, to each channel."""
    routes = [routing.copy_route(channel, conversation) for channel in channels]
    return [
        new(DeliveryKind.COPY, route, now, event_ids=[event_id], due_at=due_at, severity=severity)
        for route in routes
    ]


def enqueue(rows: Sequence[dict[str, Any]]) -> None:
    """Queue deliveries; belongs in the transaction that makes them necessary."""
    insert_all(DeliveryRow, with_turns(rows))
    if any(row["due_at"] <= row["created_at"] for row in rows):
        notify(Signal.OUTBOX)


def touch(event_ids: Collection[str], now: datetime) -> None:
    """Mark every copy of the events as out of date: something that cards show of them has changed."""
    lock_events(event_ids)
    these = written.marks(event_ids)
    if event_ids:
        written.run(f"UPDATE event SET version = version + 1 WHERE id IN ({these})", *event_ids)  # noqa: S608
    enqueue_updates(event_ids, now)


def enqueue_updates(event_ids: Collection[str], now: datetime, only: tuple[str, ...] = ("",)) -> None:
    """Queue an update of each message about the events, in the conversations whose ids begin so."""
    messages = _messages_about(event_ids)
    update_messages([message for message in messages if message[0].startswith(only)], now)


def enqueue_redraws(event_ids: Collection[str], now: datetime) -> None:
    """Queue an update of each message about events that records have joined, each REDRAWN_EVERY at most."""
    messages = _messages_about(event_ids)
    drawn = {message: redrawn_at for message, redrawn_at in messages.items() if redrawn_at}
    # Where the clock was set back it may have been redrawn at a time that is still to come.
    due = {message: max(now, min(at, now) + REDRAWN_EVERY) for message, at in drawn.items()}
    update_messages(messages, now, due)


def _messages_about(event_ids: Collection[str]) -> dict[tuple[str, str], datetime | None]:
    """The live messages about the events, by channel and ts, each with when it was last redrawn."""
    if not event_ids:
        return {}
    live = f"event_id IN ({written.marks(event_ids)}) AND removed_at IS NULL ORDER BY id"
    rows = written.columns(NoticeRow, ("channel", "ts", "redrawn_at"), live, *event_ids)
    return {(channel, ts): redrawn_at for channel, ts, redrawn_at in rows}


def update_messages(
    messages: Collection[tuple[str, str]],
    now: datetime,
    due: Mapping[tuple[str, str], datetime] = MappingProxyType({}),
) -> None:
    """Queue an update of each message, by channel and ts, unless one not yet begun will do it anyway.

    Those in `due` may wait as long; all others are due now.
    """
    if not messages:
        return
    channels, stamps = {channel for channel, _ in messages}, [ts for _, ts in messages]
    unbegun = (
        f"channel IN ({written.marks(channels)}) AND ts IN ({written.marks(stamps)}) "
        "AND state = 'waiting' AND leased_until IS NULL AND kind <> ? ORDER BY id"
    )
    # Held until the change that it is to show is committed, so that nobody renders before.
    found = written.columns(
        DeliveryRow,
        ("id", "channel", "ts"),
        written.locked(unbegun),
        *(*channels, *stamps, DeliveryKind.SETTLE),
    )
    covered = {(channel, ts): row_id for row_id, channel, ts in found}
    # What only waits for its turn goes at once where something else has changed.
    if urgent := [row_id for message, row_id in covered.items() if message not in due]:
        at_rest = (DeliveryRow.due_at > now) & (DeliveryRow.attempts == 0)
        DeliveryRow.update(due_at=now).where(DeliveryRow.id.in_(urgent) & at_rest).execute()
    enqueue(
        [
            new(DeliveryKind.UPDATE, channel, now, ts=ts, due_at=due.get((channel, ts)))
            for channel, ts in messages
            if (channel, ts) not in covered
        ]
    )


def key(delivery: Delivery) -> tuple[int, int]:
    """The values of MINE for a claimed delivery."""
    return delivery.id, delivery.attempts + 1


def mine(delivery: Delivery) -> Any | None:
    """The delivery's row, locked; None where somebody has claimed it since."""
    found = written.rows(DeliveryRow, written.locked(MINE), *key(delivery))
    return found[0] if found else None


def undelivered() -> Any:
    """The condition of what somebody has to hear of and Slack has not taken: a new event, or a denial."""
    asking = DeliveryRow.kind.in_((DeliveryKind.FIRST, DeliveryKind.OUTCOME))
    asking |= (DeliveryRow.kind == DeliveryKind.STORM) & DeliveryRow.ts.is_null()
    return (DeliveryRow.state == DeliveryState.WAITING) & asking


def finish(delivery: Delivery, now: datetime, where: Posted | None = None) -> None:
    """End a delivery that was told, in the message `where` if it is one."""
    end(delivery.id, DeliveryState.DONE, now)
    # An earlier call that nobody answered may be carried out late: as a second message, or over this change.
    if where is not None and delivery.attempted_at is not None:
        is_change = delivery.ts is not None
        payload = Settle(uid="" if is_change else delivery.uid, since=delivery.attempted_at)
        due_at = now + (SETTLE_CHANGE_FIRST if is_change else SETTLE_FIRST)
        enqueue([new(DeliveryKind.SETTLE, where.channel, now, ts=where.ts, payload=payload, due_at=due_at)])


def skip(delivery: Delivery, now: datetime) -> None:
    """End a delivery that is of no use any more."""
    end(delivery.id, DeliveryState.SKIPPED, now)


def end(delivery_id: int, state: DeliveryState, now: datetime, *, error: str | None = None) -> None:
    ended = "UPDATE delivery SET state = ?, error = ?, done_at = ?, leased_until = NULL WHERE id = ?"
    written.run(ended, state, error, now, delivery_id)


def postpone(delivery: Delivery, until: datetime, error: str, *, may_have_arrived: bool) -> None:
    """Try again at `until`; unless the message may have arrived, the next attempt need not look for it."""
    changes, values = "due_at = ?, error = ?, leased_until = NULL", [until, error]
    if not may_have_arrived:
        changes, values = f"{changes}, attempted_at = ?", [*values, delivery.attempted_at]
    written.run(f"UPDATE delivery SET {changes} WHERE {MINE}", *values, *key(delivery))  # noqa: S608 (ours)


def again(delivery: Delivery, at: datetime) -> None:
    """Do the same once more, later."""
    later = f"UPDATE delivery SET due_at = ?, leased_until = NULL WHERE {MINE}"  # noqa: S608 (ours)
    written.run(later, at, *key(delivery))


def expedite(now: datetime) -> None:
    """Try again at once what Slack did not take before."""
    postponed = (
        (DeliveryRow.state == DeliveryState.WAITING) & (DeliveryRow.due_at > now) & (DeliveryRow.attempts > 0)
    )
    # Backup channels and origins fail for reasons of their own, which are not over because Slack's are; and
    # what may come late is no sooner there.
    slack = DeliveryRow.kind.not_in((*_LANES, DeliveryKind.SETTLE))
    DeliveryRow.update(due_at=now).where(postponed & slack & DeliveryRow.leased_until.is_null()).execute()


def redirect(delivery: Delivery, channel: str, now: datetime) -> None:
    """Send it to another channel instead, from the start."""
    row = mine(delivery)
    send_on([] if row is None else [row], channel, now)


def send_on(rows: Iterable[Any], channel: str, now: datetime) -> None:
    """Send these waiting deliveries, which nobody else may claim now, to another channel, from the start."""
    # No attempt was made there: nothing can have arrived, and nothing need be looked for.
    anew = {"channel": channel, "lane": channel, "due_at": now, "attempts": 0}
    places = [
        {"id": row.id, "kind": row.kind, "priority": row.priority, "rank": row.rank}
        | anew
        | {"attempted_at": None, "leased_until": None}
        for row in rows
    ]
    update_all(DeliveryRow, with_turns(places))


def done_before(moment: datetime) -> Any:
    """Deliveries that may be deleted: the history keeps what was shown to whom."""
    return (DeliveryRow.state != DeliveryState.WAITING) & (DeliveryRow.done_at < moment)
