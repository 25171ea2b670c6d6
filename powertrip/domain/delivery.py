"""Deliveries, as the outbox hands them on, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from powertrip.domain.event import Notice, Severity, Snapshot
from powertrip.domain.quarantine import QuarantineReport
from powertrip.domain.storm_view import StormNotice, StormView


class DeliveryKind(StrEnum):
    """What a delivery is for; its value is kept in the database."""

    FIRST = "first"
    OUTCOME = "outcome"  # a denial, told to the security channel at once
    SECOND = "second"  # one person approved; the security channel is asked for a second one at once
    COPY = "copy"  # for a channel that is told of the event beside whoever is asked about it
    QUARANTINE = "quarantine"
    REMINDER = "reminder"
    NUDGE = "nudge"  # the person is asked again, once, in their direct messages
    UPDATE = "update"  # a message that no longer tells the truth
    REMOVE = "remove"  # a reminder that a newer one replaced
    NOTE = "note"  # something is wrong beyond any one event
    ORIGIN = "origin"  # a verdict, to the HIDS
    BACKUP = "backup"  # what Slack does not take, by another way
    STORM = "storm"  # the card of many events alike, or a word about it; with a ts, an update of one
    ANCHOR = "anchor"  # how far the history has come, to be kept outside
    CONTAIN = "contain"  # what reviewers want done about a denied event, or undone
    SETTLE = "settle"  # what a call whose answer was lost may have left behind


GATHERED = (DeliveryKind.FIRST, DeliveryKind.COPY)
"""What goes out as a list where too many wait for one channel."""
LISTED = 100
"""Events in one list at most: no message has room for many more lines."""
RANK = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 3}
"""Among deliveries that are as urgent the lowest goes first, and of these the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Trouble beyond any one event, for the security channel."""

    title: str
    lines: tuple[str, ...]
    quiet: bool = False
    """Whether it tells of no trouble, and must not look as if it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Text that is shown as it stands, and what is said before it."""

    lines: tuple[str, ...]
    text: str
    """A few lines; nothing in it is from outside but what is written visibly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Figures that ask nobody anything.

    A release that does not know it takes it for a Note, and shows its title and its lines.
    """

    title: str
    lines: tuple[str, ...]
    """Each a label, a colon, and what there is to say."""
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One button below a question."""

    label: str
    action: str
    value: str
    """What it is about; grants nothing."""
    really: str = ""
    """What is asked once more before it is sent; then it stands out. Nothing is asked where it is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something beyond any one event that reviewers are asked.

    A release that does not know it takes it for a Note, and shows its title and its lines.
    """

    title: str
    lines: tuple[str, ...]
    choices: tuple[Choice, ...]
    mark: str = "🔐"
    """What its headline begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderNumbers:
    """Which reminder of each event a message is."""

    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """What Slack had not taken when a backup channel was to be told."""

    deliveries: tuple[int, ...] = ()
    """Ids of deliveries; none in a digest, which names its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """A message about which a call was made whose answer was lost, and which Slack may still carry out."""

    uid: str = ""
    """What messages posted twice carry; empty where the call was an update."""
    since: datetime
    """When the first such call was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring:
    """The checkpoint that an anchor is to keep."""

    checkpoint: int
    """The id of its row."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The verdict that an origin is told."""

    telling: int
    """The id of its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containing:
    """What reviewers want done."""

    containment: int
    """The id of its row."""


Payload = (
    Question
    | Digest
    | Note
    | QuarantineReport
    | ReminderNumbers
    | Overdue
    | Settle
    | Telling
    | StormNotice
    | Anchoring
    | Containing
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox, claimed."""

    id: int
    uid: str
    """Goes into the message's metadata and blocks, so that one whose answer was lost can be found."""
    kind: DeliveryKind
    lane: str
    """Deliveries of one lane are sent one after the other, with a gap."""
    channel: str
    ts: str | None
    event_ids: tuple[str, ...]
    payload: Payload | None
    """What its kind needs to know besides events; None for most kinds."""
    snapshots: tuple[Snapshot, ...] = ()
    """What it is about, read in the transaction that claimed it."""
    notices: tuple[Notice, ...] = ()
    """What the message to be updated carries."""
    storm: StormView | None = None
    """What the message of a storm shows, read in the same transaction."""
    attempts: int
    """Attempts before this one."""
    attempted_at: datetime | None
    """The first attempt whose effect is unknown; None where no message can exist."""
    created_at: datetime
    leased_until: datetime
    """Until then nobody else makes an attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where Slack put a message."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a message showed of an event when it was rendered."""

    event_id: str
    revision: int
    version: int
    reminder: int = 0
    digest: str | None = None
    """Of the whole message; None where nobody knows what it shows."""
