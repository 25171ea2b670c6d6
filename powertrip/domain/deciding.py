"""Events as they are asked for and decided."""

from dataclasses import dataclass
from datetime import datetime

from powertrip.domain.decision import Decision, Verdict
from powertrip.domain.event import Event, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPlan:
    """A decision and all that follows from it, to be carried out in one transaction or not at all."""

    before: Event
    """The event as it was when the decision was checked; if its status moved since, nothing happens."""
    after: Event
    decision: Decision
    remind_at: datetime | None
    """When the event is reminded of next; None once it is final."""
    outcome_channel: str | None
    """Where a denial is told at once."""
    rest_id: str
    """The id of the event that takes over occurrences the decision does not cover."""
    rest_conversation: str
    rest_remind_at: datetime
    tell: tuple[str, ...] = ()
    """The origins that are told of every decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTaken:
    """Whether the decision was taken, and the event made of what it did not cover."""

    taken: bool
    rest: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """A decision with what it was about, as the read API tells it."""

    id: int
    """Ascending in the order of the decisions."""
    verdict: Verdict
    actor_id: str
    actor_name: str
    at: datetime
    reason: str | None
    revision: int
    event_id: str
    status: Status
    """The event's, now."""
    rule: str
    event_action: str
    severity: str
    user_name: str | None
    host_name: str | None
    source_ip: str | None
    occurred_at: datetime
    received_at: datetime
