"""The figures of the command `stats`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Waits = Mapping[int, int]
"""How many events were decided after so many seconds, as `rounded` has them."""

_EXACT_TO = 100


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
    """The beginning of a UTC day."""
    events: tuple[RuleCount, ...]
    tallies: dict[tuple[str, str], int]
    """Records that left no event, by verdict and name."""
    quarantined: int
    deciders: dict[str, int]
    """Decisions by Slack member id."""
    opened_per_day: dict[str, int]
    """Events by UTC day, `2026-01-31`."""
    waits_per_day: dict[str, Waits]
    """From arrival to the decision, one an event decided, by the UTC day the event arrived."""


def rounded(seconds: float) -> int:
    """Seconds to two figures, so that a day has some hundreds of different waits and no more.

    97.4 is 97, and 12,345 is 12,000: off by at most one in twenty. A clock set back waits for nothing.
    """
    whole = max(0, round(seconds))
    step = 1
    while whole // step >= _EXACT_TO:
        step *= 10
    return whole // step * step


def median_wait(waits: Waits) -> int:
    """The seconds within which half were decided; raises ValueError where none was."""
    half, passed = (sum(waits.values()) + 1) // 2, 0
    for seconds, count in sorted(waits.items()):
        passed += count
        if passed >= half > 0:
            return seconds
    raise ValueError("nothing was decided")
