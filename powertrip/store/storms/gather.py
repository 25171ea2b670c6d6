"""Puts new events into the storms that they are part of, and opens the storms that they make."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from peewee import fn

from powertrip.domain import storms
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.judgement import ToAsk
from powertrip.domain.storms import SLACK, StormKind, StormSection, Stormy
from powertrip.store import audit, deliveries
from powertrip.store.among import among
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import LostRace, for_update, run_written
from powertrip.store.history import seals
from powertrip.store.rows import events_from, lock_events
from powertrip.store.storms import messages
from powertrip.store.storms.rows import storm_from
from powertrip.store.storms.tables import StormRow, StormSeenRow
from powertrip.store.tables import WAITING, DeliveryRow, DeliveryState, EventRow

OPEN_AT_ONCE = 200
"""Storms beside which new events may stand, the latest first; each took dozens of events to begin."""
TOLD_ELSEWHERE = 25
"""Events of a storm that the backup channels are told of where Slack does not take its card."""


def gather(
    opened: Sequence[ToAsk], folded: Mapping[str, str], now: datetime, apart: Mapping[str, str]
) -> frozenset[str]:
    """Put new events into storms, and open those that they make; returns the ids of events without own cards.

    `folded` are the events of storms that records joined, with their storms; `apart` says of new events why
    each is asked about on its own in any case. Belongs after the events are written, in the same transaction.
    """
    asks = [(ask, ask.storm) for ask in opened if ask.storm is not None]
    _count(asks, now)
    candidates = {key: stormy for _, stormy in asks for _, key in stormy.keys}
    begun = _begin(candidates, now)
    going_on = _going_on(candidates, [ask.event for ask, _ in asks], folded.values())
    placed: list[_Place] = []
    for ask, stormy in asks:
        place = _place(ask.event, stormy, going_on)
        if place is not None:
            event, row, why = place
            placed.append((event, row, why or apart.get(event.id)))
    by_key = {row.key: row for row in going_on if row.ended_at is None}
    for event, key in begun:
        # Of an event of before the address may be known already.
        known = storms.apart_by_facts(event, candidates[key].settings.outlier_risk)
        why = known or storms.apart(event, storm_from(by_key[key])) or apart.get(event.id)
        placed.append((event, by_key[key], why))
    members = _write(placed, folded, going_on, now)
    _skip_cards(members & {event.id for event, _ in begun}, now)
    return members


_Place = tuple[Event, Any, str | None]
"""An event, the row of its storm, and why it does not fit."""


def _count(asks: Sequence[tuple[ToAsk, Stormy]], now: datetime) -> None:
    insert_all(
        StormSeenRow,
        # In the order of their index, whose pages are gone through once then.
        sorted(
            (
                {"key": key, "event_id": ask.event.id, "at": now}
                for ask, stormy in asks
                for key in dict.fromkeys(key for _, key in stormy.keys)
            ),
            key=itemgetter("key"),
        ),
    )


def _begin(candidates: Mapping[str, Stormy], now: datetime) -> list[tuple[Event, str]]:
    """Open the storms that have begun; returns the events that make them, with their keys."""
    if not candidates:
        return []
    settings: StormSection = next(iter(candidates.values())).settings
    recent = among(StormSeenRow.key, candidates) & (StormSeenRow.at >= now - settings.within)
    many: Any = (
        StormSeenRow.select(StormSeenRow.key)
        .where(recent)
        .group_by(StormSeenRow.key)
        .having(fn.COUNT(StormSeenRow.event_id) > settings.above)
        .tuples()
    )
    keys = {key for (key,) in many}
    if keys:
        known = StormRow.select(StormRow.key).where(
            StormRow.key.in_(list(keys)) & StormRow.ended_at.is_null()
        )
        keys -= {row.key for row in known}
    before: list[tuple[Event, str]] = []
    # In one order, so that two processes that open the same storms never wait for each other.
    for key in sorted(keys):
        seen: Any = StormSeenRow.select(StormSeenRow.event_id).where(recent & (StormSeenRow.key == key))
        events = _unbound(seen)
        if len(events) > settings.above:
            _open(key, candidates[key], events, now)
            before += [(event, key) for event in events]
    return before


def _unbound(event_ids: Any) -> list[Event]:
    """Those of the events that wait and are part of no storm, whether or not they stand beside one."""
    free = EventRow.storm_id.is_null() | EventRow.storm_apart.is_null(False)
    waiting = EventRow.id.in_(event_ids) & (EventRow.status == Status.PENDING) & free
    rows = list(EventRow.select().where(waiting).order_by(EventRow.received_at, EventRow.id))
    lock_events([row.id for row in rows])
    return events_from(rows)


def _open(key: str, stormy: Stormy, events: Sequence[Event], now: datetime) -> None:
    first = events[0]
    settings: StormSection = stormy.settings
    kind = next(kind for kind, its in stormy.keys if its == key)
    of_person = kind is StormKind.PERSON
    past = _past_hosts(first) if of_person else ()
    row = {
        "id": secrets.token_hex(8),
        "kind": kind,
        "key": key,
        "rule": first.rule,
        "title": first.title,
        "severity": first.severity,
        "user_name": first.user_name if of_person else None,
        "source_ip": None if of_person else first.source_ip,
        "network": storms.network_of(first.source_ip),
        "failed": storms.is_failed(first),
        "host_groups": list(storms.usual_groups([event.host_name for event in events], past))
        if of_person
        else [],
        "channel": stormy.channel,
        "opened_at": min(event.received_at for event in events),
        "last_at": now,
        "ends_after": int(settings.ends_after.total_seconds()),
        "update_every": int(settings.update_every.total_seconds()),
        "next_reminder_at": max(event.next_reminder_at or now for event in events),
    }
    if insert_all(StormRow, [row], 'ON CONFLICT ("key") WHERE ended_at IS NULL DO NOTHING') == 0:
        raise LostRace("another process opened the same storm")
    audit.append(
        "storm_opened",
        now,
        storm=row["id"],
        rule=first.rule,
        kind=kind,
        events=len(events),
        seal=seals.of_storm(row),
    )
    deliveries.enqueue(
        [
            messages.post(
                StormRow(**row),
                NoticeKind.FIRST,
                now,
                event_ids=[event.id for event in events[:TOLD_ELSEWHERE]],
            )
        ]
    )


def _past_hosts(event: Event) -> set[str]:
    """Hosts on which events like this one of the same person were approved."""
    mine = (EventRow.event_action == event.event_action) & (EventRow.user_name == event.user_name)
    approved = mine & (EventRow.status == Status.APPROVED) & ~EventRow.is_test
    query: Any = EventRow.select(EventRow.host_name).where(approved).distinct().limit(storms.GROUPS_KEPT)
    return {name for (name,) in query.tuples() if name}


def _going_on(keys: Collection[str], events: Collection[Event], folded: Collection[str]) -> list[Any]:
    """The storms that these events may be part of or stand beside, locked until the commit."""
    # Mostly there is none.
    if (
        not folded
        and run_written("SELECT 1 FROM storm WHERE ended_at IS NULL LIMIT 1", ()).fetchone() is None
    ):
        return []
    is_open = StormRow.ended_at.is_null()
    wanted = (among(StormRow.key, keys) & is_open) | among(StormRow.id, folded)
    names = {event.user_name for event in events if event.user_name}
    addresses = {event.source_ip for event in events if event.source_ip}
    beside = among(StormRow.user_name, names) | among(StormRow.source_ip, addresses)
    ids: set[str] = {row.id for row in StormRow.select(StormRow.id).where(wanted)}
    # Whoever stirs up thousands of one name must not push out those that an event is part of.
    others = StormRow.select(StormRow.id).where(beside & is_open)
    ids |= {row.id for row in others.order_by(StormRow.last_at.desc(), StormRow.id).limit(OPEN_AT_ONCE)}
    return list(for_update(StormRow.select().where(StormRow.id.in_(ids)).order_by(StormRow.id)))


def _place(event: Event, stormy: Stormy, going_on: Sequence[Any]) -> _Place | None:
    by_key = {row.key: row for row in going_on if row.ended_at is None}
    for _, key in stormy.keys:
        if key in by_key:
            return event, by_key[key], storms.apart(event, storm_from(by_key[key]))
    if event.is_test:
        return None
    for row in by_key.values():
        why = storms.beside(event, storm_from(row))
        if why is not None:
            return event, row, why
    return None


def _write(
    placed: Sequence[_Place], folded: Mapping[str, str], going_on: Sequence[Any], now: datetime
) -> frozenset[str]:
    rows = {row.id: row for row in going_on}
    places = {event.id: (event, row, why) for event, row, why in placed}
    columns = []
    for event, row, why in places.values():
        row.seq += 1
        due_at = (
            event.next_reminder_at if why or row.next_reminder_at is None else row.next_reminder_at + SLACK
        )
        columns.append(
            {
                "id": event.id,
                "storm_id": row.id,
                "storm_seq": row.seq,
                "storm_apart": why,
                "next_reminder_at": due_at,
            }
        )
        action = "storm_apart" if why else "storm_joined"
        audit.append(action, now, event_id=event.id, storm=row.id, number=row.seq, why=why)
    update_all(EventRow, columns)
    again = []
    for event_id, storm_id in folded.items():
        if event_id not in places and storm_id in rows:
            rows[storm_id].seq += 1
            again.append({"id": event_id, "storm_seq": rows[storm_id].seq})
    update_all(EventRow, again)
    touched = {*(row.id for _, row, _ in places.values()), *folded.values()}
    update_all(
        StormRow,
        [{"id": row.id, "seq": row.seq, "last_at": now} for row in going_on if row.id in touched],
    )
    messages.changed(touched, now)
    return frozenset(event_id for event_id, (_, _, why) in places.items() if why is None)


def _skip_cards(members: Collection[str], now: datetime) -> None:
    """Skip the cards that still wait for events whose storm has one now."""
    if not members:
        return
    waiting = (
        WAITING
        & DeliveryRow.event_id.in_(sorted(members))
        & (DeliveryRow.kind == DeliveryKind.FIRST)
        & DeliveryRow.leased_until.is_null()
        # What may have arrived already is looked for, and written down.
        & DeliveryRow.attempted_at.is_null()
    )
    told = DeliveryRow.update(state=DeliveryState.SKIPPED, done_at=now, error="told by the card of a storm")
    told.where(waiting).execute()
