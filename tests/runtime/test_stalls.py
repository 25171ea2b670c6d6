"""For how long the event loop answers nobody is measured, and told in the metrics."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from powertrip.metrics import Metrics
from powertrip.runtime.stalls import note_stalls, watched_loop


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=watched_loop) as runner:
        runner.run(coroutine)


def test_a_step_that_works_too_long_is_noted_with_its_work() -> None:
    stalls: list[tuple[float, float]] = []

    async def work() -> None:
        note_stalls(lambda seconds, worked: stalls.append((seconds, worked)))
        await asyncio.sleep(0)
        began = time.thread_time()
        while time.thread_time() - began < 0.1:
            pass
        await asyncio.sleep(0)

    run(work())
    seconds, worked = max(stalls)
    assert seconds >= worked >= 0.1


def test_a_step_that_waits_in_the_loop_is_a_stall_without_work() -> None:
    stalls: list[tuple[float, float]] = []

    async def block() -> None:
        note_stalls(lambda seconds, worked: stalls.append((seconds, worked)))
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 (what nobody should do)
        await asyncio.sleep(0)

    run(block())
    seconds, worked = max(stalls)
    assert seconds >= 0.2
    assert worked < 0.1


def test_an_idle_loop_does_not_stall_however_long_it_has_nothing_to_do() -> None:
    stalls: list[float] = []

    async def wait() -> None:
        note_stalls(lambda seconds, worked: stalls.append(seconds))  # noqa: ARG005
        await asyncio.sleep(0.3)

    run(wait())
    # A machine that is busy with others may be late by less than it was to wait.
    assert all(seconds < 0.3 for seconds in stalls)


def test_another_loop_is_left_as_it_is() -> None:
    async def work() -> None:
        note_stalls(lambda seconds, worked: None)  # noqa: ARG005

    asyncio.run(work())


def test_the_longest_stall_is_kept_by_each_clock() -> None:
    metrics = Metrics()
    metrics.loop_stalled(0.4, 0.1)
    metrics.loop_stalled(0.3, 0.2)
    text = metrics.exposition().decode()
    assert 'powertrip_event_loop_longest_stall_seconds{clock="wall"} 0.4' in text
    assert 'powertrip_event_loop_longest_stall_seconds{clock="processor"} 0.2' in text
    assert "powertrip_event_loop_stall_seconds_count 2.0" in text
