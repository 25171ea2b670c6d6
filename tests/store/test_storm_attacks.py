"""Attacks by whoever wants one event of theirs to pass among many, each of which fails, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from powertrip.domain.bursts import Bursts
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.due import Enriched
from powertrip.domain.event import NoticeKind, Severity
from powertrip.domain.routing import UNRESOLVED
from powertrip.domain.storm_view import StormView
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.storms import gather
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import DeliveryRow, EventRow
from tests.claiming import take_next
from tests.samples import ALICE, SECURITY, event, later
from tests.store.busy import faults
from tests.store.storms import LEASE, judge, login
from tests.store.test_storms import everything, hourly, looked_up, the_storm

LOGINS = "C0LOGINS"
"""Is told of each login besides, and decides nothing."""


async def copied(store: Store, now: Any) -> None:
    """Post the copies that wait, and nothing else."""
    while (copy := await take_next(store, now, busy=(SECURITY, "updates"))) is not None:
        assert copy.kind is DeliveryKind.COPY
        shown = [Shown(event_id=item.event.id, revision=1, version=item.version) for item in copy.snapshots]
        where = Posted(channel=LOGINS, ts=f"2.{copy.id}")
        await store.notices.posted(copy, NoticeKind.COPY, where, shown, now)


async def found_bad(store: Store, event_id: str, now: Any) -> None:
    """What the lookups say of all addresses: one is of medium risk, which makes no event grave."""
    enriched = [
        Enriched(
            event=item.event,
            copies=(),
            conversation=SECURITY,
            again_at=None,
            apart="an address of medium risk" if item.event.id == event_id else None,
            remind_at=later(minutes=10),
        )
        for item in await store.enriching.claim(100, lambda: now, LEASE)
    ]
    await store.enriching.keep(enriched, now)


def firsts(sent: list[Delivery]) -> list[str]:
    return [event_id for each in sent if each.kind is DeliveryKind.FIRST for event_id in each.event_ids]


async def test_a_copy_that_nobody_answers_does_not_pass_for_the_card_of_what_does_not_fit(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    hidden = login(7001, source_ip="203.0.113.9", fold_key="foreign")
    await judge(database_thread, store, [hidden], copies=(SECURITY, LOGINS))
    await looked_up(database_thread)
    await copied(store, later(seconds=9))

    view = await the_storm(database_thread, store)
    assert (view.unasked, view.is_offered) == (1, False)
    await everything(store, later(seconds=9))
    assert (await the_storm(database_thread, store)).is_offered


async def test_an_event_that_leaves_the_storm_is_asked_about_though_a_channel_got_a_copy(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)], copies=(SECURITY, LOGINS))
    await copied(store, later(seconds=9))
    await everything(store, later(seconds=9))

    await found_bad(store, "login00007", later(seconds=10))

    assert firsts(await everything(store, later(seconds=12))) == ["login00007"]
    assert await faults(database_thread) == {}


async def test_thousands_of_storms_of_one_name_push_none_of_them_out(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "OPEN_AT_ONCE", 2)
    for network in range(6):
        number = 100 * network
        await judge(
            database_thread,
            store,
            [login(number + each, source_ip=f"10.{network}.0.1") for each in range(30)],
            now=later(seconds=network),
        )
    seen = await database_thread.run(lambda: [row.storm_id for row in EventRow.select()])
    assert len(seen) == 180
    assert len(set(seen)) == 6

    # To the one that is the longest without a new event, too.
    await judge(database_thread, store, [login(50, source_ip="10.0.0.1")], now=later(seconds=9))
    first, last = await database_thread.run(
        lambda: [EventRow.get(EventRow.id == f"login{number:05}").storm_id for number in (0, 50)]
    )
    assert first == last


async def test_who_keeps_a_storm_going_puts_off_no_reminder(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))
    for minute in range(1, 10):
        await judge(database_thread, store, [login(100 + minute)], now=later(minutes=minute))
        assert await store.storm_sweeps.sweep(hourly, later(minutes=minute)) == 0
    assert await store.storm_sweeps.sweep(hourly, later(minutes=10)) == 1


async def test_a_storm_is_reminded_of_where_people_look_now(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))
    await store.storm_sweeps.sweep(hourly, later(minutes=10), "C0ELSEWHERE")
    (reminder,) = [each for each in await everything(store, later(minutes=10)) if each.ts is None]
    assert (reminder.kind, reminder.channel) == (DeliveryKind.STORM, "C0ELSEWHERE")


async def test_questions_that_somebody_else_causes_do_not_hide_the_one_that_counts(
    database_thread: DatabaseThread, store: Store
) -> None:
    noise = [event(id=f"noise{number:03}", fold_key=f"noise{number}") for number in range(60)]
    grave = event(id="grave", fold_key="grave", severity=Severity.CRITICAL)
    await judge(database_thread, store, [*noise, grave], channel=f"{UNRESOLVED}alice")
    # No storm: that would be one card, at which nobody is spared anything.
    await database_thread.run(lambda: EventRow.update(storm_id=None, storm_seq=None).execute())
    await database_thread.run(lambda: DeliveryRow.update(state="waiting", done_at=None).execute())

    waiting = await take_next(store, later(seconds=1), busy=(SECURITY,))
    assert waiting is not None
    await store.bursts.address(
        waiting, event().subject, security_channel=SECURITY, bursts=Bursts(), now=later(seconds=1)
    )

    # The gravest is the first of those that she still gets herself.
    hers = await take_next(store, later(seconds=1), busy=(SECURITY,))
    assert hers is not None
    assert (hers.channel, hers.event_ids) == (ALICE, ("grave",))


@pytest.mark.parametrize(
    "name",
    ["oswaldo\x00", "oswaldo\u202e", "os\nwaldo", '", "192.0.2.0/24"', "\udcff", "o" * 255],
    ids=["zero byte", "right to left", "line break", "the end of a string", "no character", "long"],
)
async def test_a_name_of_odd_characters_makes_a_storm_of_its_own_and_breaks_none(
    database_thread: DatabaseThread, store: Store, name: str
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    odd = [login(100 + number, user_name=name, fold_key=f"odd{number}") for number in range(30)]
    await judge(database_thread, store, odd, now=later(seconds=1))
    await judge(database_thread, store, [replace(odd[0], id="late", fold_key="late")], now=later(seconds=2))

    storm_ids = await database_thread.run(lambda: [row.id for row in StormRow.select()])
    views: list[StormView] = [await store.storms.get(storm_id) for storm_id in storm_ids]
    assert sorted(view.events for view in views) == [30, 31]
    assert await faults(database_thread) == {}


async def test_what_comes_after_the_end_of_a_storm_is_not_hidden_in_it(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))
    await store.storm_sweeps.sweep(hourly, later(minutes=11))
    # One of its events gets a record all the same: what was shown does not cover it.
    before = (await the_storm(database_thread, store)).watermark
    await judge(database_thread, store, [login(500, fold_key="login3"), login(501)], now=later(minutes=11))
    row = await database_thread.run(lambda: EventRow.get(EventRow.id == "login00003"))
    assert (row.storm_seq or 0) > before
    assert "login00501" in firsts(await everything(store, later(minutes=12)))


async def test_a_card_that_was_on_its_way_when_the_storm_began_is_told_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(20)])
    begun = await take_next(store, later(seconds=1))
    assert begun is not None
    await judge(database_thread, store, [login(number) for number in range(20, 30)], now=later(seconds=1))
    await found_bad(store, begun.event_ids[0], later(seconds=2))
    # It leaves the storm for its address, and its card, which is still on its way, asks about it.
    assert firsts(await everything(store, later(seconds=3))) == []
    assert firsts(await everything(store, later(minutes=2))) == [begun.event_ids[0]]
