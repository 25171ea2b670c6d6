"""What one process leaves wakes the others, on PostgreSQL, whatever becomes of a connection."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from powertrip.domain.delivery import DeliveryKind
from powertrip.store import Signal, Store, deliveries, inbox
from powertrip.store import listening as listens
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.database_in_use import database
from tests.samples import NOW, SECURITY, ask, event, record

PATIENCE = 20
_END_LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN powertrip'"


@dataclass
class Heard:
    """What was heard so far."""

    events: dict[Signal, asyncio.Event] = field(
        default_factory=lambda: {each: asyncio.Event() for each in Signal}
    )

    async def all(self) -> None:
        """Wait until everything was woken, as it is at the start."""
        for signal in Signal:
            await self.next(signal)

    async def next(self, signal: Signal) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.events[signal].wait()
        self.events[signal].clear()


@pytest.fixture
def heard() -> Heard:
    """Nothing, so far."""
    return Heard()


@pytest.fixture
async def thread(new_postgres: Callable[[], str]) -> AsyncIterator[DatabaseThread]:
    """The database of the process that leaves work."""
    thread = DatabaseThread(open_database(new_postgres()))
    yield thread
    await thread.close()


@pytest.fixture
async def listening(
    thread: DatabaseThread, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Heard]:
    """Another process, which listens."""
    monkeypatch.setattr(listens, "LISTEN_AGAIN", 0.05)
    url = await thread.run(lambda: str(database.obj._url))
    listener = listens.Listener(url, {signal: woken.set for signal, woken in heard.events.items()})
    listener.start()
    await heard.all()
    yield heard
    await listener.stop()


async def test_records_and_what_becomes_of_them_wake_who_waits_for_each(
    thread: DatabaseThread, listening: Heard
) -> None:
    await thread.run(inbox.append, [[record()]])
    await listening.next(Signal.INBOX)
    assert not listening.events[Signal.OUTBOX].is_set()

    (item,) = await thread.run(inbox.claim, 1, lambda: NOW, timedelta(seconds=30))
    await Store(thread).judging.apply([ask(item, event(id="one"))], NOW)

    await listening.next(Signal.OUTBOX)
    await listening.next(Signal.LOOKUPS)


async def test_what_is_not_committed_wakes_nobody(thread: DatabaseThread, listening: Heard) -> None:
    def broken() -> None:
        inbox.append([[record()]])
        raise RuntimeError("before the commit")

    with pytest.raises(RuntimeError):
        await thread.run(broken)
    await thread.run(deliveries.enqueue, [deliveries.new(DeliveryKind.NUDGE, SECURITY, NOW)])

    # They arrive in the order of their commits.
    await listening.next(Signal.OUTBOX)
    assert not listening.events[Signal.INBOX].is_set()


async def test_after_a_broken_connection_everything_is_looked_at_and_heard_again(
    thread: DatabaseThread, listening: Heard
) -> None:
    ended = await thread.run(lambda: len(database.execute_sql(_END_LISTENERS).fetchall()))
    assert ended == 1
    await listening.all()

    await thread.run(inbox.append, [[record()]])
    await listening.next(Signal.INBOX)
