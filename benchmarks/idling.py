"""What a program costs that has nothing to do: memory, CPU time, and how often it wakes up."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.machine import cpu_of, memory_of, wake_ups_of
from benchmarks.programs import Stage, a_stage

SETTLED = 15.0
"""Seconds after which all is loaded that is loaded after a start."""
WATCHED = 4.0


async def measure(run: Run) -> list[Result]:
    """Of `bot.py run` on SQLite, connected to Slack."""
    async with a_stage(run, "sqlite", "idling") as stage:
        await asyncio.sleep(run.size(SETTLED, 1.0))
        (pid,) = stage.pids
        rows = [
            _row("memory", "memory of an idle `bot.py run`", "MiB", 90),
            _row("cpu", "CPU time of it, share of a core", "%", 0.5),
            _row("wakes", "wake-ups of it", "a second", None),
        ]
        return await run.take_turns({"idle": _watching(run, stage, pid)}, rows)


def _row(name: str, what: str, unit: str, most: float | None) -> Row:
    goal = Goal(at_most=most, of_value=True) if most is not None else None
    return Row(name=f"idling-{name}", what=what, value=f"idle.{name}", unit=unit, goal=goal)


def _watching(run: Run, stage: Stage, pid: int) -> Callable[[int], Any]:
    async def side(_: int) -> Measures:
        began, cpu, wakes = time.monotonic(), cpu_of(pid), wake_ups_of(pid)
        await asyncio.sleep(run.size(WATCHED, 1.0))
        seconds = time.monotonic() - began
        expect(stage.pids, [pid], "programs that run")
        return {
            "memory": memory_of(pid)[0],
            "cpu": (cpu_of(pid) - cpu) / seconds * 100,
            "wakes": (wake_ups_of(pid) - wakes) / seconds,
        }

    return side
