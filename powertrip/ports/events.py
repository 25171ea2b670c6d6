"""Events as they are asked for and decided."""

from dataclasses import dataclass
from datetime import datetime

from powertrip.event import (
    Decision,
    Event,
    Notice,
    Status,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events to list; newest first. Conditions that are None do not narrow."""

    open_only: bool = False
    undone_only: bool = False
    """Open, or denied and not yet closed."""
    subject_slack_id: str | None = None
    user_name: str | None = None
    host_name: str | None = None
    source_ip: str | None = None
    name: str | None = None
    """The name of a host or of a user."""
    since: datetime | None = None
    limit: int = 10
    offset: int = 0


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
class Snapshot:
    """An event as it was read, and the version that changes with everything a card shows."""

    event: Event
    version: int
    was_asked: bool
    """Whether any message about it ever reached Slack."""
    first_notices: tuple[Notice, ...] = ()
    """Those of its first notices that are still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """Events of one rule and status."""

    rule: str
    status: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What `stats` shows, all of it since one moment."""

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
