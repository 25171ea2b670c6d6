"""What the database keeps of the heartbeat: one row a source, one card, and each nonce once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.heartbeat import Beat, Card, Outage
from powertrip.domain.heartbeat_section import REMEMBERED
from powertrip.domain.judgement import ToAsk, ToBeat
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.domain.sources import RecordVerdict
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.store.heartbeat import LEASE
from tests.conftest import Clock
from tests.samples import SECURITY, event, record

ONE, OTHER = "one worker", "another worker"


@pytest.fixture
async def inbox(database_thread: DatabaseThread) -> GroupCommitInbox:
    return GroupCommitInbox(
        database_thread, backlog=lambda: Backlog(99), retry_after=lambda: 30, on_new=lambda: None
    )


async def beat(
    store: Store, inbox: GroupCommitInbox, clock: Clock, nonce: str, *, sent_at: datetime | None = None
) -> bool:
    """Take a heartbeat; returns whether it was asked about."""
    await inbox.put([record(received_at=clock())])
    (claimed,) = await store.inbox.claim(1, clock, timedelta(seconds=30))
    ask = ToAsk(record=claimed, event=event(fold_key=claimed.record_id), conversation=SECURITY)
    genuine = Beat(source="syslog", sent_at=sent_at or clock(), nonce=nonce)
    heard = ToBeat(record=claimed, beat=genuine, rule="ssh_login", otherwise=ask)
    applied = await store.judging.apply([heard], clock())
    assert applied.beats == 1
    return bool(applied.opened)


async def test_the_newest_heartbeat_of_a_source_is_known(
    store: Store, inbox: GroupCommitInbox, clock: Clock
) -> None:
    began_at = clock()
    await store.heartbeat.watch(["syslog", "pam"], ONE, began_at)
    sent_at = clock.forward(hours=1)
    assert not await beat(store, inbox, clock, "a")
    # One that was held up on its way says nothing new.
    assert not await beat(store, inbox, clock, "b", sent_at=began_at)

    watched = await store.heartbeat.watch(["syslog", "pam"], ONE, clock())

    assert watched is not None
    pam, syslog = watched.heard
    assert (pam.source, pam.sent_at, pam.since) == ("pam", None, began_at)
    assert (syslog.sent_at, syslog.rule, syslog.claims) == (sent_at, "ssh_login", 0)
    assert watched.waiting_since is None


async def test_a_nonce_is_good_once_and_then_asked_about(
    store: Store, inbox: GroupCommitInbox, clock: Clock
) -> None:
    await store.heartbeat.watch(["syslog"], ONE, clock())
    assert not await beat(store, inbox, clock, "a")
    assert await beat(store, inbox, clock, "a")

    watched = await store.heartbeat.watch(["syslog"], ONE, clock())
    assert watched is not None
    assert watched.heard[0].claims == 1
    assert watched.heard[0].claim == "its nonce was used before: it is sent again"


async def test_a_heartbeat_that_made_an_event_is_counted_as_an_event(
    store: Store, inbox: GroupCommitInbox, clock: Clock
) -> None:
    for nonce in "aa":
        await beat(store, inbox, clock, nonce)

    (source,) = await store.sources.reports({}, clock())
    assert source.week[RecordVerdict.HEARTBEAT] == 1
    assert source.week[RecordVerdict.MATCH] == 1


async def test_nonces_and_their_records_go_once_no_heartbeat_is_young_enough(
    store: Store, inbox: GroupCommitInbox, clock: Clock
) -> None:
    await beat(store, inbox, clock, "a")
    for wait, kept in ((REMEMBERED, 1), (timedelta(hours=2), 0)):
        clock.now += wait
        deleted = await store.prune(Retention(), QuarantineSection(), clock())
        assert deleted["heartbeats"] == 1 - kept


async def test_one_process_keeps_the_card_until_it_is_gone(store: Store, clock: Clock) -> None:
    assert await store.heartbeat.watch(["syslog"], ONE, clock())
    for _ in range(20):
        clock.forward(seconds=30)
        assert await store.heartbeat.watch(["syslog"], OTHER, clock()) is None
        assert await store.heartbeat.watch(["syslog"], ONE, clock())
    assert await store.heartbeat.outage() is None

    gone_at = clock()
    clock.now += LEASE + timedelta(seconds=1)
    assert await store.heartbeat.watch(["syslog"], OTHER, clock())
    assert await store.heartbeat.watch(["syslog"], ONE, clock()) is None
    assert await store.heartbeat.outage() == Outage(gone_at, clock())


async def test_what_is_kept_of_the_card_comes_back(store: Store, clock: Clock) -> None:
    watched = await store.heartbeat.watch(["syslog"], ONE, clock())
    assert watched is not None
    assert watched.card == Card()
    card = Card(
        channel=SECURITY, ts="1.1", uid="u", pinged_at=clock(), told={"pager": ["Slack", "source syslog"]}
    )
    await store.heartbeat.keep(card)

    again = await store.heartbeat.watch(["syslog"], ONE, clock())
    assert again is not None
    assert again.card == card
    assert replace(again.card, told={}) != card


async def test_that_no_worker_lives_is_told_by_one_process_once(store: Store, clock: Clock) -> None:
    assert not await store.heartbeat.mark_worker_told(None)
    assert [await store.heartbeat.mark_worker_told(clock()) for _ in range(2)] == [True, False]
    assert [await store.heartbeat.mark_worker_told(None) for _ in range(2)] == [True, False]
    # A row that the watcher made is no worker's.
    assert await store.heartbeat.watch(["syslog"], ONE, clock())
