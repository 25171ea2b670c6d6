"""The cursor of APIs that are asked by time: from when a round asks, how far it is, and the newest seen.

A round asks again for an overlap before the newest that was seen, because what comes late has an old time;
the inbox drops what it knows. While a round is under way `place` says where in the answer it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from powertrip.domain.record import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One round over the time from `begin` on."""

    begin: datetime
    newest: datetime
    place: Any = None

    @classmethod
    def of(cls, cursor: Cursor | None, since: datetime, overlap: timedelta) -> "Window":
        """The round under way, or a new one; `since` is where the first one begins."""
        if not cursor:
            return cls(begin=since, newest=since)
        newest = _moment(cursor["newest"])
        if cursor.get("place") is None:
            return cls(begin=newest - overlap, newest=newest)
        return cls(begin=_moment(cursor["begin"]), newest=newest, place=cursor["place"])

    def after(self, moments: list[datetime | None], now: datetime, place: Any) -> Cursor:
        """The cursor past an answer with these moments."""
        # A clock that is ahead would have all later rounds begin in the future, and find nothing till then.
        seen = [min(moment, now) for moment in moments if moment is not None]
        newest = max([self.newest, *seen])
        return {"begin": self.begin.isoformat(), "newest": newest.isoformat(), "place": place}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
