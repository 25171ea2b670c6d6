"""Polls in the store, on both databases: one process at a time, nothing lost, and what people are told."""

from datetime import datetime, timedelta

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.delivery import DeliveryKind, Note
from powertrip.domain.due import PollRound, PollState
from powertrip.domain.voices import ExpectedVoice
from powertrip.errors import Overloaded, StoreUnavailable
from powertrip.store import Store
from tests.claiming import take_next
from tests.samples import NOW, SECURITY, later, record

LEASE = timedelta(minutes=2)
TELL = timedelta(minutes=15)
EXPECTED = {"syslog": (ExpectedVoice(within=timedelta(hours=1)),)}
BIG = 1000
ROOM = Backlog(BIG)


async def titles(store: Store) -> list[str]:
    """The titles of the notes that wait."""
    found = []
    while (delivery := await take_next(store, later(days=9))) is not None:
        assert (delivery.kind, delivery.channel) == (DeliveryKind.NOTE, SECURITY)
        assert isinstance(delivery.payload, Note)
        found.append(delivery.payload.title)
        await store.deliveries.finish(delivery, NOW)
    return found


async def claim(
    store: Store, name: str, owner: str, at: datetime, lease: timedelta = LEASE
) -> PollState | None:
    """Claim a poll at a moment."""
    return await store.polling.claim(name, owner, lambda: at, look_back=timedelta(), lease=lease)


async def test_one_process_at_a_time_polls_until_the_lease_of_a_dead_one_ends(store: Store) -> None:
    assert await claim(store, "wazuh", "one", NOW) is not None
    assert await claim(store, "wazuh", "two", later(minutes=1)) is None
    assert await claim(store, "wazuh", "two", later(minutes=3)) is not None
    with pytest.raises(StoreUnavailable, match="taken over"):
        await store.polling.keep("wazuh", "one", [record()], {"at": 1}, ROOM, later(minutes=3), LEASE)
    assert await store.inbox.backlog(BIG) == 0


async def test_records_and_cursor_are_kept_together_or_not_at_all(store: Store) -> None:
    await claim(store, "wazuh", "one", NOW)
    assert await store.polling.keep("wazuh", "one", [record(record_id="a")], {"at": 1}, ROOM, NOW, LEASE) == 1
    with pytest.raises(Overloaded):
        await store.polling.keep("wazuh", "one", [record(record_id="b")], {"at": 2}, Backlog(1), NOW, LEASE)
    again = await claim(store, "wazuh", "two", later(minutes=9))
    assert again is not None
    assert (again.cursor, again.since) == ({"at": 1}, NOW)
    page = [record(record_id="a"), record(record_id="b")]
    assert await store.polling.keep("wazuh", "two", page, {"at": 3}, ROOM, NOW, LEASE) == 1


async def test_a_lasting_failure_is_told_once_and_so_is_its_end(store: Store) -> None:
    for minute in (0, 10, 20, 30):
        now = later(minutes=minute)
        state = await claim(store, "wazuh", "one", now)
        assert state is not None
        assert state.failures == minute / 10
        await store.polling.failed("wazuh", "one", "answered 401", now, TELL, SECURITY, now)
    assert await titles(store) == ["The poll wazuh fails"]
    for _ in range(2):
        await store.polling.succeeded("wazuh", "one", PollRound(), NOW, SECURITY, NOW)
    assert await titles(store) == ["The poll wazuh works again"]


async def test_a_gap_is_told_at_its_begin_and_counted_at_its_end(store: Store) -> None:
    await claim(store, "wazuh", "one", NOW)
    behind = PollRound(count=100, oldest=NOW, newest=later(hours=1), more=True)
    await store.polling.succeeded("wazuh", "one", behind, NOW, SECURITY, NOW)
    await store.polling.succeeded("wazuh", "one", behind, NOW, SECURITY, NOW)
    assert await titles(store) == ["The poll wazuh is behind and catches up"]
    done = PollRound(count=5, oldest=later(hours=1), newest=later(hours=2))
    await store.polling.succeeded("wazuh", "one", done, NOW, SECURITY, NOW)
    delivery = await take_next(store, NOW)
    assert delivery is not None
    assert isinstance(delivery.payload, Note)
    assert delivery.payload.title == "The poll wazuh has caught up"
    assert delivery.payload.lines == (
        "205 records, from 2026-01-15 12:00:00 UTC to 2026-01-15 14:00:00 UTC.",
    )


async def test_silence_is_told_once_and_its_end_too(store: Store) -> None:

    async def told(**after: float) -> int:
        return await store.voices.report(EXPECTED, SECURITY, NOW, later(**after))

    assert [await told(minutes=0), await told(minutes=59), await told(minutes=61)] == [0, 0, 1]
    assert await told(minutes=90) == 0
    assert await titles(store) == ["The source syslog is silent"]
    await keep(store, "a", hours=2)
    assert [await told(hours=2), await told(hours=2.5)] == [1, 0]
    assert await titles(store) == ["The source syslog speaks again"]
    assert await told(hours=3.1) == 1


async def test_what_is_sent_again_does_not_count_as_speech(store: Store) -> None:
    await store.voices.report(EXPECTED, SECURITY, NOW, NOW)
    await keep(store, "a", minutes=30)
    await keep(store, "a", minutes=80)
    assert await store.voices.report(EXPECTED, SECURITY, NOW, later(minutes=91)) == 1


async def test_the_time_that_powertrip_was_away_is_no_silence(store: Store) -> None:
    await store.voices.report(EXPECTED, SECURITY, NOW, NOW)
    assert await store.voices.report(EXPECTED, SECURITY, later(days=1), later(days=1, minutes=59)) == 0
    assert await store.voices.report(EXPECTED, SECURITY, later(days=1), later(days=1, minutes=61)) == 1


async def keep(store: Store, record_id: str, **after: float) -> None:
    """A record of syslog comes in."""
    await claim(store, "any", record_id, later(**after), lease=timedelta(seconds=1))
    came = record(record_id=record_id, received_at=later(**after))
    await store.polling.keep("any", record_id, [came], {"at": 1}, ROOM, later(**after), timedelta(seconds=1))
