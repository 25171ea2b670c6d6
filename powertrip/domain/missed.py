"""Records that nobody was asked about, and which of them mended rules are to judge again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from powertrip.domain.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedQuery:
    """Which of them to list, newest first; a condition that is None matches all."""

    ids: tuple[int, ...] = ()
    """Empty: any."""
    source: str | None = None
    program: str | None = None
    host_name: str | None = None
    since: datetime | None = None
    before_id: int | None = None
    """Only those with a smaller id: what comes after a page."""
    limit: int | None = None
    with_rejudged: bool = False
    """Also those that were put back to be judged again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A record, or a body, in quarantine, or a record that no rule took."""

    id: int
    source: str
    at: datetime
    """When it came, or went to quarantine."""
    message: str
    raw: bytes
    """The record as it came, or the body."""
    rule: str | None = None
    reason: str | None = None
    """Why it went to quarantine."""
    record: Record | None = None
    """None for a body, and for a record of which an earlier version kept too little."""
    headers: Mapping[str, str] | None = None
    """Of the request that brought a body, where its sender had proven itself by then."""
    rejudged_at: datetime | None = None

    @property
    def obstacle(self) -> str | None:
        """Why it can never be judged again; None where it can."""
        if self.rejudged_at is not None:
            return f"was put back on {self.rejudged_at:%Y-%m-%d %H:%M:%S} UTC already"
        if self.record is None and self.headers is None:
            return (
                "cannot be read again: it is only a part of a body, or its sender had not proven itself, "
                "or an earlier version kept it"
            )
        return None
