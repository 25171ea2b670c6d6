"""From a record to an event: what was judged of each record, and what that changed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeAlias

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectable
from powertrip.domain.heartbeat import Beat
from powertrip.domain.hids import Watch
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.storms import Stormy


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAsk:
    """The record makes an event, or joins the open one with the same fold key."""

    record: Record
    event: Event
    conversation: str
    """Where the first notice goes, if a new event is made."""
    is_looked_up: bool = False
    """Whether the event bears all that is to be known of its address, so that nobody is asked."""
    hold: timedelta = timedelta()
    """How long the first notice may wait for facts."""
    copies: tuple[str, ...] = ()
    """The channels that get a copy, if a new event is made."""
    watches: tuple[Watch, ...] = ()
    """The origins that may have seen, or come to see, the same."""
    same_log: tuple[str, ...] = ()
    """Other sources and polls of the same log, which give its records the same ids."""
    storm: Stormy | None = None
    """What may make a new event part of a storm; None where there are none."""
    expectable: Expectable | None = None
    """Whose work it is, where an expectation may cover it."""
    is_login: bool = False
    """Whether another source may tell of the same login, and one of the two knows its number."""
    verdict: ClassVar = RecordVerdict.MATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSight:
    """The record is an origin's own of something that the log pipeline should tell of as well."""

    record: Record
    event: Event
    """What it says happened; an event of its own only if nothing else tells of it."""
    watch: Watch
    verdict: ClassVar = RecordVerdict.SIGHTING


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCount:
    """The record leaves no event."""

    record: Record
    verdict: RecordVerdict
    """Ignored by a rule, or unmatched by all of them."""
    name: str
    """The rule's name, or the source's."""
    reason: str = ""
    """Why no rule took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToQuarantine:
    """The record should have been judged and could not be."""

    record: Record
    rule: str | None
    reason: str
    verdict: ClassVar = RecordVerdict.QUARANTINE


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBeat:
    """The record is a heartbeat, or claims to be one."""

    record: Record
    beat: Beat | None = None
    """None where it is not signed as it should be."""
    rule: str | None = None
    """The rule that took it."""
    problem: str = ""
    """Why no rule took it or, without `beat`, why it is not genuine."""
    is_copy: bool = False
    """Whether a HIDS tells of one that comes through another source."""
    otherwise: ToAsk | None = None
    """What is asked if it is not genuine, or its nonce is known already; None for a copy."""
    verdict: ClassVar = RecordVerdict.HEARTBEAT


Judgement: TypeAlias = ToAsk | ToSight | ToCount | ToQuarantine | ToBeat
"""What becomes of one record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTry:
    """The record is a test login, if its token is still good when it is carried out."""

    record: Record
    token: str
    outcome: str
    """What became of it, for whoever sent it."""
    as_test: ToAsk | None = None
    """None where it makes no event."""
    otherwise: Judgement
    """What it is where it is no test."""


MaybeTest: TypeAlias = Judgement | ToTry
"""The same, before it is known whether the token of a test is still good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSighting:
    """An origin's record that nothing else told of in time."""

    id: int
    record: Record
    event: Event
    """As the record says, without an id, a subject or a reminder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a batch of judgements changed."""

    opened: tuple[str, ...] = ()
    """Ids of new events."""
    folded: tuple[str, ...] = ()
    """Ids of events that a record joined, once for each record."""
    quarantined: int = 0
    repeated: int = 0
    """Records that are known, though the inbox had forgotten them or had them by another sender."""
    sighted: int = 0
    """Records of origins kept for comparison."""
    beats: int = 0
    """Heartbeats, and records that claimed to be one."""
    expected: int = 0
    """New events that expectations cover, so that nobody is asked about them."""
    paired: tuple[str, ...] = ()
    """Names of the origins whose record and the log pipeline's were found to be of one thing."""
