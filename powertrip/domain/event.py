"""Events, and what belongs to one: occurrences, notices, backups, and the question which events to list.

Names of event fields follow the Elastic Common Schema with dots as underscores. No value here
does I/O or reads a clock, and no datetime is naive: all are aware and in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from powertrip.domain.address import AddressFacts, Risk, RiskLevel, worst
from powertrip.domain.decision import Decision, Doubt
from powertrip.domain.follow_up import FollowUp
from powertrip.domain.habits import Past
from powertrip.domain.hids import OriginStanding
from powertrip.domain.people import Subject, SubjectKind

MISSED_AT = "missed_at"
"""The field that says when the record came, where no rule took it then and it was judged again."""


class Status(StrEnum):
    """Where an event stands."""

    PENDING = "pending"  # nobody has decided
    HALF_APPROVED = "half_approved"  # one person approved, the policy wants a second
    APPROVED = "approved"  # final
    DENIED = "denied"  # a reviewer still has to close it with a note
    CLOSED = "closed"  # final, after a denial


OPEN = (Status.PENDING, Status.HALF_APPROVED)
UNDONE = (*OPEN, Status.DENIED)
"""Events that are reminded of."""
FINAL = (Status.APPROVED, Status.CLOSED)
DECIDED = (*FINAL, Status.DENIED)


class Severity(StrEnum):
    """How much an event of a rule matters, ascending."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


GRAVE = (Severity.HIGH, Severity.CRITICAL)
"""Events of these severities are never part of a storm, and their cards look different."""


class NoticeKind(StrEnum):
    """Why a message about an event was sent."""

    FIRST = "first"
    REMINDER = "reminder"
    NUDGE = "nudge"  # the person is asked again, in their direct messages
    SECOND = "second"  # one person approved, a second one is looked for
    OUTCOME = "outcome"
    COPY = "copy"  # for a channel that is told beside whoever is asked


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
    """A backup channel was told of an event while Slack was down."""

    channel: str
    at: datetime
    status: Status | None = None
    """The event's, as the channel was told it; None where an earlier release told it."""


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
    earlier_occurred_at: datetime | None = None
    """When the earliest occurrence happened, where it came after the first and had happened before it."""
    user_name: str | None = None
    host_name: str | None = None
    source_ip: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """All other fields the rule named, such as `method`, `fingerprint`, `source_port`."""
    headline: tuple[str, ...] = ()
    """The names of the decisive fields, such as `command`, the most telling first."""
    varied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By field, what later occurrences say otherwise; a rule lets only few fields vary, such as the port."""
    users: int = 1
    """How many different users its records name."""
    message: str = ""
    """The log line of the first occurrence."""
    cut: int = 0
    """How many characters of that line were cut off before it was judged."""
    subject: Subject = Subject(kind=SubjectKind.UNMAPPED)  # noqa: RUF009 (frozen)
    status: Status = Status.PENDING
    revision: int = 1
    """Rises by one with each occurrence that joins; a card's buttons carry the one they showed."""
    occurrences: int = 1
    severity_reason: str | None = None
    """Why the severity differs from the rule's; None where it does not."""
    diverted: str | None = None
    """How many questions there were for its person, `12 questions in 5 minutes`, where others are asked."""
    risk_steps: int = 0
    """By how many steps the risk of the address has raised the severity."""
    facts: AddressFacts | None = None
    """None until the first lookup of the address."""
    copied_to: tuple[str, ...] = ()
    """The channels that a copy was queued for, by id or as the configuration names them."""
    past: Past | None = None
    requires_reason: bool = False
    requires_second_person: bool = False
    requires_proof: str = ""
    """The proofs that an approval takes, as policies name them: `proof`, `totp typed_host`."""
    session_number: str | None = field(default=None, repr=False)
    """By what an answer is known to be the number that the terminal of this login shows, which nobody keeps.
    An event that has one is about that login alone; see `domain/session_number.py`."""
    decisions: tuple[Decision, ...] = ()
    """In the order they were taken; the last one made the status."""
    doubts: tuple[Doubt, ...] = ()
    """Who was not sure, in the order they said so."""
    follow_up: FollowUp | None = None
    """What became of it after a denial; None for one that nobody denied."""
    backups: tuple[BackupTold, ...] = ()
    origins: tuple[OriginStanding, ...] = ()
    reminders: int = 0
    next_reminder_at: datetime | None = None
    fold_key: str = ""
    is_test: bool = False
    """Made up by an operator: no part of the past, of statistics or of what a HIDS is told."""

    @property
    def decisive(self) -> tuple[str, ...]:
        """What stands beside the title: the command, the API call, the role."""
        values = (self.fields.get(name) for name in self.headline)
        return tuple(dict.fromkeys(value for value in values if value))

    @property
    def risk(self) -> Risk:
        """The worst reputation that any service gives the address."""
        return worst(self.facts.reputations) if self.facts else Risk()

    @property
    def times(self) -> int:
        """How often it happened; what several sources say of one login happened once."""
        return self.occurrences if self.session_number is None else 1

    @property
    def is_subject_unsure(self) -> bool:
        """Whether the person whom it is about has said that they are not sure."""
        return any(doubt.is_subject for doubt in self.doubts)

    @property
    def ref(self) -> str:
        """The reference a person types: the id, and the revision where it is not the first."""
        return self.id if self.revision == 1 else f"{self.id}.{self.revision}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision; a denied event waits only to be closed."""
        return self.status in OPEN

    @property
    def is_grave(self) -> bool:
        """Whether its card looks different from all others."""
        return self.severity in GRAVE


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events to list; a condition that is None matches all."""

    open_only: bool = False
    undone_only: bool = False
    """Open, or denied and not yet closed."""
    subject_slack_id: str | None = None
    user_name: str | None = None
    host_name: str | None = None
    source_ip: str | None = None
    name: str | None = None
    """The name of a host or of a user."""
    since: datetime | None = None
    limit: int = 10
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An event as it was read, with the version that rises with every change of what cards show."""

    event: Event
    version: int
    was_asked: bool
    """Whether any message about it ever reached Slack."""
    first_notices: tuple[Notice, ...] = ()
    """Its first notices that are still in Slack."""


def worst_first(events: Iterable[Event]) -> list[Event]:
    """By severity, then by the risk of the address, then by age, the oldest first."""
    severities, risks = list(Severity), list(RiskLevel)
    return sorted(
        events,
        key=lambda event: (
            -severities.index(event.severity),
            -risks.index(event.risk.level),
            event.received_at,
            event.id,
        ),
    )
