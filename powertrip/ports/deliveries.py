"""What goes out, as the outbox hands it on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class DeliveryKind(StrEnum):
    """What is still to be told."""

    FIRST = "first"
    OUTCOME = "outcome"  # a denial, told to the security channel at once
    QUARANTINE = "quarantine"
    REMINDER = "reminder"
    UPDATE = "update"  # a message that no longer tells the truth
    REMOVE = "remove"  # a reminder that a newer one replaced
    NOTE = "note"  # something is wrong beyond any one event
    ORIGIN = "origin"  # a verdict, to the HIDS
    BACKUP = "backup"  # what Slack could not be told, by another way


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox, claimed."""

    id: int
    uid: str
    """Goes into the message's metadata, so that a message whose answer was lost can be found."""
    kind: DeliveryKind
    lane: str
    """Deliveries of one lane are sent one after the other, with a gap."""
    channel: str
    ts: str | None
    event_ids: tuple[str, ...]
    payload: dict[str, Any]
    attempts: int
    """Attempts before this one."""
    attempted_at: datetime | None
    """The first attempt whose effect is unknown; None where no message can exist."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where Slack put a message."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a message showed of an event when it was rendered."""

    event_id: str
    revision: int
    version: int
    reminder: int = 0
