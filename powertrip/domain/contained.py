"""What became of a containment, as its event carries it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContainmentState(StrEnum):
    """How far one containment, or the undoing of one, has come; its value is kept in the database."""

    ASKED = "asked"  # another reviewer has to agree
    LAPSED = "lapsed"  # nobody agreed in time
    WAITING = "waiting"  # it is about to be done
    DONE = "done"
    FAILED = "failed"  # it was refused, and not done
    UNKNOWN = "unknown"  # the answer was lost: nobody knows whether it was done


IN_FORCE = (ContainmentState.ASKED, ContainmentState.WAITING, ContainmentState.DONE)
TRIED = (ContainmentState.FAILED, ContainmentState.UNKNOWN)
"""What a click may have tried once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who asked for something, or agreed, and when."""

    slack_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """One containment, or the undoing of one."""

    id: int
    key: str
    """Unique: whoever is told twice can tell by it that it is the same."""
    action: str
    says: str
    target: str
    state: ContainmentState
    is_dry_run: bool
    asked: By
    agreed: By | None = None
    why_second: str | None = None
    """Why another reviewer has to agree; None where nobody has to."""
    decide_by: datetime | None = None
    """Until when another reviewer may agree."""
    until: datetime | None = None
    """When it ends by itself."""
    ended_at: datetime | None = None
    """When it was done, or was not."""
    said: str | None = None
    """What came of it beyond its state, such as why it failed."""
    undo_says: str | None = None
    undo: str = ""
    undoes: int | None = None
    """The id of what this undoes."""
    tries: int = 1
    """Clicks that had it done, or tried."""

    def has_ended(self, now: datetime) -> bool:
        """Whether it is over by itself."""
        return self.until is not None and self.until <= now
