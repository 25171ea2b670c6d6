"""Digests of what never changes in a row; they stand in the history, so that a change of the row shows."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from powertrip.domain.severity import ASCENDING
from powertrip.store.bulk import Rows, stored
from powertrip.store.expected_work.tables import ExpectedWorkRow
from powertrip.store.fields import row_as_json
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import EventRow, OccurrenceRow

OF_EVENT = (
    "id",
    "rule",
    "title",
    "event_action",
    "source",
    "occurred_at",
    "received_at",
    "user_name",
    "host_name",
    "source_ip",
    "fields",
    "headline",
    "message",
    "cut",
    "fold_key",
    "is_test",
)
"""Columns of an event that nothing changes once it is open."""
WEIGHED = ("severity", "requires_reason", "requires_second_person", "requires_proof")
"""Columns of an event that change with what its address turns out to be; each change is a line."""
OF_OCCURRENCE = (
    "source",
    "record_id",
    "message",
    "raw",
    "occurred_at",
    "received_at",
    "cut",
    "event_action",
    "user_name",
    "host_name",
    "source_ip",
    "source_port",
)
"""Columns of a record that nothing changes; its event and its place there change when events are split."""

OF_STORM = (
    *("id", "kind", "key", "rule", "title", "severity", "user_name", "source_ip", "network", "failed"),
    *("host_groups", "channel", "opened_at", "ends_after", "update_every"),
)
"""Columns of a storm that nothing changes."""
OF_EXPECTED_WORK = (
    *("id", "person", "slack_id", "rule", "host", "network", "key", "severity", "risk", "created_at"),
    *("created_by", "created_name", "starts_at", "max_uses", "ticket", "why", "from_event"),
)
"""Columns of an expectation that nothing changes; its end comes sooner where the clock is set back."""

OF_PROVEN = (
    *("id", "person", "slack_id", "rule", "host", "network", "key", "severity", "risk", "created_by"),
    *("starts_at", "until", "max_uses", "ticket", "why", "from_event"),
)
"""Columns of an expectation that a proof is good for: it is announced only when that is given."""


def of_events(rows: Rows) -> list[str]:
    """The seals of events that are about to be written."""
    return list(map(of_values, stored(EventRow, rows, OF_EVENT)))


def weight(values: Iterable[Any]) -> str:
    """How grave an event is, and what an approval takes, as the history says it: `high, reason`."""
    severity, needs_reason, needs_second, proofs = values
    demands = ["reason"] * bool(needs_reason) + ["second person"] * bool(needs_second)
    return ", ".join([severity, *demands, *(proofs or "").split()])


def is_eased(now: str, told: str) -> bool:
    """Whether an event weighs less than the history says, or an approval takes less."""
    (severity, *demands), (told_severity, *told_demands) = now.split(", "), told.split(", ")
    ranks = {str(each): rank for rank, each in enumerate(ASCENDING)}
    return ranks.get(severity, -1) < ranks.get(told_severity, -1) or not {*told_demands} <= {*demands}


def of_occurrences(rows: Rows) -> list[str]:
    """The seals of records that are about to be written."""
    return list(map(of_values, stored(OccurrenceRow, rows, OF_OCCURRENCE)))


def of_storm(columns: Mapping[str, Any]) -> str:
    """The seal of a storm that is about to be written."""
    return of_values(stored(StormRow, [columns], OF_STORM)[0])


def of_expected_work(columns: Mapping[str, Any]) -> str:
    """The seal of an expectation that is about to be written."""
    return of_values(stored(ExpectedWorkRow, [columns], OF_EXPECTED_WORK)[0])


def of_proven(columns: Mapping[str, Any]) -> str:
    """The seal of what somebody proves of an expectation."""
    return of_values(stored(ExpectedWorkRow, [columns], OF_PROVEN)[0])


def of_values(values: Sequence[Any]) -> str:
    """The seal of these columns as the database holds them."""
    return hashlib.sha256(row_as_json(values).encode()).hexdigest()
