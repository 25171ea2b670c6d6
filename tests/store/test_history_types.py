"""SQLite keeps any value in any column where somebody has changed the column's type for a while."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from powertrip.store.history.findings import Findings
from powertrip.store.history.reading import check_types


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE event (kept TEXT)")
        yield opened


def keep(connection: sqlite3.Connection, value: object, declared: str) -> None:
    """Write a value as it is into a column of a declared type, which would have turned it into its own."""
    connection.execute("PRAGMA writable_schema = ON")
    for type_then in ("BLOB", declared):
        schema = f"CREATE TABLE event (kept {type_then})"
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'event'", (schema,))
        connection.execute("PRAGMA writable_schema = RESET")
        connection.execute("PRAGMA writable_schema = ON")
        if type_then == "BLOB":
            connection.execute("INSERT INTO event VALUES (?)", (value,))


def faults(connection: sqlite3.Connection) -> list[str]:
    def rows(statement: str, *values: object) -> Iterator[Any]:
        return connection.execute(statement, values)

    findings = Findings()
    seen: Any = SimpleNamespace(is_postgres=False, rows=rows, first=lambda *asked: next(rows(*asked), None))
    check_types(seen, findings)
    return [fault.where for fault in findings.faults.values()]


VALUES = (None, "", "5", "x", 5, 0, -5.5, float("inf"), b"", b"x")


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize(
    ("declared", "right"),
    [
        ("TEXT", str),
        ("VARCHAR(255)", str),
        ("INTEGER", int),
        ("BIGINT", int),
        ("BOOLEAN", int),
        ("BLOB", bytes),
    ],
)
def test_a_value_of_another_type_than_its_column_is_a_fault(
    connection: sqlite3.Connection, value: object, declared: str, right: type
) -> None:
    keep(connection, value, declared)
    is_right = value is None or type(value) is right
    assert faults(connection) == ([] if is_right else ["table event, row 1"])
