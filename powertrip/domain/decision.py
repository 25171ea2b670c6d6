"""One answer of one person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a person decided."""

    APPROVE = "approve"
    DENY = "deny"
    CLOSE = "close"


class Via(StrEnum):
    """How a decision reached Powertrip."""

    BUTTON = "button"
    COMMAND = "command"


UNSURE, FOR_AGENT = "unsure", "agent"
"""The answers beside the verdicts, as menus and commands name them."""


class ActorKind(StrEnum):
    """Who did what was decided, in the words of whoever decided."""

    PERSON = "person"
    AGENT = "agent"  # an agent or a script, for which the person who decided answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The agent or script that a person approves for."""

    name: str
    """What they call it; empty until they were asked."""
    is_running: bool | None = None
    """Whether it goes on; None where they did not say."""


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
    actor_kind: ActorKind = ActorKind.PERSON
    agent_name: str | None = None
    agent_running: bool | None = None
    proof: str | None = None
    """The kinds of proof that it spent, as in `totp`; None where it took none."""

    @property
    def about_agent(self) -> dict[str, Any]:
        """What the history says of the agent or script; nothing where it was a person."""
        if self.actor_kind is ActorKind.PERSON:
            return {}
        names = ("actor_kind", "agent_name", "agent_running")
        return {name: getattr(self, name) for name in names}

    @property
    def about_proof(self) -> dict[str, str]:
        """What the history says of its proofs; nothing where it took none."""
        return {"proof": self.proof} if self.proof else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One person is not sure; it decides nothing."""

    actor_id: str
    actor_name: str
    at: datetime
    via: Via
    revision: int
    """The revision of the card that they had seen."""
    is_subject: bool
    """Whether the event was about them."""


WORD = {"approve": "approved", "deny": "denied", "close": "closed"}
