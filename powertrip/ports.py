"""What the workflow asks of its adapters, and the plain values they hand each other.

Every method of a store may raise StoreUnavailable; nothing was changed then, and a later attempt may
succeed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from powertrip.event import (
    Actor,
    Decision,
    Event,
    Notice,
    NoticeKind,
    Occurrence,
    Person,
    Record,
    Status,
    Subject,
    Verdict,
)
from powertrip.facts import AddressFacts


class DeliveryKind(StrEnum):
    """What is still to be told."""

    FIRST = "first"
    OUTCOME = "outcome"  # a denial, told to the security channel at once
    QUARANTINE = "quarantine"
    REMINDER = "reminder"
    UPDATE = "update"  # a message that no longer tells the truth
    REMOVE = "remove"  # a reminder that a newer one replaced
    NOTE = "note"  # something is wrong beyond any one event
    ORIGIN = "origin"  # a verdict, to the HIDS
    BACKUP = "backup"  # what Slack could not be told, by another way


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox, claimed."""

    id: int
    uid: str
    """Goes into the message's metadata, so that a message whose answer was lost can be found."""
    kind: DeliveryKind
    lane: str
    """Deliveries of one lane are sent one after the other, with a gap."""
    channel: str
    ts: str | None
    event_ids: tuple[str, ...]
    payload: dict[str, Any]
    attempts: int
    """Attempts before this one."""
    attempted_at: datetime | None
    """The first attempt whose effect is unknown; None where no message can exist."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One record of the inbox, claimed for judging."""

    inbox_id: int
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One origin: what it sees, and what it has to do with what the log pipeline sees."""

    origin: str
    sources: frozenset[str] = frozenset()
    """The sources of its own records; empty for an origin that is only told."""
    within: timedelta
    """How far apart the two records of one thing may be."""
    grace: timedelta
    """How long the other side is waited for."""
    expects: frozenset[str] = frozenset()
    """Rules whose events it should have seen too."""
    tells: bool
    """Whether there is a way to tell it."""

    @property
    def is_told_of_all(self) -> bool:
        """Whether it is told of every decision, for lack of records of its own."""
        return self.tells and not self.sources


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAsk:
    """The record makes an event, or joins the open one with the same fold key."""

    event: Event
    conversation: str
    """Where the first notice goes, if a new event is made."""
    hold: timedelta = timedelta()
    """How long the first notice may wait for facts."""
    watches: tuple[Watch, ...] = ()
    """The origins that may have seen, or come to see, the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSight:
    """The record is an origin's own of something that the log pipeline should tell of as well."""

    event: Event
    """What it says happened; an event of its own only if nothing else tells of it."""
    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSighting:
    """An origin's record that nothing else told of in time."""

    id: int
    event: Event
    """As the record says, without an id, a subject or a reminder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCount:
    """The record leaves no event: ignored by a rule, or matched by none."""

    verdict: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToQuarantine:
    """The record should have been judged and could not be."""

    rule: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of one record."""

    claimed: Claimed
    outcome: ToAsk | ToSight | ToCount | ToQuarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a batch of judgements changed."""

    opened: tuple[str, ...] = ()
    """Ids of new events."""
    folded: tuple[str, ...] = ()
    """Ids of events that an occurrence joined."""
    quarantined: int = 0
    sighted: int = 0
    """Records of origins kept for comparison."""
    paired: tuple[str, ...] = ()
    """Names of the origins whose record and the log pipeline's were found to be of one thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToEnrich:
    """An event whose address is to be looked up, claimed."""

    event_id: str
    source_ip: str | None
    received_at: datetime
    tries: int
    """Lookups before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReminder:
    """An event whose reminder is due."""

    event_id: str
    due_at: datetime
    sent: int
    """Reminders before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a message showed of an event when it was rendered."""

    event_id: str
    revision: int
    version: int
    reminder: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """What the quarantine holds that nobody was told of yet."""

    count: int
    sources: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    since: datetime | None = None
    newest_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """Where a claimed poll goes on."""

    cursor: dict[str, Any] | None
    since: datetime
    """Where it begins as long as there is no cursor."""
    failures: int
    """In a row, before this attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRound:
    """What one round of a poll fetched."""

    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    more: bool = False
    """Whether it ended before there was no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueGap:
    """A gap that is to be filled, claimed."""

    id: int
    source: str
    cursor: dict[str, Any]
    until_id: str
    query: str | None
    failures: int
    """In a row, before this attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events to list; newest first. Conditions that are None do not narrow."""

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
class DecisionPlan:
    """A decision and all that follows from it, to be carried out in one transaction or not at all."""

    before: Event
    """The event as it was when the decision was checked; if its status moved since, nothing happens."""
    after: Event
    decision: Decision
    remind_at: datetime | None
    """When the event is reminded of next; None once it is final."""
    outcome_channel: str | None
    """Where a denial is told at once."""
    rest_id: str
    """The id of the event that takes over occurrences the decision does not cover."""
    rest_conversation: str
    rest_remind_at: datetime
    tell: tuple[str, ...] = ()
    """The origins that are told of every decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTaken:
    """Whether the decision was taken, and the event made of what it did not cover."""

    taken: bool
    rest: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An event as it was read, and the version that changes with everything a card shows."""

    event: Event
    version: int
    was_asked: bool
    """Whether any message about it ever reached Slack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where Slack put a message."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """Events of one rule and status."""

    rule: str
    status: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What `stats` shows, all of it since one moment."""

    since: datetime
    events: tuple[RuleCount, ...]
    tallies: dict[tuple[str, str], int]
    """Records that left no event, by verdict and name."""
    quarantined: int
    decision_seconds: tuple[float, ...]
    """From arrival to the decision, one an event decided."""
    deciders: dict[str, int]
    """Decisions by Slack member id."""
    opened_per_day: dict[str, int]
    """Events by UTC day, `2026-01-31`."""
    seconds_per_day: dict[str, tuple[float, ...]]
    """Times to decision by the UTC day the event arrived."""


