"""Keeps the newest heartbeat of each source, the nonces that are used up, and where the card is.

Nothing here grows: a source has one row, the card has one, and nonces go after a day with their records.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.event import Event
from powertrip.domain.heartbeat import AHEAD, REASON, Card, Heard, Outage, Watched
from powertrip.domain.heartbeat_section import REMEMBERED
from powertrip.domain.judgement import Judgement, ToAsk, ToBeat
from powertrip.domain.sources import NO_SOURCE, RecordVerdict, refused
from powertrip.store import marking
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, transaction
from powertrip.store.heartbeat_tables import HeartbeatCardRow, HeartbeatRow, HeartbeatTakenRow
from powertrip.store.sources import counts
from powertrip.store.tables import InboxRow

LEASE = timedelta(seconds=60)
"""Without a sign of life for so long, another process takes the card over."""
_ALIVE_EVERY = LEASE / 4
_ROUGHLY = timedelta(seconds=5)
"""Real records that follow each other more closely cost no write."""
_ONLY = 1
"""The id of the one row of the card."""


def take(beats: Sequence[ToBeat], now: datetime) -> list[ToAsk]:
    """Write heartbeats down; returns what is asked of those that are not genuine, or came before."""
    refused: list[tuple[ToBeat, str]] = []
    for item in beats:
        if item.beat is None:
            refused.append((item, item.problem))
            continue
        # A HIDS may tell of a line more than once, and is believed less: its copy uses nothing up.
        nonce = f"{item.beat.nonce} {item.record.source}" if item.is_copy else item.beat.nonce
        row = {"nonce": nonce, "inbox_id": item.record.inbox_id, "at": now}
        is_new = insert_all(HeartbeatTakenRow, [row], "ON CONFLICT DO NOTHING") == 1
        if item.is_copy:
            continue
        if is_new:
            _newest(item, now)
        else:
            refused.append((item, "its nonce was used before: it is sent again"))
    # In one order, so that two processes that judge records of the same sources never wait for each other.
    for source, count in sorted(Counter(item.record.source for item, _ in refused).items()):
        newest = next(reason for item, reason in reversed(refused) if item.record.source == source)
        changed = HeartbeatRow.update(claims=HeartbeatRow.claims + count, claim=newest)
        changed.where(HeartbeatRow.source == source).execute()
    return [
        replace(item.otherwise, event=_asked(item.otherwise.event, reason))
        for item, reason in refused
        if item.otherwise is not None
    ]


def _asked(event: Event, reason: str) -> Event:
    # Every other reason is another question.
    fold_key = hashlib.sha256(f"{event.fold_key} {reason}".encode()).hexdigest()
    return replace(event, fields={**event.fields, REASON: reason}, fold_key=fold_key)


def _newest(item: ToBeat, now: datetime) -> None:
    beat, record = item.beat, item.record
    if beat is None:
        return
    _wait_for([record.source], now)
    # One that was held up on its way says nothing new.
    older = HeartbeatRow.sent_at.is_null() | (HeartbeatRow.sent_at <= beat.sent_at)
    HeartbeatRow.update(
        sent_at=beat.sent_at,
        received_at=record.received_at,
        judged_at=now,
        rule=item.rule,
        problem=item.problem or None,
        claims=0,
        claim=None,
    ).where((HeartbeatRow.source == record.source) & older).execute()


def heard_real(judgements: Sequence[Judgement]) -> None:
    """Record when sources sent what nobody made up; changes nothing for those without a heartbeat."""
    newest: dict[str, datetime] = {}
    for item in judgements:
        is_made_up = isinstance(item, ToBeat) or (isinstance(item, ToAsk) and item.event.is_test)
        if not is_made_up:
            source, at = item.record.source, item.record.received_at
            newest[source] = max(at, newest.get(source, at))
    # In one order, so that two processes that judge records of the same sources never wait for each other.
    for source, at in sorted(newest.items()):
        outdated = HeartbeatRow.real_at.is_null() | (HeartbeatRow.real_at < at - _ROUGHLY)
        HeartbeatRow.update(real_at=at).where((HeartbeatRow.source == source) & outdated).execute()


def watch(sources: Collection[str], owner: str, now: datetime) -> Watched | None:
    """All that is known, for the one process that keeps the card; None where another does."""
    HeartbeatCardRow.insert(id=_ONLY, owner=owner, alive_at=now).on_conflict_ignore().execute()
    row = HeartbeatCardRow.get_by_id(_ONLY)
    alive_at = row.alive_at or now
    is_away = now - alive_at > LEASE
    if row.owner not in (None, owner) and not is_away:
        return None
    if is_away or row.owner != owner or now - alive_at >= _ALIVE_EVERY:
        changes: dict[str, Any] = {"owner": owner, "alive_at": now}
        if is_away:
            changes |= {"down_from": alive_at, "down_until": now}
        before = (
            HeartbeatCardRow.owner.is_null() if row.owner is None else HeartbeatCardRow.owner == row.owner
        )
        mine = (HeartbeatCardRow.id == _ONLY) & before
        if not HeartbeatCardRow.update(**changes).where(mine).execute():
            return None
    _wait_for(sources, now)
    waiting = InboxRow.select(InboxRow.received_at).where(InboxRow.judged_at.is_null()).order_by(InboxRow.id)
    oldest = waiting.first()
    return Watched(
        heard=tuple(heard(sources)),
        card=_card(row),
        waiting_since=oldest.received_at if oldest else None,
    )


def heard(sources: Collection[str]) -> list[Heard]:
    """What is known of these sources, by name; nothing of one that was never waited for."""
    rows = HeartbeatRow.select().where(HeartbeatRow.source.in_(list(sources))).order_by(HeartbeatRow.source)
    # Refused requests by cause, to the source and to none, since the hour of its newest heartbeat.
    counted: dict[datetime, dict[str, dict[str, int]]] = {}
    known = []
    for row in rows:
        since = counts.hour_of(row.sent_at or row.since)
        if since not in counted:
            counted[since] = counts.totals(since, NO_SOURCE, *sources)
        of_none, of_source = (counted[since].get(name, {}) for name in (NO_SOURCE, row.source))
        known.append(_heard(row, refused(of_none) | refused(of_source)))
    return known


def _wait_for(sources: Collection[str], now: datetime) -> None:
    new = [{"source": source, "since": now} for source in sorted(sources)]
    insert_all(HeartbeatRow, new, "ON CONFLICT DO NOTHING")


def _heard(row: Any, refusals: dict[str, int]) -> Heard:
    return Heard(
        source=row.source,
        since=row.since,
        sent_at=row.sent_at,
        received_at=row.received_at,
        judged_at=row.judged_at,
        rule=row.rule,
        problem=row.problem,
        claims=row.claims,
        claim=row.claim,
        refused=refusals,
        real_at=row.real_at,
    )


def card() -> Card | None:
    """The card as it was last kept; None where there never was a heartbeat."""
    row = HeartbeatCardRow.get_or_none(HeartbeatCardRow.id == _ONLY)
    return _card(row) if row else None


def _card(row: Any) -> Card:
    return Card(
        channel=row.channel,
        ts=row.ts,
        uid=row.uid,
        attempted_at=row.attempted_at,
        pinged_at=row.pinged_at,
        told=row.told or {},
    )


def keep(card: Card) -> None:
    """Write down where the card is, and who was told what."""
    HeartbeatCardRow.update(
        channel=card.channel,
        ts=card.ts,
        uid=card.uid,
        attempted_at=card.attempted_at,
        pinged_at=card.pinged_at,
        told=dict(card.told),
    ).where(HeartbeatCardRow.id == _ONLY).execute()


def outage() -> Outage | None:
    """The last time that no process was alive."""
    row = HeartbeatCardRow.get_or_none(HeartbeatCardRow.id == _ONLY)
    if row is None or row.down_from is None or row.down_until is None:
        return None
    return Outage(row.down_from, row.down_until)


def prune(now: datetime) -> int:
    """Delete nonces that no heartbeat is young enough to repeat, and the records that they came in."""
    before = now - REMEMBERED - AHEAD
    old = HeartbeatTakenRow.at < before
    records = HeartbeatTakenRow.select(HeartbeatTakenRow.inbox_id).where(old)
    marking.delete(InboxRow.id.in_(records))
    marking.forget_batches(RecordVerdict.HEARTBEAT, before)
    return int(HeartbeatTakenRow.delete().where(old).execute())


def mark_worker_told(at: datetime | None) -> bool:
    """Note that it is told that no worker is alive, or with None that one is; False where that is known."""
    HeartbeatCardRow.insert(id=_ONLY).on_conflict_ignore().execute()
    is_new = HeartbeatCardRow.worker_told_at.is_null(at is not None)
    # Conditional, so that of several processes one tells.
    changed = HeartbeatCardRow.update(worker_told_at=at).where((HeartbeatCardRow.id == _ONLY) & is_new)
    return bool(changed.execute())


class Heartbeats(Role):
    """The heartbeat, as its loop and the judge see it."""

    watch = transaction(watch)
    card = transaction(card)
    keep = transaction(keep)
    heard = transaction(heard)
    outage = transaction(outage)
    mark_worker_told = transaction(mark_worker_told)
