"""Turns rows of storms into values."""

from typing import Any

from powertrip.domain.event import Severity
from powertrip.domain.storms import Storm, StormKind


def storm_from(row: Any) -> Storm:
    """The storm of a row."""
    names = ("id", "key", "rule", "title", "user_name", "source_ip", "network", "failed", "opened_at")
    more = ("last_at", "ended_at", "seq", "version", "reminders", "next_reminder_at")
    return Storm(
        **{name: getattr(row, name) for name in (*names, *more)},
        kind=StormKind(row.kind),
        severity=Severity(row.severity),
        groups=tuple(row.host_groups),
    )
