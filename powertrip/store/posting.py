"""How fast messages go to Slack over all channels together, whichever worker posts them.

Beside a message a second and channel, Slack takes "several hundred" a minute over the whole workspace:
https://api.slack.com/methods/chat.postMessage#rate_limiting. What is held back waits in its order, so what is
grave goes out next.
"""

from datetime import datetime, timedelta

from powertrip.domain.routing import DIRECT
from powertrip.store import written
from powertrip.store.tables import LaneRow

BURST = timedelta(seconds=15)
"""As many as go out in so long at an even pace may go out at once after a rest."""

_ROW = "posts"
"""Stands among the lanes, of which none is called so; `free_at` is when the next is due at an even pace."""
_CONVERSATIONS = ("C", "G", "#", *DIRECT)
"""Begin the lanes of messages; those of changes, look-ups, origins, anchors and backups begin otherwise."""

NO_MESSAGE = f"substr(lane, 1, 1) NOT IN ({', '.join(map(repr, _CONVERSATIONS))})"
"""The condition of what goes to Slack as no new message, or not to Slack."""


def is_message(lane: str) -> bool:
    """Whether what waits in the lane is posted."""
    return lane.startswith(_CONVERSATIONS)


class Posting:
    """The messages that one transaction takes."""

    def __init__(self, per_minute: int) -> None:
        self._interval = timedelta(minutes=1) / per_minute
        self._burst = max(BURST - self._interval, timedelta())
        self._due: datetime | None = None
        self._has_taken = False

    def is_open(self, now: datetime) -> bool:
        """Whether one more may be taken; waits for other workers that take some."""
        if self._due is None:
            written.run("INSERT INTO lane (name) VALUES (?) ON CONFLICT DO NOTHING", _ROW)
            due = written.rows(LaneRow, written.locked("name = ?"), _ROW)[0].free_at or now
            # Later than any burst leaves it only where the clock was set back, or the pace was slower.
            self._due = now if due - now > max(BURST, self._interval) else due
        return self._due - now <= self._burst

    def take(self, now: datetime) -> None:
        """Count one that goes out."""
        self._due = max(self._due or now, now) + self._interval
        self._has_taken = True

    def keep(self) -> None:
        """Write down, once, what was taken."""
        if self._has_taken:
            written.run("UPDATE lane SET free_at = ? WHERE name = ?", self._due, _ROW)
