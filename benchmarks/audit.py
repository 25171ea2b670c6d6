"""Verifying the history by `bot.py audit verify`, beside the digests of the same lines alone.

CPU seconds on both sides, for neither waits for anything; the program's are those above what it needs for a
history without a line.
"""

import asyncio
import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.programs import as_shipped
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread, open_database
from slack_emulator import SlackEmulator
from tests.databases import provide_database
from tests.end_to_end.harness import ROOT, settings, write_config
from tests.samples import ask, event, record

LINES = 40_000
RECORDS_OF_EVENT = 4
AT_ONCE = 1000
LEASE = timedelta(seconds=30)


async def measure(run: Run) -> list[Result]:
    """On SQLite, of a history in which events were opened and joined."""
    count = run.size(LINES, 400)
    full, empty = run.folder / "history.db", run.folder / "no-history.db"
    for path, lines in ((full, count), (empty, 0)):
        await _write(path, lines)
    row = Row(
        name="audit-verify",
        what=f"`audit verify`, {count:,} lines",
        value="verify.rate",
        baseline="digests.rate",
        against="json.dumps and sha256 of the same lines",
        unit="lines/CPU s",
        goal=Goal(at_least=0.5),
    )
    sides = {"verify": _verify(run, full, empty, count), "digests": _digests(full, count)}
    return await run.take_turns(sides, [row])


async def _write(path: Path, lines: int) -> None:
    url = f"sqlite:///{path}"
    provide_database(url)
    thread, now = DatabaseThread(open_database(url)), datetime.now(UTC)
    store = Store(thread)
    for start in range(0, lines, AT_ONCE):
        count = min(AT_ONCE, lines - start)
        await thread.run(inbox.append, [[record(received_at=now, occurred_at=now) for _ in range(count)]])
        claimed = await store.inbox.claim(count, lambda: now, LEASE)
        keys = [f"k{start + number - number % RECORDS_OF_EVENT}" for number in range(count)]
        asked = [
            ask(each, event(fold_key=key, received_at=now)) for each, key in zip(claimed, keys, strict=True)
        ]
        await store.judging.apply(asked, now)
    await thread.close()


def _verify(run: Run, full: Path, empty: Path, count: int) -> Callable[[int], Any]:
    configs = {path: _config(run, path) for path in (full, empty)}

    def of(path: Path, expected: str) -> float:
        output, seconds = _cpu_of([str(ROOT / "bot.py"), "audit", "verify", "--config", str(configs[path])])
        expect(expected in output and "broken" not in output, True, f"whether {path.name} is whole: {output}")
        return seconds

    async def side(_: int) -> Measures:
        start = await asyncio.to_thread(of, empty, "nothing is in the history yet")
        whole = await asyncio.to_thread(of, full, f"{count:,} lines")
        if run.is_smoke:
            return {"rate": count / whole}
        expect(whole > start, True, f"whether {count:,} lines take longer than none")
        return {"rate": count / (whole - start)}

    return side


def _config(run: Run, path: Path) -> Path:
    whole = as_shipped(settings(SlackEmulator(), run.folder))
    whole["database"] = {"url": f"sqlite:///{path}"}
    return write_config(path.with_suffix(".yaml"), whole)


def _cpu_of(arguments: list[str]) -> tuple[str, float]:
    """What a program prints, and its CPU seconds; raises RuntimeError where it fails."""
    reading, writing = os.pipe()
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "300"}
    actions = [(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_DUP2, writing, 2)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *arguments], environment, file_actions=actions)
    os.close(writing)
    with os.fdopen(reading) as output:
        said = output.read()
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(arguments)}: {said[-2000:]}")
    return said, used.ru_utime + used.ru_stime


def _digests(path: Path, count: int) -> Callable[[int], Any]:
    statement = "SELECT at, action, event_id, actor_id, detail, hash FROM audit ORDER BY id"
    with closing(sqlite3.connect(path)) as connection:
        rows = [(*row[:4], json.loads(row[4]), row[5]) for row in connection.execute(statement)]
    expect(len(rows), count, "lines of the history")

    def read() -> float:
        previous, began = "0" * 64, time.thread_time()
        for at, action, event_id, actor_id, detail, _ in rows:
            line = json.dumps([previous, at, action, event_id, actor_id, detail], sort_keys=True)
            previous = hashlib.sha256(line.encode()).hexdigest()
        seconds = time.thread_time() - began
        expect(previous, rows[-1][5], "the last digest")
        return seconds

    async def side(_: int) -> Measures:
        return {"rate": count / await asyncio.to_thread(read)}

    return side
