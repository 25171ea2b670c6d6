"""The words of Powertrip as frozen, typed values: what every other room passes around.

Names of event fields follow the Elastic Common Schema with dots as underscores. No value here
does I/O or reads a clock, and no datetime is naive: all are aware and in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from powertrip.config.section import Section
from powertrip.config.values import Email, KeyInTable, MemberId
from powertrip.facts import AddressFacts, Past, Risk, worst


def require_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; raises ValueError for a naive datetime, which could mean any zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a datetime without a time zone is not accepted: {moment!r}")
    return moment.astimezone(UTC)


class Status(StrEnum):
    """Where an event stands."""

    PENDING = "pending"  # nobody has decided
    HALF_APPROVED = "half_approved"  # one person approved, the policy wants a second
    APPROVED = "approved"  # final
    DENIED = "denied"  # a reviewer still has to close it with a note
    CLOSED = "closed"  # final, after a denial


class Verdict(StrEnum):
    """What a person decided."""

    APPROVE = "approve"
    DENY = "deny"
    CLOSE = "close"


class Severity(StrEnum):
    """How much an event of a rule matters, ascending."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Via(StrEnum):
    """How a decision reached Powertrip."""

    BUTTON = "button"
    COMMAND = "command"


class SubjectKind(StrEnum):
    """What is known of the one an event is about; all but PERSON lead to the security channel."""

    PERSON = "person"  # mapped, active, can be messaged
    BOT = "bot"  # `bot: true` in the config
    UNMAPPED = "unmapped"  # no entry in `people`
    NOT_FOUND = "not_found"  # Slack knows no such member
    DEACTIVATED = "deactivated"  # the Slack account is switched off
    GUEST = "guest"  # a guest, a bot user or a member of another organisation
    LOOKUP_FAILED = "lookup_failed"  # Slack did not answer in time
    UNREACHABLE = "unreachable"  # Slack refused the direct message


