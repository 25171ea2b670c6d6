"""Judging and writing: the program's records a second, beside the very rows that it wrote."""

import asyncio
import itertools
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.programs import KINDS, NAMES, Filler, Kind, Stage, a_stage, new_database
from tests.end_to_end.harness import login

RECORDS = 2400
BATCH = 200
"""Records whose rows share a commit, as they do where the program judges them."""
KEYS = 10
"""Events that folding records fold into."""
_networks = itertools.count()
TABLES = ("event", "occurrence", "delivery", "audit")
GOALS = {
    ("sqlite", "distinct"): 0.30,
    ("sqlite", "folding"): 0.18,
    ("postgresql", "distinct"): 0.40,
    ("postgresql", "folding"): 0.28,
}


async def measure(run: Run) -> list[Result]:
    """Each way on each database, on tables that grow as the rounds go on, the baseline's as well."""
    found = []
    for kind in KINDS:
        async with a_stage(run, kind, f"judging_{kind}") as stage:
            twin = Twin(stage, new_database(run, kind, f"twin_{kind}"))
            for way in ("distinct", "folding"):
                found += await _measure(run, stage, twin, way)
    return found


async def _measure(run: Run, stage: Stage, twin: "Twin", way: str) -> list[Result]:
    kind, records = stage.kind, run.size(RECORDS, 400)
    filler = Filler(stage)

    async def program(number: int) -> Measures:
        twin.mark()
        label = f"{way}{number}"
        made = logins(records, label, keys=None if way == "distinct" else KEYS)
        await filler.fill(filler.read(json.dumps(made).encode()))
        await stage.until_judged()
        expect(twin.count("occurrence"), records, f"occurrences, {way}")
        expect(twin.count("event"), records if way == "distinct" else KEYS, f"events, {way}")
        return {"rate": judged_a_second(stage, label, records)}

    async def same_rows(_: int) -> Measures:
        with stage.held_still():
            return {"rate": records / await asyncio.to_thread(twin.replay, records)}

    row = Row(
        name=f"judging-{kind}-{way}",
        what=f"judge and write, {way}, {NAMES[kind]}",
        value="program.rate",
        baseline="same_rows.rate",
        against="executemany of the same rows",
        unit="records/s",
        goal=Goal(at_least=GOALS[kind, way]),
    )
    try:
        return await run.take_turns({"program": program, "same_rows": same_rows}, [row])
    finally:
        await filler.close()


def logins(count: int, label: str, *, keys: int | None = None) -> list[dict[str, Any]]:
    """Records that nobody else labels so, each of an event of its own, or all of so many events.

    Each event is from a network of its own: many from one address would be a storm, which is another story.
    """
    whose = [number if keys is None else number % keys for number in range(count)]
    first = next(_networks) * 0x10000
    return [
        login(f"{label}.{who}", _address(first + who), f"host-{who}", id=f"{label}.{number}")
        for number, who in enumerate(whose)
    ]


def _address(network: int) -> str:
    return f"2001:db8:{network >> 16:x}:{network & 0xFFFF:x}::7"


def judged_a_second(stage: Stage, label: str, records: int) -> float:
    """Between the marks of the first batch and of the last one, which ended after its mark."""
    of_label = f"record_id LIKE '{label}.%' AND judged_at IS NOT NULL"
    marks = stage.evidence.rows(
        f"SELECT judged_at, count(*) FROM inbox WHERE {of_label} GROUP BY 1 ORDER BY 1"  # noqa: S608
    )
    expect(sum(count for _, count in marks), records, f"records judged, {label}")
    (first, _), (last, in_last) = marks[0], marks[-1]
    expect(last > first, True, "whether it took more than one batch")
    return float((records - in_last) / ((last - first) / 1e6))


@dataclass(frozen=True, slots=True)
class Rows:
    """What the program wrote into one table."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


class Twin:
    """A database with the same tables, indexes, triggers and durability, into which the same rows go."""

    def __init__(self, stage: Stage, url: str) -> None:
        self._evidence = stage.evidence
        self._kind: Kind = stage.kind
        self._url = url
        self._marks = dict[str, int]()

    def mark(self) -> None:
        """What is written from here on is what `count` and `replay` are about."""
        for table in TABLES[1:]:
            newest = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608 (names of ours)
            self._marks[table] = self._evidence.number(newest)

    def count(self, table: str) -> int:
        """Rows that were written since."""
        return self._evidence.number(f"SELECT count(*) FROM {table} WHERE {self._is_new(table)}")  # noqa: S608

    def _is_new(self, table: str) -> str:
        if table == "event":
            return f"id IN (SELECT event_id FROM occurrence WHERE {self._is_new('occurrence')})"  # noqa: S608
        return f"id > {self._marks[table]}"

    def replay(self, records: int) -> float:
        """Write all of them in as many commits as the program needs; returns the seconds."""
        written = {table: self._read(table) for table in TABLES}
        parts = _parts(written, -(-records // BATCH))
        statements = {table: self._statement(table, rows.columns) for table, rows in written.items()}
        with closing(self._connect()) as connection:
            before = _count(connection)
            began = time.perf_counter()
            for part in parts:
                cursor = connection.cursor()
                for table in TABLES:
                    if part[table]:
                        cursor.executemany(statements[table], part[table])
                connection.commit()
            seconds = time.perf_counter() - began
            expect(_count(connection) - before, records, "occurrences written again")
        return seconds

    def _read(self, table: str) -> Rows:
        columns = self._columns(table)
        names = ", ".join(columns)
        order = "ORDER BY id" if table != "event" else ""
        statement = f"SELECT {names} FROM {table} WHERE {self._is_new(table)} {order}"  # noqa: S608
        return Rows(columns, self._evidence.rows(statement))

    def _statement(self, table: str, columns: Sequence[str]) -> str:
        marks = ["%s" if self._kind == "postgresql" else "?"] * len(columns)
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(marks)})"  # noqa: S608

    def _columns(self, table: str) -> list[str]:
        if self._kind == "sqlite":
            return self._evidence.column(f"SELECT name FROM pragma_table_info('{table}')")  # noqa: S608
        return self._evidence.column(
            f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"  # noqa: S608
        )

    def _connect(self) -> Any:
        if self._kind == "postgresql":
            return psycopg.connect(self._url)
        connection = sqlite3.connect(self._url.removeprefix("sqlite:///"))
        for pragma in ("journal_mode = wal", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def _count(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM occurrence").fetchone()[0])


def _parts(written: dict[str, Rows], count: int) -> list[dict[str, list[tuple[Any, ...]]]]:
    """The rows of each commit: an event beside its first occurrence, everything else in its order."""
    parts: list[dict[str, list[tuple[Any, ...]]]] = [{table: [] for table in TABLES} for _ in range(count)]
    place = written["occurrence"].columns.index("event_id")
    first_in = dict[str, int]()
    for table in TABLES[1:]:
        rows = written[table].rows
        for number, row in enumerate(rows):
            part = number * count // len(rows)
            parts[part][table].append(row)
            if table == "occurrence":
                first_in.setdefault(row[place], part)
    key = written["event"].columns.index("id")
    for row in written["event"].rows:
        parts[first_in[row[key]]]["event"].append(row)
    return parts
