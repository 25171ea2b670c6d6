"""Taking records: `bot.py web`, which commits them before it answers, beside servers that store nothing."""

import gzip
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.load import Sent, post, send
from benchmarks.programs import NAMES, Stage, a_bare, a_stage
from tests.end_to_end.harness import BEARER, login

JSON = {"Content-Type": "application/json", **BEARER}
FORM = {"Content-Type": "application/x-www-form-urlencoded", **BEARER}
GZIP = {"Content-Encoding": "gzip", **JSON}
_ids = itertools.count(1_500_000_000_000_000_000)
GOALS = {("sqlite", "single"): 0.40, ("postgresql", "single"): 0.25, ("sqlite", "batch"): 0.10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How records are sent."""

    name: str
    what: str
    connections: int
    requests: int
    events: int
    """Of each request."""
    make: Callable[[str, int], bytes]
    """A request of a name that no other has, with so many events."""


def _records(name: str, count: int) -> list[dict[str, Any]]:
    return [login(id=f"{name}.{number}") for number in range(count)]


def _plain(name: str, count: int) -> bytes:
    return post("/ingest/syslog", json.dumps(_records(name, count)).encode(), JSON)


def _gzipped(name: str, count: int) -> bytes:
    body = gzip.compress(json.dumps(_records(name, count)).encode(), compresslevel=6)
    return post("/ingest/syslog", body, GZIP)


def _payload(name: str, count: int) -> str:
    """As Papertrail sends it; help.papertrailapp.com/kb/how-it-works/web-hooks."""
    ids = [next(_ids) for _ in range(count)]
    events = [
        {
            "id": ids[number],
            "received_at": "2026-11-25T01:02:03Z",
            "display_received_at": "Nov 25 01:02:03",
            "source_ip": "203.0.113.9",
            "source_name": "bastion-1",
            "source_id": 2,
            "hostname": "bastion-1",
            "program": "sshd",
            "severity": "Info",
            "facility": "Auth",
            "message": record["message"],
        }
        for number, record in enumerate(_records(name, count))
    ]
    saved = {"id": 42, "name": "Logins", "query": "Accepted", "html_edit_url": "https://example.com/1"}
    return json.dumps(
        {"events": events, "saved_search": saved, "max_id": str(ids[-1]), "min_id": str(ids[0])}
    )


def _papertrail(name: str, count: int) -> bytes:
    return post("/ingest/papertrail", _payload(name, count).encode(), JSON)


def _form(name: str, count: int) -> bytes:
    return post("/ingest/papertrail", urlencode({"payload": _payload(name, count)}).encode(), FORM)


def shapes(run: Run) -> dict[str, Shape]:
    """All of them, by name."""
    requests, batches = run.size(4000, 128), run.size(100, 16)
    batch: dict[str, Any] = {"connections": 16, "requests": batches, "events": 100}
    made = (
        Shape(
            name="single",
            what="one event a request, 64 connections",
            connections=64,
            requests=requests,
            events=1,
            make=_plain,
        ),
        Shape(name="batch", what="100 events a request, 16 connections", make=_plain, **batch),
        Shape(name="gzip", what="the same, gzipped", make=_gzipped, **batch),
        Shape(name="papertrail", what="the same in Papertrail's JSON", make=_papertrail, **batch),
        Shape(name="form", what="the same in Papertrail's form", make=_form, **batch),
    )
    return {shape.name: shape for shape in made}


async def measure(run: Run) -> list[Result]:
    """All shapes on SQLite, and those of JSON on PostgreSQL too."""
    limit = {"backlog_limit": 100_000_000}
    async with (
        a_bare(run, "noop") as noop,
        a_bare(run, "loads") as loads,
        a_stage(run, "sqlite", "ingest_sqlite", commands=["web"], ingest=limit) as sqlite,
    ):
        found = await _beside_bare(run, sqlite, noop, loads)
        found += await _beside_json(run, sqlite)
        # The one that waits would share the machine with it.
        for program in sqlite.programs:
            await program.stop()
        async with a_stage(run, "postgresql", "ingest_pg", commands=["web"], ingest=limit) as stage:
            found += await _beside_bare(run, stage, noop, loads)
    return found


async def _beside_bare(run: Run, stage: Stage, noop: int, loads: int) -> list[Result]:
    single, batch = shapes(run)["single"], shapes(run)["batch"]
    sides = {
        "single": _to_program(stage, single),
        "noop": _to_bare(noop, single),
        "batch": _to_program(stage, batch),
        "loads": _to_bare(loads, batch),
    }
    rows = _rows(stage, single, "noop", "a handler that reads and answers")
    rows += _rows(stage, batch, "loads", "json.loads and an answer")
    return await run.take_turns(sides, rows)


def _rows(stage: Stage, shape: Shape, baseline: str, against: str) -> list[Row]:
    kind, name = stage.kind, f"ingest-{stage.kind}-{shape.name}"
    least = GOALS.get((kind, shape.name))
    rows = [
        Row(
            name=name,
            what=f"ingest, {shape.what}, {NAMES[kind]}",
            value=f"{shape.name}.rate",
            baseline=f"{baseline}.rate",
            against=against,
            unit="events/s",
            goal=Goal(at_least=least) if least else None,
        )
    ]
    for share in ("p50", "p99"):
        goal = Goal(at_most=3) if (share, shape.name) == ("p99", "single") else None
        rows.append(
            Row(
                name=f"{name}-{share}",
                what=f"{share} of it",
                value=f"{shape.name}.{share}",
                baseline=f"{baseline}.{share}",
                against="the same",
                unit="ms",
                goal=goal,
            )
        )
    return rows


async def _beside_json(run: Run, stage: Stage) -> list[Result]:
    known = shapes(run)
    sides = {name: _to_program(stage, known[name]) for name in ("gzip", "batch", "form", "papertrail")}
    rows = [
        Row(
            name=f"ingest-sqlite-{name}",
            what=f"ingest, {known[name].what}, SQLite",
            value=f"{name}.rate",
            baseline=f"{plain}.rate",
            against="the JSON body",
            unit="events/s",
            goal=Goal(at_least=least),
        )
        for name, plain, least in (("form", "papertrail", 0.7), ("gzip", "batch", 0.5))
    ]
    return await run.take_turns(sides, rows)


def _to_program(stage: Stage, shape: Shape) -> Callable[[int], Any]:
    async def side(number: int) -> Measures:
        newest = "SELECT coalesce(max(id), 0) FROM inbox"
        mark = stage.evidence.number(newest)
        # What has been measured before this may have sent the same round of the same shape.
        sent = await send(stage.port, _requests(shape, f"{mark}.{number}"), shape.connections)
        kept = stage.evidence.number(f"SELECT count(*) FROM inbox WHERE id > {mark}")  # noqa: S608
        expect(kept, shape.requests * shape.events, f"records kept, {shape.name}")
        return _measures(sent, shape)

    return side


def _to_bare(port: int, shape: Shape) -> Callable[[int], Any]:
    async def side(number: int) -> Measures:
        return _measures(await send(port, _requests(shape, str(number)), shape.connections), shape)

    return side


def _requests(shape: Shape, label: str) -> Sequence[bytes]:
    return [shape.make(f"{shape.name}.{label}.{number}", shape.events) for number in range(shape.requests)]


def _measures(sent: Sent, shape: Shape) -> Measures:
    rate = shape.requests * shape.events / sent.seconds
    return {"rate": rate, "p50": sent.p(0.5), "p99": sent.p(0.99)}
