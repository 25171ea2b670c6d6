"""Reads what may hold anything, for whoever rewrites a history also wants to break what looks at it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot

ODD = (
    *(TypeError, ValueError, KeyError, AttributeError, RecursionError, OverflowError),
    *(sqlite3.Error, psycopg.Error),
)
"""What comes of values that the program never writes."""
_DECODER = json.JSONDecoder()


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
        # As the program writes it, without blanks around; to tell what else it may be takes longer.
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    except RecursionError:
        return None
    except (ValueError, TypeError):
        pass
    try:
        return json.loads(text or "")
    # Deep nesting is one of the ways.
    except (ValueError, TypeError, RecursionError):
        return None


TABLES = (
    *("audit", "audit_head", "checkpoint", "event", "occurrence", "decision", "notice", "storm"),
    *("inbox", "delivery", "quarantine", "storm_message", "anchored", "judged_batch", "ledger"),
    *("poll", "people_cache", "expected_work", "follow_up", "follow_up_item", "follow_up_note"),
    *("proof_factor", "proof_code", "proof_loss", "proof_challenge"),
    "expectation_challenge",
    "containment",
)
"""Tables that are compared with each other."""


@contextmanager
def odd_is_a_fault(findings: Findings, where: str) -> Iterator[None]:
    """What cannot be compared is a fault in this place, and not the end of the comparison."""
    try:
        yield
    except ODD as error:
        note_odd(findings, where, error)


def note_odd(findings: Findings, where: str, error: Exception) -> None:
    """What came of comparing a place is a fault there; raised again where it says nothing of the place."""
    if isinstance(error, psycopg.OperationalError):
        # The database went away, which says nothing of what is in it.
        raise error
    what = f"it holds what the program never writes, and cannot be compared: {error!s:.200}"
    findings.altered("odd", where, what)


def check_types(seen: Snapshot, findings: Findings) -> None:
    """SQLite keeps values of any type in any column."""
    if seen.is_postgres:
        return
    for table in TABLES:
        columns = list(seen.rows("SELECT name, type FROM pragma_table_info(?)", table))
        odd = " OR ".join(_is_odd(f'"{_quoted(name)}"', _kept_as(declared)) for name, declared in columns)
        row = seen.first(f'SELECT rowid FROM "{table}" WHERE {odd} LIMIT 1') if odd else None  # noqa: S608 (names of ours)
        if row is not None:
            what = "it holds a value of a type that the program never writes there"
            findings.altered("type", f"table {table}, row {row[0]}", what)


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def _is_odd(column: str, kept_as: str) -> str:
    if kept_as == "text":
        # Numbers are less than any text, and blobs more. The + keeps a number from being compared as text.
        # To call typeof() takes twice as long.
        return f"+{column} < '' OR +{column} >= x''"
    return f"typeof({column}) NOT IN ('null', '{kept_as}')"


def _kept_as(declared: str) -> str:
    if declared == "BLOB":
        return "blob"
    return "integer" if declared.startswith(("INT", "BIGINT", "BOOL")) else "text"