class Store(Protocol):
    """The database, as the workflow sees it."""

    async def claim_records(self, limit: int, now: datetime, lease: timedelta) -> list[Claimed]:
        """Take waiting records for judging; nobody else gets them until the lease ends."""

    async def release_records(self, inbox_ids: Sequence[int]) -> None:
        """Give back records that were not judged."""

    async def apply(self, judgements: Sequence[Judgement], now: datetime) -> Applied:
        """Carry out judgements, each record once."""

    async def event(self, event_id: str) -> Event:
        """One event; raises UnknownEvent."""

    async def snapshots(self, event_ids: Sequence[str]) -> list[Snapshot]:
        """Those of the events that exist, in this order."""

    async def occurrences(self, event_id: str) -> list[Occurrence]:
        """The records of an event, in the order they joined."""

    async def notices(self, event_id: str) -> list[Notice]:
        """The messages about an event that are still there, oldest first."""

    async def notices_in(self, channel: str, ts: str) -> list[Notice]:
        """The notices that one message carries."""

    async def find_events(self, query: EventQuery) -> tuple[list[Event], int]:
        """One page, newest first, and how many fit in all."""

    async def decide(self, plan: DecisionPlan) -> DecisionTaken:
        """Take a decision if nobody was faster."""

    async def refused(self, event_id: str, actor_id: str, verdict: str, why: str, now: datetime) -> None:
        """Write down that somebody tried and may not."""

    async def set_subject(self, event_id: str, subject: Subject, now: datetime) -> None:
        """Remember that the subject turned out to be somebody, or something, else."""

    async def due_reminders(self, now: datetime, limit: int) -> list[DueReminder]:
        """Events whose reminder is due."""

    async def reserve_reminders(
        self, next_due: Sequence[tuple[DueReminder, datetime]], channel: str, together: int, now: datetime
    ) -> int:
        """Move due times ahead and write the reminders down; returns how many are ours."""

    async def claim_delivery(self, now: datetime, lease: timedelta, busy: Collection[str]) -> Delivery | None:
        """Take the most urgent delivery that is due outside the busy lanes."""

    async def posted(
        self, delivery: Delivery, kind: NoticeKind, where: Posted, shown: Sequence[Shown], now: datetime
    ) -> None:
        """Write down a message that Slack took."""

    async def updated(self, delivery: Delivery, shown: Sequence[Shown], now: datetime) -> None:
        """Write down that a message tells the truth again."""

    async def message_gone(self, delivery: Delivery, now: datetime) -> None:
        """Write down that a message is no longer in Slack, and the delivery about it done."""

    async def finish_delivery(
        self, delivery: Delivery, now: datetime, state: str, error: str | None = None
    ) -> None:
        """Write down the outcome: `done`, `skipped` or `failed`."""

    async def postpone_delivery(
        self, delivery: Delivery, until: datetime, error: str, *, may_have_arrived: bool
    ) -> None:
        """Try again at `until`."""

    async def redirect_delivery(self, delivery: Delivery, channel: str, now: datetime) -> None:
        """Send it to another channel instead, from the start."""

    async def report_quarantine(self, channel: str, window: timedelta, now: datetime) -> Quarantined | None:
        """Have what is untold told, at most once a window; None where there is nothing to tell."""

    async def claim_lookups(self, limit: int, now: datetime, lease: timedelta) -> list[ToEnrich]:
        """Take events whose facts are to be looked up; nobody else gets them until the lease ends."""

    async def keep_facts(
        self, found: Mapping[str, AddressFacts | None], due: Mapping[str, datetime | None], now: datetime
    ) -> None:
        """Write down what was found, by event, and when to look again; the first cards go now."""

    async def due_sightings(self, now: datetime, limit: int) -> list[DueSighting]:
        """What origins alone have seen, their grace being over."""

    async def open_sightings(self, asked: Sequence[tuple[int, ToAsk]], now: datetime) -> Applied:
        """Make events of sightings, by their ids, unless something else told of them meanwhile."""

    async def miss_expected(self, now: datetime, limit: int) -> int:
        """Mark events that an origin should have seen by now and did not; returns how many."""

    async def report_missed(self, channel: str, window: timedelta, now: datetime) -> int:
        """Have the security channel told of those marks, at most once a window; returns how many."""

    async def origin_verdict(self, delivery: Delivery) -> "OriginVerdict | None":
        """What an origin is to be told; None while an earlier verdict on the same waits."""

    async def origin_told(self, delivery: Delivery, now: datetime) -> None:
        """Write down that an origin took a verdict, and the delivery done."""

    async def origin_refused(
        self, delivery: Delivery, why: str, until: datetime, channel: str, now: datetime
    ) -> None:
        """Write down that an origin refuses, to be tried again at `until`; `channel` is told once."""

    async def claim_poll(
        self, name: str, owner: str, since: datetime, now: datetime, lease: timedelta
    ) -> PollState | None:
        """Take a poll that is due and nobody else's; `since` is where a new one begins."""

    async def keep_page(
        self,
        name: str,
        owner: str,
        records: Sequence[Record],
        cursor: dict[str, Any],
        backlog_limit: int,
        now: datetime,
        lease: timedelta,
    ) -> int:
        """Keep a page with the cursor past it; returns how many records were new. May raise Overloaded."""

    async def poll_succeeded(
        self, name: str, owner: str, done: PollRound, next_at: datetime, channel: str, now: datetime
    ) -> None:
        """Write down a round, and have the channel told what it ends or begins."""

    async def poll_failed(
        self,
        name: str,
        owner: str,
        error: str,
        next_at: datetime,
        tell_after: timedelta,
        channel: str,
        now: datetime,
    ) -> None:
        """Write down a failure, and have the channel told once it has lasted for `tell_after`."""

    async def put_off_poll(self, name: str, owner: str, next_at: datetime) -> None:
        """Let a poll rest that is not at fault itself."""

    async def claim_gap(self, sources: Collection[str], now: datetime, lease: timedelta) -> DueGap | None:
        """Take a gap of these sources that is due; nobody else gets it until the lease ends."""

    async def keep_gap_page(
        self,
        gap: DueGap,
        records: Sequence[Record],
        cursor: dict[str, Any],
        more: bool,
        backlog_limit: int,
        channel: str,
        now: datetime,
    ) -> int:
        """Keep a page with the cursor past it; returns how many records were new. May raise Overloaded."""

    async def gap_failed(
        self, gap: DueGap, error: str, due_at: datetime, tell: bool, channel: str, now: datetime
    ) -> None:
        """Write down a failure; if there is reason to `tell`, have the channel told once a source."""

    async def put_off_gap(self, gap: DueGap, due_at: datetime) -> None:
        """Let a gap wait that is not at fault itself."""

    async def report_silence(
        self, expected: Mapping[str, timedelta], channel: str, started_at: datetime, now: datetime
    ) -> int:
        """Have the channel told of sources that fell silent or speak again; returns how many."""

    async def back_up_overdue(self, before: datetime, channels: Sequence[str], now: datetime) -> int:
        """Have backup channels told of what waits for Slack since `before`; returns how many deliveries."""

    async def still_undelivered(self, delivery_ids: Sequence[int]) -> list[str]:
        """The events of those deliveries that Slack has still not taken."""

    async def backup_told(self, delivery: Delivery, event_ids: Sequence[str], now: datetime) -> None:
        """Write down that a backup channel was told of events, and the delivery done."""

    async def digest_backups(self, now: datetime) -> int:
        """Have the backup channels told that it is over, once it is; returns how many."""

    async def expedite(self, now: datetime) -> None:
        """Try at once what was put off because Slack failed."""

    async def prune(self, records_before: datetime, rows: int, size: int, now: datetime) -> dict[str, int]:
        """Let go of what is beyond its keeping; returns how much of what."""

    async def numbers(self, since: datetime) -> Numbers:
        """What `stats` shows."""


