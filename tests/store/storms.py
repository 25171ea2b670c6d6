"""Logins of one bot, as judged records that make events of their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from powertrip.domain import storms
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.event import Event, NoticeKind
from powertrip.domain.judgement import ToAsk
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.storms import StormSection, Stormy
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.claiming import take_next
from tests.samples import NOW, SECURITY, event, record

LEASE = timedelta(seconds=30)
SECTION = StormSection()
BOT = Subject(kind=SubjectKind.BOT, name="oswaldo", team="Platform")


def login(number: int, **changes: Any) -> Event:
    """A login of the bot oswaldo on one of 41 hosts, which joins no other."""
    fields: dict[str, Any] = {
        "id": f"login{number:05d}",
        "user_name": "oswaldo",
        "host_name": f"web-{number % 41}",
        "source_ip": f"192.0.2.{number % 50}",
        "subject": BOT,
        "fold_key": f"login{number}",
    }
    return event(**(fields | changes))


async def judge(
    thread: DatabaseThread,
    store: Store,
    events: Sequence[Event],
    *,
    now: Any = NOW,
    channel: str = SECURITY,
    copies: tuple[str, ...] = (),
) -> None:
    """Take these events in as one batch of records."""
    await thread.run(inbox.append, [[record() for _ in events]])
    records = await store.inbox.claim(len(events), lambda: now, LEASE)
    asks = [
        ToAsk(
            record=taken,
            event=about,
            conversation=channel,
            copies=copies,
            storm=Stormy(keys=storms.keys_of(about), settings=SECTION, channel=SECURITY),
        )
        for taken, about in zip(records, events, strict=True)
    ]
    await store.judging.apply(asks, now)


async def deliver(store: Store, now: Any, ts: str = "") -> Delivery | None:
    """Do what the sender does with the next delivery that Slack takes."""
    delivery = await take_next(store, now)
    if delivery is None:
        return None
    where = Posted(channel=delivery.channel, ts=delivery.ts or ts or f"1.{delivery.id}")
    if delivery.kind is DeliveryKind.STORM and delivery.ts:
        await store.storm_messages.updated(delivery, now)
    elif delivery.kind is DeliveryKind.STORM:
        await store.storm_messages.posted(delivery, where, False, now)
    elif delivery.kind is DeliveryKind.FIRST:
        shown = [
            Shown(event_id=found.event.id, revision=found.event.revision, version=found.version)
            for found in delivery.snapshots
        ]
        await store.notices.posted(delivery, NoticeKind.FIRST, where, shown, now)
    else:
        await store.deliveries.finish(delivery, now)
    return delivery
