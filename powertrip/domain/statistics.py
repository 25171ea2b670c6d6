"""The figures of the command `stats`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """Events of one rule and status."""

    rule: str
    status: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All figures count from `since`."""

    since: datetime
    events: tuple[RuleCount, ...]
    tallies: dict[tuple[str, str], int]
    """Records that left no event, by verdict and name."""
    quarantined: int
    decision_seconds: tuple[float, ...]
    """From arrival to the decision, one an event decided."""
    deciders: dict[str, int]
    """Decisions by Slack member id."""
    opened_per_day: dict[str, int]
    """Events by UTC day, `2026-01-31`."""
    seconds_per_day: dict[str, tuple[float, ...]]
    """Times to decision by the UTC day the event arrived."""
