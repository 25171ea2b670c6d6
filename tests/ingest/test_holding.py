"""Bodies that are held: bounded together, shared among sources, and read one after the other."""

import asyncio
import gc

import pytest

from powertrip.errors import Overloaded
from powertrip.ingest.holding import Room, Turns


def test_one_source_holds_half_at_most_and_the_next_half_of_the_rest() -> None:
    room = Room(lambda: 100, "it")
    room.take("loud", 50)
    with pytest.raises(Overloaded, match="too much of it"):
        room.take("loud", 1)
    room.take("quiet", 25)
    with pytest.raises(Overloaded):
        room.take("quiet", 1)
    room.take("third", 12)
    assert room.held == 87

    room.give_back("loud", 50)
    room.take("quiet", 1)
    assert room.held == 38


async def test_one_body_is_read_at_a_time_and_those_who_wait_by_turns() -> None:
    turns, order, first = Turns(), list[str](), asyncio.Event()

    async def read(source: str) -> None:
        async with turns.turn(source):
            order.append(source)
            await first.wait()

    async with asyncio.TaskGroup() as group:
        for source in ("loud", "loud", "loud", "quiet"):
            group.create_task(read(source))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == ["loud"]
        first.set()
    assert order == ["loud", "quiet", "loud", "loud"]


async def test_no_garbage_is_looked_for_while_a_large_body_is_read_and_again_afterwards() -> None:
    turns = Turns()
    assert gc.isenabled()

    async def read() -> None:
        async with turns.turn("loud"):
            assert not gc.isenabled()
            raise ValueError("unreadable")

    with pytest.raises(ValueError, match="unreadable"):
        await read()
    assert gc.isenabled()
