"""Who typed a command, and how to answer them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who typed, where, and the client to answer them with."""

    slack_id: str
    team_id: str | None
    channel: str
    trigger_id: str
    """Lets a modal be opened for them within three seconds."""
    client: Any
