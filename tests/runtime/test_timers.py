"""Loops run their step when they are woken, and timers wake those that there are, as often as they say."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest

from powertrip.runtime import loop as loop_module
from powertrip.runtime.loop import Loop, Timers
from powertrip.settings import Config

OFTEN, NEVER = timedelta(milliseconds=20), timedelta(hours=1)


class Counted:
    """A loop that counts its steps; the configuration of these tests is a table of intervals by name."""

    def __init__(self, name: str) -> None:
        self.steps = 0
        self.stepped = asyncio.Condition()
        self.loop = Loop(name, self.step, every=lambda config: cast("Any", config)[name])

    async def step(self) -> bool:
        async with self.stepped:
            self.steps += 1
            self.stepped.notify_all()
        return False

    async def reach(self, steps: int) -> None:
        async with asyncio.timeout(5), self.stepped:
            await self.stepped.wait_for(lambda: self.steps >= steps)


def intervals(**seconds: timedelta) -> Config:
    return cast("Config", seconds)


@pytest.fixture
async def timers() -> AsyncIterator[Timers]:
    timers = Timers()
    yield timers
    timers.stop()


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Counted, Counted]]:
    pair = Counted("one"), Counted("other")
    for counted in pair:
        counted.loop.start()
        await counted.reach(1)
    yield pair
    for counted in pair:
        await counted.loop.stop()


async def test_another_interval_is_in_force_at_once(timers: Timers, pair: tuple[Counted, Counted]) -> None:
    one, other = pair
    timers.follow([one.loop, other.loop], intervals(one=NEVER, other=OFTEN))
    await other.reach(3)
    assert one.steps == 1
    timers.follow([one.loop, other.loop], intervals(one=OFTEN, other=NEVER))
    await one.reach(3)


async def test_a_loop_that_is_gone_is_woken_no_more(timers: Timers, pair: tuple[Counted, Counted]) -> None:
    one, other = pair
    timers.follow([one.loop, other.loop], intervals(one=OFTEN, other=OFTEN))
    await other.reach(2)
    timers.follow([one.loop], intervals(one=OFTEN))
    await asyncio.sleep(0)
    gone_at, seen = other.steps, one.steps
    await one.reach(seen + 5)
    assert other.steps <= gone_at + 1
    timers.follow([one.loop, other.loop], intervals(one=OFTEN, other=OFTEN))
    await other.reach(gone_at + 3)


async def test_frequent_reloads_do_not_keep_a_slow_loop_waiting(
    timers: Timers, pair: tuple[Counted, Counted]
) -> None:
    one, other = pair
    same = intervals(one=timedelta(milliseconds=200), other=OFTEN)
    async with asyncio.timeout(5):
        while one.steps == 1:
            timers.follow([one.loop, other.loop], same)
            await other.reach(other.steps + 1)


async def test_a_step_that_breaks_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "PAUSE_AFTER_FAILURE", 0.0)
    outcomes = iter([True, None, True, False])
    finished = asyncio.Event()

    async def step() -> bool:
        outcome = next(outcomes)
        if outcome is None:
            raise RuntimeError("broken")
        if not outcome:
            finished.set()
        return outcome

    loop = Loop("fragile", step, every=lambda _: NEVER)
    loop.start()
    loop.wake()
    async with asyncio.timeout(5):
        while not finished.is_set():
            loop.wake()
            await asyncio.sleep(0.01)
    await loop.stop()
