"""Reads what may hold anything, for whoever rewrites a history also wants to break what looks at it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot

_ODD = (TypeError, ValueError, KeyError, AttributeError, RecursionError, OverflowError, sqlite3.Error)
"""What comes of values that the program never writes."""


def an_object(text: Any) -> dict[str, Any]:
    """The JSON object in a column; empty where it holds something else."""
    found = _parsed(text)
    return found if isinstance(found, dict) else {}


def a_list(text: Any) -> list[str]:
    """The texts of a JSON list in a column; none where it holds something else."""
    found = _parsed(text)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def a_text(value: Any) -> str:
    """The text in a column; empty where it holds something else."""
    return value if isinstance(value, str) else ""


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text or "")
    # Deep nesting is one of the ways.
    except (ValueError, TypeError, RecursionError):
        return None


TABLES = (
    *("audit", "audit_head", "checkpoint", "event", "occurrence", "decision", "notice", "storm"),
    *("inbox", "delivery", "quarantine", "storm_message", "anchored", "judged_batch", "ledger"),
    *("poll", "people_cache"),
)
"""Tables that are compared with each other."""


@contextmanager
def odd_is_a_fault(findings: Findings, where: str) -> Iterator[None]:
    """What cannot be compared is a fault in this place, and not the end of the comparison."""
    try:
        yield
    except psycopg.OperationalError:
        # The database went away, which says nothing of what is in it.
        raise
    except (*_ODD, psycopg.Error) as error:
        what = f"it holds what the program never writes, and cannot be compared: {error!s:.200}"
        findings.altered("odd", where, what)


def check_types(seen: Snapshot, findings: Findings) -> None:
    """SQLite keeps values of any type in any column."""
    if seen.is_postgres:
        return
    for table in TABLES:
        columns = list(seen.rows("SELECT name, type FROM pragma_table_info(?)", table))
        odd = " OR ".join(
            f"""typeof("{_quoted(name)}") NOT IN ('null', '{_kept_as(declared)}')"""
            for name, declared in columns
        )
        row = seen.first(f'SELECT rowid FROM "{table}" WHERE {odd} LIMIT 1') if odd else None  # noqa: S608 (names of ours)
        if row is not None:
            what = "it holds a value of a type that the program never writes there"
            findings.altered("type", f"table {table}, row {row[0]}", what)


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def _kept_as(declared: str) -> str:
    if declared == "BLOB":
        return "blob"
    return "integer" if declared.startswith(("INT", "BIGINT", "BOOL")) else "text"