class Notifier(Protocol):
    """Slack's messages. Raises SlackUnavailable, SlackAmbiguous or SlackRefused."""

    async def post(self, conversation: str, message: dict[str, Any], uid: str) -> Posted:
        """Post a message to a channel or, for a member id, to their direct messages."""

    async def find(self, conversation: str, uid: str, since: datetime) -> Posted | None:
        """The message with this uid in its metadata, if it was posted since."""

    async def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        """Replace a message of ours."""

    async def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours."""

    def link(self, channel: str, ts: str) -> str | None:
        """The address of a message for those who can see it."""


class EnrichmentCache(Protocol):
    """What services said of addresses, kept in the database; every method may raise StoreUnavailable."""

    async def answers(self, keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
        """Those of the answers that are kept and still good, as JSON values, with when each expires."""

    async def keep_answers(self, answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
        """Keep answers, each in place of an earlier one, until they expire."""

    async def spend_calls(self, service: str, period: str, calls: int, limit: int) -> bool:
        """Count calls of a service in a period such as `2026-11`; False, uncounted, beyond the limit."""


class Enrichment(Protocol):
    """What the configured services know of addresses."""

    async def facts(self, addresses: Collection[str], within: timedelta) -> dict[str, AddressFacts]:
        """What can be said of each address within this time; the rest is named in `awaited`.

        Never raises: that a service does not answer is an answer too. What comes later is kept, so that
        the next call has it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginVerdict:
    """A decision as the origin, the system that saw the same thing, is told of it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """A decision with what it was about, as the read API tells it."""

    id: int
    """Ascending in the order of the decisions."""
    verdict: Verdict
    actor_id: str
    actor_name: str
    at: datetime
    reason: str | None
    revision: int
    event_id: str
    status: Status
    """The event's, now."""
    rule: str
    event_action: str
    severity: str
    user_name: str | None
    host_name: str | None
    source_ip: str | None
    occurred_at: datetime
    received_at: datetime


