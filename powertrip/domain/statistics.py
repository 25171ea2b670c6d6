"""The figures of the command `stats`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Waits = Mapping[int, int]
"""How many events were decided, or answers given, after so many whole seconds."""

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
    """From arrival to the decision, as `rounded` has it, one an event decided, by the UTC day it arrived."""


def rounded(seconds: float) -> int:
    """Seconds to two figures, so that a day has some hundreds of different waits and no more.

    97.4 is 97, and 12,345 is 12,000: off by at most one in twenty. A clock set back waits for nothing.
    """
    whole = max(0, round(seconds))
    step = 1
    while whole // step >= _EXACT_TO:
        step *= 10
    return whole // step * step


def share_up_to(counts: Mapping[int, int], share: float) -> int:
    """The least value that so large a share does not exceed; raises ValueError where there is none."""
    # By nearest rank: a value that was there, also of two.
    total, passed = sum(counts.values()), 0
    for value, count in sorted(counts.items()):
        passed += count
        if passed >= share * total and passed:
            return value
    raise ValueError("there is nothing to take a share of")
