"""How long the event loop does nothing else, while the worst body is read and while hostile lines are judged.

A probe asks `/healthz` every few milliseconds, which takes no more than the loop's next turn; what takes
longest is what a click or another sender would have waited.
"""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.hostile import RULES, hostile_lines
from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.load import Probe, post, send
from benchmarks.programs import Filler, Stage, a_stage
from powertrip.ingest.contract import DEFAULT_LIMITS
from tests.end_to_end.harness import BEARER

LONGEST = 100.0
"""Milliseconds."""
CALM = 200
"""Answers of the probe while nothing else happens."""


def smallest_records(size: int) -> bytes:
    """As many records as a body may hold, as short as they can be."""
    count = min(DEFAULT_LIMITS.records, size // 20)
    return json.dumps([{"message": f"{number:x}"} for number in range(count)]).encode()


def escaped_form(size: int) -> bytes:
    """A form of which each byte is written as three."""
    events = [{"id": number, "message": "é" * 40, "program": "sshd"} for number in range(size // 600)]
    payload = json.dumps({"events": events}, ensure_ascii=False)
    return b"payload=" + "".join(f"%{byte:02X}" for byte in payload.encode()).encode()


def long_line(size: int) -> bytes:
    """One record, almost all of it one text."""
    return json.dumps({"message": "A" * (size - 100)}).encode()


BODIES: dict[str, tuple[str, str, Callable[[int], bytes]]] = {
    "records": ("the most and the shortest records", "syslog", smallest_records),
    "form": ("a form that is all escapes", "papertrail", escaped_form),
    "line": ("one line that is the whole body", "syslog", long_line),
}
JUDGED = 400


async def measure(run: Run) -> list[Result]:
    """On SQLite, where one program does all."""
    wide = {"backlog_limit": 100_000_000}
    async with a_stage(run, "sqlite", "stalls", ingest=wide, rules=[{"use": "ssh"}, *RULES]) as stage:
        filler = Filler(stage)
        sides: dict[str, Any] = {"calm": _calm(run, stage)}
        rows = [_row("calm", "nothing else happens", None)]
        for name, (what, source, make) in BODIES.items():
            sides[name] = _reading(stage, source, make(run.size(DEFAULT_LIMITS.body_bytes - 1024, 200_000)))
            rows.append(_row(name, f"a body is read: {what}", LONGEST))
        sides["judging"] = _judging(run, stage, filler)
        rows.append(_row("judging", "hostile lines are judged", LONGEST))
        try:
            return await run.take_turns(sides, rows)
        finally:
            await filler.close()


def _row(name: str, what: str, most: float | None) -> Row:
    return Row(
        name=f"stalls-{name}",
        what=f"longest stall while {what}",
        value=f"{name}.longest",
        baseline="calm.longest" if most is not None else None,
        against="while nothing else happens" if most is not None else "",
        unit="ms",
        goal=Goal(at_most=most, of_value=True) if most is not None else None,
    )


def _calm(run: Run, stage: Stage) -> Callable[[int], Any]:
    probes = [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"] * run.size(CALM, 20)

    async def side(_: int) -> Measures:
        await stage.until_judged()
        with Probe(stage.port) as probe:
            await send(stage.port, probes, 1)
        return {"longest": probe.longest}

    return side


def _reading(stage: Stage, source: str, body: bytes) -> Callable[[int], Any]:
    kind = "application/x-www-form-urlencoded" if body.startswith(b"payload=") else "application/json"
    request = post(f"/ingest/{source}", body, {"Content-Type": kind, **BEARER})

    async def side(_: int) -> Measures:
        await stage.until_judged()
        with Probe(stage.port) as probe:
            await send(stage.port, [request], 1)
            # What was read is also judged, and nobody knows which of both is the worse.
            await stage.until_judged()
        return {"longest": probe.longest}

    return side


def _judging(run: Run, stage: Stage, filler: Filler) -> Callable[[int], Any]:
    count = run.size(JUDGED, 40)

    async def side(number: int) -> Measures:
        lines = hostile_lines(count, ending="C", seed=number)
        records = [
            {"message": line, "program": "sshd", "host": "bastion-1", "id": f"{number}.{each}"}
            for each, line in enumerate(lines)
        ]
        before = stage.evidence.number("SELECT count(*) FROM occurrence")
        with Probe(stage.port) as probe:
            await filler.fill(filler.read(json.dumps(records).encode()))
            await stage.until_judged()
        expect(
            stage.evidence.number("SELECT count(*) FROM occurrence") - before, count, "lines that made events"
        )
        return {"longest": probe.longest}

    return side
