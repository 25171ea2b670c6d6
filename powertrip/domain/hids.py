"""The host intrusion detection system (HIDS): its profile, where it stands to an event, what it is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from powertrip.config.section import Section
from powertrip.config.values import Duration, KeyInTable, OneOrMore
from powertrip.domain.decision import Verdict


class OriginState(StrEnum):
    """Where an origin, the HIDS, stands to an event."""

    ALONE = "alone"  # only the origin saw it, the log pipeline missed it
    MISSED = "missed"  # the origin should have seen it too, and did not
    SEEN = "seen"  # it saw the event too, and has no way to be told
    PENDING = "pending"  # it is to be told what is decided, and is not yet
    TOLD = "told"
    FAILED = "failed"  # it refused to be told; tried again seldom


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A record that an origin should have seen and did not."""

    at: datetime
    source_port: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginStanding:
    """Where one origin stands to an event; SEEN may come with a second one about telling it."""

    origin: str
    state: OriginState
    at: datetime | None = None
    """When it was told."""
    why: str | None = None
    """Why it refused."""
    missed: tuple[Missed, ...] = ()
    """For MISSED: which of the event's records it did not see."""


class HidsProfile(Section):
    """A host intrusion detection system (HIDS) that sees the same things, and is told what was decided."""

    name: Annotated[str, KeyInTable()]
    """The origin, as the file names it."""
    sources: OneOrMore = ()
    """The sources of its own records, which are compared with those of all others. Without any it is told of
    every decision."""
    within: Duration = timedelta(minutes=5)
    """How far apart the two records of one thing may be."""
    grace: Duration = timedelta(minutes=10)
    """How long the other side is waited for: then what one saw alone is asked about, or reported."""
    expects: OneOrMore = ()
    """Rules whose events it should have seen too; others it may miss without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One origin, and whether a way to tell it is configured."""

    origin: HidsProfile
    tells: bool

    @property
    def is_told_of_all(self) -> bool:
        """Whether it is told of every decision, having no records of its own to pair them with."""
        return self.tells and not self.origin.sources


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginVerdict:
    """A decision as the origin is told of it."""

    event_id: str
    verdict: Verdict
    alert_id: str | None
    """The origin's own id of its record; None where it has none."""
    rule: str
    user_name: str | None
    host_name: str | None
    source_ip: str | None
    occurred_at: datetime
    decided_by: str
    """The Slack member id of the person who decided."""
    decided_by_name: str
    decided_at: datetime
    reason: str | None = None
