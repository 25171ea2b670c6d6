"""One answer of one person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a person decided."""

    APPROVE = "approve"
    DENY = "deny"
    CLOSE = "close"


class Via(StrEnum):
    """How a decision reached Powertrip."""

    BUTTON = "button"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer of one person, and what they had seen when they gave it."""

    verdict: Verdict
    actor_id: str
    """The Slack member id of the person who clicked or typed."""
    actor_name: str
    at: datetime
    via: Via
    revision: int
    """The revision of the card that was decided on; later occurrences are not covered."""
    reason: str | None = None
    batch_id: str | None = None
    """Names the decision on a storm that this one was part of."""
    expectation_id: str | None = None
    """The expectation that approved it, where nobody was asked."""


WORD = {"approve": "approved", "deny": "denied", "close": "closed"}
