"""What is due, as it was claimed: lookups, reminders, polls and gaps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectable


@dataclass(frozen=True, slots=True, kw_only=True)
class ToEnrich:
    """An event whose address is to be looked up, claimed."""

    event: Event
    tries: int
    """Lookups before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enriched:
    """An event with what is now known of its address, and what follows from that."""

    event: Event
    copies: tuple[str, ...]
    """The channels that are to get a copy."""
    conversation: str
    """Where the event was first to be asked about."""
    again_at: datetime | None
    """When to look again; None where nothing more is to come."""
    apart: str | None = None
    """Why the event leaves the storm that it may be part of."""
    remind_at: datetime | None = None
    """When it is first reminded of then."""
    expectable: Expectable | None = None
    """Whose work it is, where an expectation may cover it now that all is known of its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReminder:
    """An event whose reminder is due."""

    event_id: str
    due_at: datetime
    sent: int
    """Reminders before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """Where a claimed poll goes on."""

    cursor: dict[str, Any] | None
    since: datetime
    """Where it begins as long as there is no cursor."""
    failures: int
    """In a row, before this attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRound:
    """What one round of a poll fetched."""

    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    more: bool = False
    """Whether more waits than one round may fetch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueGap:
    """A gap that is to be filled, claimed."""

    id: int
    source: str
    cursor: dict[str, Any]
    until_id: str
    query: str | None
    failures: int
    """In a row, before this attempt."""
