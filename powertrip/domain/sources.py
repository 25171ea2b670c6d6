"""What came of each source's records, as `sources` shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from powertrip.config.section import Section
from powertrip.config.values import Duration

DAY, WEEK = timedelta(days=1), timedelta(days=7)


class RecordVerdict(StrEnum):
    """What became of a record; the metrics use the same words."""

    ACCEPTED = "accepted"  # committed to the inbox, and not yet judged
    DUPLICATE = "duplicate"
    SHARED_ID = "shared_id"  # accepted too, though its source gave its id to a record with another content
    MATCH = "match"  # makes an event, or joins one
    SIGHTING = "sighting"  # an origin's own record
    HEARTBEAT = "heartbeat"
    IGNORED = "ignored"
    QUARANTINE = "quarantine"
    UNMATCHED = "unmatched"
    PUT_OFF = "put_off"  # how often a source's records took too long to judge, and others went first


KNOWN = (
    RecordVerdict.MATCH,
    RecordVerdict.SIGHTING,
    RecordVerdict.HEARTBEAT,
    RecordVerdict.IGNORED,
    RecordVerdict.QUARANTINE,
)
"""What becomes of a record that some rule knows."""
REFUSED = "refused "
"""Before the cause of a refusal, where refused requests are counted among verdicts of records."""
NO_SOURCE = "(unknown)"
"""Stands for all names that no source has, under which requests were refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedGroup:
    """Records of one source, host and program that no rule took, with the newest of them."""

    source: str
    host_name: str | None
    program: str | None
    is_rest: bool
    """Whether it is all hosts and programs beyond those that are counted one by one."""
    count: int
    newest_at: datetime
    message: str
    """The beginning of the newest."""
    reason: str
    """Why no rule took the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """One source or poll, or a name that was one."""

    name: str
    is_configured: bool
    doubt: str = ""
    """What is doubtful about its configuration."""
    heard_at: datetime | None
    """When the last new record came; None where none ever did."""
    day: Mapping[str, int]
    """Counts by verdict over the last 24 hours."""
    week: Mapping[str, int]
    """The same over the last 7 days."""
    unmatched: tuple[UnmatchedGroup, ...] = ()
    """Over the last 7 days, the newest first."""
    failing_since: datetime | None = None
    """Of a poll whose last round did not go through."""
    error: str | None = None


class UnmatchedSection(Section):
    """The records that no rule took: what is told of them in the security channel."""

    tell_after: Duration = timedelta(minutes=1)
    """A source of which rules never knew a record is told of this long after its first."""
    tell_known_after: Duration = timedelta(days=3)
    """One of which they did, once it has sent for this long only what no rule knows."""
    weekly: bool = True
    """Whether the number of such records, by source and program, is told once a week."""


def refused(counts: Mapping[str, int]) -> dict[str, int]:
    """Refused requests by cause."""
    return {
        verdict.removeprefix(REFUSED): count
        for verdict, count in sorted(counts.items())
        if verdict.startswith(REFUSED)
    }
