"""Reads and writes expectations as values."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from powertrip.domain.address import RiskLevel
from powertrip.domain.event import Severity
from powertrip.domain.expectations import Expectation
from powertrip.store import written
from powertrip.store.expected_work.tables import ExpectedWorkRow

BY_PERSON = "ORDER BY person, id"
"""How those that have not ended are to be ordered: their index has that order. By the id alone SQLite reads
all that there ever were."""
_PLAIN = (
    *("id", "person", "slack_id", "rule", "host", "network", "key", "created_at", "created_by"),
    *(
        "created_name",
        "starts_at",
        "until",
        "max_uses",
        "ticket",
        "why",
        "from_event",
        "confirm_by",
        "confirmed_at",
    ),
    *("confirmed_by", "confirmed_name", "announced_proof", "confirmed_proof"),
    *("uses", "ended_at", "ended_by", "ended_why"),
)


def columns_of(expected: Expectation) -> dict[str, Any]:
    """The columns of a new row, but for those of its messages."""
    plain = {name: getattr(expected, name) for name in _PLAIN}
    return plain | {"severity": expected.severity, "risk": expected.risk}


def expectation_from(row: Any) -> Expectation:
    """The expectation that a row holds."""
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Expectation(**plain, severity=Severity(row.severity), risk=RiskLevel(row.risk))


def find(condition: str, *values: Any) -> list[Expectation]:
    """The expectations that fit a condition, which may name their order."""
    return [expectation_from(row) for row in written.rows(ExpectedWorkRow, condition, *values)]


def is_any_open() -> bool:
    """Whether any expectation stands: mostly there is none."""
    found = written.run("SELECT 1 FROM expected_work WHERE ended_at IS NULL LIMIT 1").fetchone()
    return found is not None


def open_for(people: Collection[str], now: datetime) -> list[Expectation]:
    """What is expected of these people now, the narrowest last announced first."""
    if not people:
        return []
    theirs = f"person IN ({written.marks(people)}) AND ended_at IS NULL AND confirmed_at IS NOT NULL"
    return find(f"{theirs} AND until > ? ORDER BY created_at DESC, id", *sorted(people), now)
