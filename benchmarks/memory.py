"""Memory of a program after many records, beside what it held after a few."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.load import post, send
from benchmarks.machine import memory_of
from benchmarks.programs import Stage, a_stage
from tests.end_to_end.harness import BEARER

MANY, FEW = 1_000_000, 10_000
AT_ONCE = 500
"""Records of a request."""
CONNECTIONS = 4
SHIPMENT = 50_000
"""Records sent before those are judged: a sender waits where too many do."""
LINE = (
    "Connection closed by 192.0.2.10 port 50000 [preauth], and some more words for an ordinary length of line"
)
HEADERS = {"Content-Type": "application/json", **BEARER}
PATIENCE = 600.0


async def measure(run: Run) -> list[Result]:
    """Once: what a program holds does not differ between two that do the same."""
    few, many = run.size(FEW, 1000), run.size(MANY, 3000)
    async with a_stage(run, "sqlite", "memory") as stage:
        row = Row(
            name="memory",
            what=f"memory after {many:,} records that no rule knows",
            value="many.mib",
            baseline="few.mib",
            against=f"after {few:,}",
            unit="MiB",
            goal=Goal(at_most=1.1),
        )
        sides = {"few": _after(stage, 0, few), "many": _after(stage, few, many)}
        return await run.take_turns(sides, [row], rounds=1)


def _after(stage: Stage, before: int, count: int) -> Callable[[int], Any]:
    async def side(_: int) -> Measures:
        for start in range(before, count, SHIPMENT):
            await _ship(stage, range(start, min(start + SHIPMENT, count)))
            await stage.until_judged(PATIENCE)
        expect(stage.evidence.number("SELECT count(*) FROM inbox"), count, "records judged")
        (pid,) = stage.pids
        return {"mib": memory_of(pid)[0]}

    return side


async def _ship(stage: Stage, numbers: range) -> None:
    def body(first: int) -> bytes:
        last = min(first + AT_ONCE, numbers.stop)
        records = [
            {"message": f"{LINE} {number}", "host": "bastion-1", "program": "sshd", "id": str(number)}
            for number in range(first, last)
        ]
        return json.dumps(records).encode()

    firsts = range(numbers.start, numbers.stop, AT_ONCE)
    requests = await asyncio.to_thread(
        lambda: [post("/ingest/syslog", body(first), HEADERS) for first in firsts]
    )
    await send(stage.port, requests, min(CONNECTIONS, len(requests)))
