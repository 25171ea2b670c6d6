"""A storm as its card shows it, and the one decision that covers its usual events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.people import Actor
from powertrip.domain.policy import only_members
from powertrip.domain.storms import BulkSettings, Storm
from powertrip.errors import NotAllowed

TOP = 5
"""Hosts, or names, of which a card counts the records."""
OUTLIERS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """The values of a field with the most records each, and how many different ones there are."""

    most: tuple[tuple[str, int], ...] = ()
    different: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """An event that does not fit and has a card of its own."""

    event: Event
    why: str
    asked_in: tuple[str, str] | None
    """Channel and ts of its card; None while that is still to be posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One decision that covered many events."""

    verdict: Verdict
    actor_id: str
    at: datetime
    reason: str
    count: int
    agent_name: str | None = None
    """The agent or script that it was for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StormView:
    """All that the card of a storm shows, read at one moment."""

    storm: Storm
    events: int
    """The usual ones; outliers are not among them."""
    records: int
    """The records in these events."""
    statuses: Mapping[Status, int]
    hosts: Top
    users: Top
    outliers: tuple[Outlier, ...]
    """Those that still wait, in the order they came, up to OUTLIERS_SHOWN."""
    outlier_count: int
    """All of them, the decided too."""
    unasked: int
    """Outliers whose own card has not been posted yet."""
    watermark: int
    """What a decision in bulk covers at most: later numbers have come, or were looked up, afterwards."""
    open_covered: int
    """Open events up to the watermark."""
    denied_covered: int
    """Denied ones up to the watermark, which wait to be closed."""
    batches: tuple[Batch, ...]
    newest: Event | None
    card: tuple[str, str] | None
    """Channel and ts of the living card."""

    @property
    def open(self) -> int:
        return self.statuses.get(Status.PENDING, 0) + self.statuses.get(Status.HALF_APPROVED, 0)

    @property
    def denied(self) -> int:
        return self.statuses.get(Status.DENIED, 0)

    @property
    def is_offered(self) -> bool:
        """Whether its usual events may be decided together: never before all others were shown."""
        return self.unasked == 0 and bool(self.open_covered or (not self.open and self.denied_covered))


@dataclass(frozen=True, slots=True, kw_only=True)
class StormNotice:
    """Which message of a storm a delivery is: its living card, a reminder, or the call after a denial."""

    storm: str
    kind: NoticeKind = NoticeKind.FIRST
    reminder: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What one decision would cover: the storm's usual events up to a number."""

    watermark: int
    count: int
    records: int
    """The records in these events."""
    first_at: datetime | None
    """The earliest time that a record tells of itself, and the latest."""
    last_at: datetime | None
    later: int
    """Open usual events that it leaves out: they came, or changed, after the card was drawn."""
    beyond: int
    """Open usual events that the maximum leaves out."""
    hosts: Top
    users: Top


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """An event that a decision covers, as it was read."""

    event: Event
    version: int
    seq: int
    """Its number in the storm."""


def authorise_bulk(
    actor: Actor, verdict: Verdict, *, subject_slack_id: str | None, count: int, bulk: BulkSettings
) -> None:
    """Raise NotAllowed, with the sentence for the person, unless they may decide `count` events together."""
    only_members(actor)
    if not actor.is_reviewer:
        raise NotAllowed("Only reviewers can decide many events together. Nothing was changed.")
    if subject_slack_id == actor.slack_id and verdict is Verdict.APPROVE and count > bulk.own:
        raise NotAllowed(
            f"These are events of your own: of those you can approve {bulk.own:,} together at most, and "
            f"this would be {count:,}. Another reviewer has to, or approve each by itself."
        )