class NoticeKind(StrEnum):
    """Why a message about an event was sent."""

    FIRST = "first"
    REMINDER = "reminder"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One log record as a source delivered it."""

    source: str
    """The source's name in the config."""
    record_id: str
    """Unique within the source: the sender's own id, or a hash where it has none."""
    message: str
    """The log line without its syslog header, at most `rules.MESSAGE_LIMIT` characters."""
    raw: str
    """The record verbatim, as JSON text or as the line that came."""
    received_at: datetime
    occurred_at: datetime | None = None
    """When the sender says it happened; None if it does not say."""
    host_name: str | None = None
    program: str | None = None
    """The syslog tag without its pid, such as `sshd-session`."""
    cut: int = 0
    """How many characters of the message were cut off; said wherever the message is shown."""
    facility: str | None = None
    """The syslog facility in lower case, such as `auth`; None if the sender does not say."""
    trusted: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What the log system states and a writer cannot forge: journald's `_UID` and `_COMM`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "received_at", require_utc(self.received_at))
        if self.occurred_at is not None:
            object.__setattr__(self, "occurred_at", require_utc(self.occurred_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The one an event is about, as far as Powertrip could find out."""

    kind: SubjectKind
    slack_id: str | None = None
    """The Slack member id, kept also where the member cannot be messaged."""
    name: str | None = None
    """The name Slack shows for the member."""
    team: str | None = None
    """The owning team of a bot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer of one person, and what they had seen when they gave it."""

    verdict: Verdict
    actor_id: str
    """The Slack member id of the person who clicked or typed."""
    actor_name: str
    at: datetime
    via: Via
    revision: int
    """The revision of the card that was decided on; later occurrences are not covered."""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One record folded into an event, the first included."""

    source: str
    record_id: str
    message: str
    occurred_at: datetime
    received_at: datetime
    revision: int
    """The event's revision once this occurrence was in it; the first is 1."""
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTold:
    """That a backup channel was told of an event while Slack could not be."""

    channel: str
    at: datetime


class OriginState(StrEnum):
    """What an origin, the HIDS, has to do with an event."""

    ALONE = "alone"  # only the origin saw it, the log pipeline missed it
    MISSED = "missed"  # the origin should have seen it too, and did not
    SEEN = "seen"  # it saw the event too, and has no way to be told
    PENDING = "pending"  # it is to be told what is decided, and is not yet
    TOLD = "told"
    FAILED = "failed"  # it refused to be told; tried again seldom


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginStanding:
    """What one origin has to do with an event; one that only saw it has a further one for the telling."""

    origin: str
    state: OriginState
    at: datetime | None = None
    """When it was told."""
    why: str | None = None
    """Why telling failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One security event under review."""

    id: str
    """Opaque: lower-case letters and digits, says nothing and grants nothing."""
    rule: str
    title: str
    """What happened, in the rule's words: "SSH login"."""
    event_action: str
    severity: Severity
    source: str
    occurred_at: datetime
    """When the first occurrence happened; the time of arrival if the sender did not say."""
    received_at: datetime
    """When the first occurrence arrived."""
    last_occurred_at: datetime
    user_name: str | None = None
    host_name: str | None = None
    source_ip: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """All other fields the rule named, such as `method`, `fingerprint`, `source_port`."""
    message: str = ""
    """The log line of the first occurrence."""
    cut: int = 0
    """How many characters of that line were cut off before it was judged."""
    subject: Subject = Subject(kind=SubjectKind.UNMAPPED)
    status: Status = Status.PENDING
    revision: int = 1
    """Rises by one with each occurrence that joins; a card's buttons carry the one they showed."""
    occurrences: int = 1
    severity_reason: str | None = None
    """Why the severity is another one than the rule's."""
    facts: AddressFacts | None = None
    """What is known of the address; None until the first look at it."""
    past: Past | None = None
    requires_reason: bool = False
    requires_second_person: bool = False
    decisions: tuple[Decision, ...] = ()
    """In the order they were taken; the last one made the status."""
    backups: tuple[BackupTold, ...] = ()
    origins: tuple[OriginStanding, ...] = ()
    reminders: int = 0
    next_reminder_at: datetime | None = None
    fold_key: str = ""

    @property
    def risk(self) -> Risk:
        """The worst that any service says of the address."""
        return worst(self.facts.reputations) if self.facts else Risk()

    @property
    def ref(self) -> str:
        """What a person types to name exactly what they saw: the id, and the revision past the first."""
        return self.id if self.revision == 1 else f"{self.id}.{self.revision}"

    @property
    def is_open(self) -> bool:
        """Whether the event still wants a decision (a denied one wants only to be closed)."""
        return self.status in (Status.PENDING, Status.HALF_APPROVED)


class Standing(StrEnum):
    """What Slack says of the account behind a click."""

    MEMBER = "member"  # a full, active member of this workspace or organisation
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    OUTSIDER = "outsider"  # of another organisation, through a shared channel
    BOT = "bot"
    UNKNOWN = "unknown"  # Slack did not answer, or knows no such account


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who clicked or typed, as looked up at that moment."""

    slack_id: str
    name: str
    standing: Standing
    is_reviewer: bool = False


class Person(Section):
    """The Slack member, or the bot, behind a user name: exactly one of `slack`, `email` and `bot`."""

    name: Annotated[str, KeyInTable()]
    """The key in the config, usually the unix user name."""
    slack: MemberId | None = None
    """Their Slack member id."""
    email: Email | None = None
    """The e-mail address of their Slack account, and one of their names."""
    bot: bool = False
    """Whether a program uses this name: its events go to the security channel."""
    team: str | None = None
    """The team that owns a bot, said on its cards."""
    names: tuple[str, ...] = ()
    """Further names of the same person: unix users, e-mail addresses, AWS users or SSO sessions, Okta ids."""
    github: str | None = None
    """Their GitHub login. Capitals do not matter in it, nor in e-mail addresses; in other names they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One Slack message about an event, as it was last confirmed by Slack."""

    event_id: str
    kind: NoticeKind
    channel: str
    """The channel id that Slack answered with (`D…` for a direct message)."""
    ts: str
    revision: int
    """The event's revision that the message shows."""
    posted_at: datetime
    reminder: int = 0
    """The reminder's number; 0 for other kinds."""