class DecisionLog(Protocol):
    """Decisions, for those who read along; may raise StoreUnavailable."""

    async def decisions_after(
        self, decision_id: int, since: datetime | None, limit: int
    ) -> list[LoggedDecision]:
        """Up to `limit` decisions after this one and not before `since`, the oldest first."""


class Origin(Protocol):
    """One way to tell a host intrusion detection system what was decided."""

    async def tell(self, verdict: OriginVerdict) -> None:
        """Tell one verdict; telling it again does no harm. Raises OriginUnavailable or OriginRefused."""


class BackupChannels(Protocol):
    """Ways to tell people without Slack."""

    @property
    def names(self) -> tuple[str, ...]:
        """The channels, by the names that people know them by."""

    async def send(self, name: str, title: str, body: str) -> None:
        """Send plain text; raises BackupUnavailable."""


class Directory(Protocol):
    """What Slack says of people."""

    async def subject(self, person: Person | None) -> Subject:
        """Whom an event is about. Never raises: why that cannot be said is an answer too."""

    async def actor(self, slack_id: str, team_id: str | None) -> Actor:
        """Who clicked, looked up at this moment. Never raises either."""

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:
        """The names of those among `people` who are this member; raises SlackError."""


class Metrics(Protocol):
    """What the workflow counts."""

    def record_judged(self, rule: str, verdict: str) -> None:
        """One record was judged; `rule` is empty where none recognised it."""

    def decision_taken(self, verdict: str, waited: timedelta) -> None:
        """One event was decided, this long after it arrived."""

    def first_notice_posted(self, waited: timedelta) -> None:
        """An event was asked about for the first time, this long after it arrived."""

    def page_polled(self, poll: str, new: int) -> None:
        """A page of a poll was kept, with this many new records."""

    def poll_succeeded(self, poll: str, at: datetime, behind_at: datetime | None) -> None:
        """A round went through; `behind_at` is how far it is, where it is behind."""

    def poll_failed(self, poll: str) -> None:
        """A round failed."""

    def gap_fetched(self, source: str, new: int) -> None:
        """A page of what a sender left out was kept, with this many new records."""

    def gap_failed(self, source: str) -> None:
        """A page of what a sender left out could not be fetched."""

    def delivery_attempted(self, kind: str, outcome: str) -> None:
        """The outside was told something, or was not."""

    def origin_told(self, origin: str, outcome: str) -> None:
        """An origin was told a verdict, or was not."""

    def sighting_compared(self, origin: str, outcome: str) -> None:
        """A record of an origin was found to have a counterpart (`matched`), or to have none (`alone`)."""
