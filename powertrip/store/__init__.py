"""The only room that knows there is a database: plain functions, one transaction each, behind `SqlStore`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from powertrip.event import Event, Notice, NoticeKind, Occurrence, Record, Subject
from powertrip.facts import AddressFacts
from powertrip.ports import (
    Applied,
    Claimed,
    DecisionPlan,
    DecisionTaken,
    Delivery,
    DueGap,
    DueReminder,
    DueSighting,
    EventQuery,
    Judgement,
    LoggedDecision,
    Numbers,
    OriginVerdict,
    PollRound,
    PollState,
    Posted,
    Quarantined,
    Shown,
    Snapshot,
    ToAsk,
    ToEnrich,
)
from powertrip.store import (
    audit,
    backups,
    decisions,
    deliveries,
    enriching,
    enrichment_cache,
    events,
    expectations,
    gaps,
    inbox,
    judging,
    notices,
    people_cache,
    polling,
    quarantine,
    sightings,
    silence,
    statistics,
    tellings,
)
from powertrip.store.database import DatabaseThread
from powertrip.store.leases import SignOfLife

PEOPLE_CACHE_KEPT = timedelta(days=7)
"""Answers older than any configured time to believe them are dropped after this."""


class SqlStore:
    """The workflow's store: every method is one transaction on the database thread."""

    def __init__(self, thread: DatabaseThread) -> None:
        self._run = thread.run
        self._sign_of_life = SignOfLife(thread.database)

    async def begin_work(self, now: datetime) -> None:
        """Say that this process judges and sends, before it claims anything."""
        await self._run(self._sign_of_life.give, now)

    def end_work(self) -> None:
        """Say that it claims nothing any more."""
        self._sign_of_life.end()

    async def claim_records(self, limit: int, now: datetime, lease: timedelta) -> list[Claimed]:
        """Take waiting records for judging; nobody else gets them until the lease ends."""
        return await self._run(inbox.claim, limit, now, lease)

    async def release_records(self, inbox_ids: Sequence[int]) -> None:
        """Give back records that were not judged."""
        await self._run(inbox.release, inbox_ids)

    async def apply(self, judgements: Sequence[Judgement], now: datetime) -> Applied:
        """Carry out judgements, each record once."""
        return await self._run(judging.apply, judgements, now)

    async def event(self, event_id: str) -> Event:
        """One event; raises UnknownEvent."""
        return await self._run(events.get, event_id)

    async def snapshots(self, event_ids: Sequence[str]) -> list[Snapshot]:
        """Those of the events that exist, in this order."""
        return await self._run(events.snapshots, event_ids)

    async def occurrences(self, event_id: str) -> list[Occurrence]:
        """The records of an event, in the order they joined."""
        return await self._run(events.occurrences, event_id)

    async def notices(self, event_id: str) -> list[Notice]:
        """The messages about an event that are still there, oldest first."""
        return await self._run(notices.of_event, event_id)

    async def notices_in(self, channel: str, ts: str) -> list[Notice]:
        """The notices that one message carries."""
        return await self._run(notices.rows_in_message, channel, ts)

    async def find_events(self, query: EventQuery) -> tuple[list[Event], int]:
        """One page, newest first, and how many fit in all."""
        return await self._run(events.find, query)

    async def decide(self, plan: DecisionPlan) -> DecisionTaken:
        """Take a decision if nobody was faster."""
        return await self._run(events.decide, plan)

    async def refused(self, event_id: str, actor_id: str, verdict: str, why: str, now: datetime) -> None:
        """Write down that somebody tried and may not."""
        await self._run(events.refused, event_id, actor_id, verdict, why, now)

    async def set_subject(self, event_id: str, subject: Subject, now: datetime) -> None:
        """Remember that the subject turned out to be somebody, or something, else."""
        await self._run(events.set_subject, event_id, subject, now)

    async def due_reminders(self, now: datetime, limit: int) -> list[DueReminder]:
        """Events whose reminder is due."""
        return await self._run(events.due_reminders, now, limit)

    async def reserve_reminders(
        self, next_due: Sequence[tuple[DueReminder, datetime]], channel: str, together: int, now: datetime
    ) -> int:
        """Move due times ahead and write the reminders down; returns how many are ours."""
        return await self._run(events.reserve_reminders, next_due, channel, together, now)

    async def claim_delivery(self, now: datetime, lease: timedelta, busy: Collection[str]) -> Delivery | None:
        """Take the most urgent delivery that is due outside the busy lanes."""
        return await self._run(deliveries.claim, now, lease, busy)

    async def posted(
        self, delivery: Delivery, kind: NoticeKind, where: Posted, shown: Sequence[Shown], now: datetime
    ) -> None:
        """Write down a message that Slack took."""
        await self._run(notices.posted, delivery, kind, where.channel, where.ts, shown, now)

    async def updated(self, delivery: Delivery, shown: Sequence[Shown], now: datetime) -> None:
        """Write down that a message tells the truth again."""
        await self._run(notices.updated, delivery, delivery.channel, delivery.ts or "", shown, now)

    async def message_gone(self, delivery: Delivery, now: datetime) -> None:
        """Write down that a message is no longer in Slack, and the delivery about it done."""
        await self._run(notices.gone, delivery, now)

    async def finish_delivery(
        self, delivery: Delivery, now: datetime, state: str, error: str | None = None
    ) -> None:
        """Write down the outcome: `done`, `skipped` or `failed`."""
        await self._run(deliveries.finish, delivery, now, state=state, error=error)

    async def postpone_delivery(
        self, delivery: Delivery, until: datetime, error: str, *, may_have_arrived: bool
    ) -> None:
        """Try again at `until`."""
        await self._run(deliveries.postpone, delivery, until, error, may_have_arrived=may_have_arrived)

    async def redirect_delivery(self, delivery: Delivery, channel: str, now: datetime) -> None:
        """Send it to another channel instead, from the start."""
        await self._run(deliveries.redirect, delivery, channel, now)

    async def decisions_after(
        self, decision_id: int, since: datetime | None, limit: int
    ) -> list[LoggedDecision]:
        """Up to `limit` decisions after this one and not before `since`, the oldest first."""
        return await self._run(decisions.after, decision_id, since, limit)

    async def report_quarantine(self, channel: str, window: timedelta, now: datetime) -> Quarantined | None:
        """Have what is untold told, at most once a window; None where there is nothing to tell."""
        return await self._run(quarantine.report, channel, window, now)

    async def claim_lookups(self, limit: int, now: datetime, lease: timedelta) -> list[ToEnrich]:
        """Take events whose facts are to be looked up; nobody else gets them until the lease ends."""
        return await self._run(enriching.claim, limit, now, lease)

    async def keep_facts(
        self, found: Mapping[str, AddressFacts | None], due: Mapping[str, datetime | None], now: datetime
    ) -> None:
        """Write down what was found, by event, and when to look again; the first cards go now."""
        await self._run(enriching.keep, found, due, now)

    async def due_sightings(self, now: datetime, limit: int) -> list[DueSighting]:
        """What origins alone have seen, their grace being over."""
        return await self._run(sightings.due, now, limit)

    async def open_sightings(self, asked: Sequence[tuple[int, ToAsk]], now: datetime) -> Applied:
        """Make events of sightings, by their ids, unless something else told of them meanwhile."""
        return await self._run(sightings.open_due, asked, now)

    async def miss_expected(self, now: datetime, limit: int) -> int:
        """Mark events that an origin should have seen by now and did not; returns how many."""
        return await self._run(expectations.miss, now, limit)

    async def report_missed(self, channel: str, window: timedelta, now: datetime) -> int:
        """Have the security channel told of those marks, at most once a window; returns how many."""
        return await self._run(expectations.report, channel, window, now)

    async def origin_verdict(self, delivery: Delivery) -> OriginVerdict | None:
        """What an origin is to be told; None while an earlier verdict on the same waits."""
        return await self._run(tellings.verdict, delivery)

    async def origin_told(self, delivery: Delivery, now: datetime) -> None:
        """Write down that an origin took a verdict, and the delivery done."""
        await self._run(tellings.told, delivery, now)

    async def origin_refused(
        self, delivery: Delivery, why: str, until: datetime, channel: str, now: datetime
    ) -> None:
        """Write down that an origin refuses, to be tried again at `until`; `channel` is told once."""
        await self._run(tellings.refused, delivery, why, until, channel, now)

    async def claim_poll(
        self, name: str, owner: str, since: datetime, now: datetime, lease: timedelta
    ) -> PollState | None:
        """Take a poll that is due and nobody else's; `since` is where a new one begins."""
        return await self._run(polling.claim, name, owner, since, now, lease)

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
        return await self._run(polling.keep, name, owner, records, cursor, backlog_limit, now, lease)

    async def poll_succeeded(
        self, name: str, owner: str, done: PollRound, next_at: datetime, channel: str, now: datetime
    ) -> None:
        """Write down a round, and have the channel told what it ends or begins."""
        await self._run(polling.succeeded, name, owner, done, next_at, channel, now)

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
        await self._run(polling.failed, name, owner, error, next_at, tell_after, channel, now)

    async def put_off_poll(self, name: str, owner: str, next_at: datetime) -> None:
        """Let a poll rest that is not at fault itself."""
        await self._run(polling.put_off, name, owner, next_at)

    async def claim_gap(self, sources: Collection[str], now: datetime, lease: timedelta) -> DueGap | None:
        """Take a gap of these sources that is due."""
        return await self._run(gaps.claim, sources, now, lease)

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
        """Keep a page with the cursor past it; raises Overloaded."""
        return await self._run(gaps.keep, gap, records, cursor, more, backlog_limit, channel, now)

    async def gap_failed(
        self, gap: DueGap, error: str, due_at: datetime, tell: bool, channel: str, now: datetime
    ) -> None:
        """Write down a failure, and have the channel told once a source."""
        await self._run(gaps.failed, gap, error, due_at, tell, channel, now)

    async def put_off_gap(self, gap: DueGap, due_at: datetime) -> None:
        """Let a gap wait that is not at fault itself."""
        await self._run(gaps.put_off, gap, due_at)

    async def gaps_waiting(self) -> int:
        """How many gaps are not filled."""
        return await self._run(gaps.waiting_count)

    async def report_silence(
        self, expected: Mapping[str, timedelta], channel: str, started_at: datetime, now: datetime
    ) -> int:
        """Have the channel told of sources that fell silent or speak again; returns how many."""
        return await self._run(silence.report, expected, channel, started_at, now)

    async def back_up_overdue(self, before: datetime, channels: Sequence[str], now: datetime) -> int:
        """Have backup channels told of what waits for Slack since `before`; returns how many deliveries."""
        return await self._run(backups.enqueue_overdue, before, channels, now)

    async def still_undelivered(self, delivery_ids: Sequence[int]) -> list[str]:
        """The events of those deliveries that Slack has still not taken."""
        return await self._run(backups.still_undelivered, delivery_ids)

    async def backup_told(self, delivery: Delivery, event_ids: Sequence[str], now: datetime) -> None:
        """Write down that a backup channel was told of events, and the delivery done."""
        await self._run(backups.told, delivery, event_ids, now)

    async def digest_backups(self, now: datetime) -> int:
        """Have the backup channels told that it is over, once it is; returns how many."""
        return await self._run(backups.enqueue_digests, now)

    async def expedite(self, now: datetime) -> None:
        """Try at once what was put off because Slack failed."""
        await self._run(deliveries.expedite, now)

    async def prune(self, records_before: datetime, rows: int, size: int, now: datetime) -> dict[str, int]:
        """Let go of what is beyond its keeping; returns how much of what."""
        return {
            "records": await self._run(inbox.prune, records_before),
            "deliveries": await self._run(deliveries.prune, records_before),
            "gaps": await self._run(gaps.prune, records_before),
            "quarantine": await self._run(quarantine.prune, rows, size, now),
            "people_cache": await self._run(people_cache.prune, now - PEOPLE_CACHE_KEPT),
            "enrichment_cache": await self._run(enrichment_cache.prune, now),
        }

    async def numbers(self, since: datetime) -> Numbers:
        """What `stats` shows."""
        return await self._run(statistics.numbers, since)

    async def remembered(self, key: str, not_before: datetime) -> object | None:
        """What Slack said of somebody, if that is no older than `not_before`."""
        return await self._run(people_cache.get, key, not_before)

    async def remember(self, key: str, value: object, now: datetime) -> None:
        """Keep what Slack said of somebody."""
        await self._run(people_cache.put, key, value, now)

    async def answers(self, keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
        """What services said, if that is still good, and until when."""
        return await self._run(enrichment_cache.get, keys, now)

    async def keep_answers(self, answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
        """Keep what services said."""
        await self._run(enrichment_cache.put, answers, now, until)

    async def spend_calls(self, service: str, period: str, calls: int, limit: int) -> bool:
        """Count calls of a service, unless they are beyond the limit."""
        return await self._run(enrichment_cache.spend, service, period, calls, limit)

    async def backlog(self, limit: int) -> int:
        """How many records wait to be judged, counted no further than `limit`."""
        return await self._run(inbox.backlog, limit)

    async def newest_audit_hash(self) -> str:
        """The hash that stands for the whole history so far."""
        return await self._run(audit.newest_hash)

    async def counts(self) -> tuple[int, int]:
        """Open events and waiting deliveries."""
        return await self._run(lambda: (events.open_count(), deliveries.waiting_count()))
