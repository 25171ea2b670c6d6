"""The database, as the workflow sees it.

Every method may raise StoreUnavailable; nothing was changed then, and a later attempt may succeed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from powertrip.event import (
    Event,
    Notice,
    NoticeKind,
    Occurrence,
    Record,
    Subject,
)
from powertrip.facts import AddressFacts
from powertrip.ports.deliveries import Delivery, Posted, Shown
from powertrip.ports.due import DueGap, DueReminder, PollRound, PollState, Quarantined, ToEnrich
from powertrip.ports.events import DecisionPlan, DecisionTaken, EventQuery, LoggedDecision, Numbers, Snapshot
from powertrip.ports.judging import Applied, Claimed, DueSighting, Judgement, ToAsk
from powertrip.ports.outside import OriginVerdict


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

    async def origin_verdict(self, delivery: Delivery) -> OriginVerdict | None:
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


class DecisionLog(Protocol):
    """Decisions, for those who read along; may raise StoreUnavailable."""

    async def decisions_after(
        self, decision_id: int, since: datetime | None, limit: int
    ) -> list[LoggedDecision]:
        """Up to `limit` decisions after this one and not before `since`, the oldest first."""
