"""Several `bot.py worker` on PostgreSQL, beside one, on records that all of them find at the same moment."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.judging import RECORDS, judged_a_second, logins
from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.programs import START, Filler, Stage, a_stage
from tests.end_to_end.harness import Process

COUNTS = {"one": 1, "two": 2, "three": 3}


async def measure(run: Run) -> list[Result]:
    """Two beside one, and three beside two."""
    rows = [_row("two", "one", 1.8), _row("three", "two", 1.0)]
    async with a_stage(run, "postgresql", "workers", commands=["web", *["worker"] * 3]) as stage:
        filler, workers = Filler(stage), stage.programs[1:]
        try:
            sides = {name: _side(run, stage, filler, workers, count) for name, count in COUNTS.items()}
            return await run.take_turns(sides, rows)
        finally:
            await filler.close()


def _row(more: str, fewer: str, least: float) -> Row:
    return Row(
        name=f"workers-{more}",
        what=f"judge and write, {more} workers, PostgreSQL",
        value=f"{more}.rate",
        baseline=f"{fewer}.rate",
        against=f"{fewer}",
        unit="records/s",
        goal=Goal(at_least=least),
    )


def _side(
    run: Run, stage: Stage, filler: Filler, workers: Sequence[Process], count: int
) -> Callable[[int], Any]:
    records = run.size(RECORDS, 600)

    async def side(number: int) -> Measures:
        await _have_running(stage, workers, count)
        label = f"of{count}x{number}"
        await filler.fill(filler.read(json.dumps(logins(records, label)).encode()))
        await stage.until_judged()
        opened = f"SELECT count(DISTINCT event_id) FROM occurrence WHERE record_id LIKE '{label}.%'"  # noqa: S608
        expect(stage.evidence.number(opened), records, f"events of {count} workers")
        return {"rate": judged_a_second(stage, label, records)}

    return side


async def _have_running(stage: Stage, workers: Sequence[Process], count: int) -> None:
    """Start and stop until so many work, and are connected."""
    for number, worker in enumerate(workers):
        runs = worker.process is not None and worker.process.returncode is None
        if runs and number >= count:
            await worker.stop()
        elif not runs and number < count:
            await worker.start()
    await stage.control.wait_for(lambda state: state.connections == count, timeout=START)
