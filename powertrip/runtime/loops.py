"""Every loop of a worker: what it does, what wakes it, and how often it looks by itself."""

import functools
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from powertrip.pipeline.back_up import back_up
from powertrip.pipeline.backfill import Filler
from powertrip.pipeline.compare_hids import watch_origins
from powertrip.pipeline.context import Parts
from powertrip.pipeline.enrich import enrich
from powertrip.pipeline.judge import judge_waiting
from powertrip.pipeline.live import derived
from powertrip.pipeline.poll import Poller
from powertrip.pipeline.remind import remind, report_quarantine
from powertrip.pipeline.send import LEASE, send
from powertrip.polls import build_backfills, poll_client
from powertrip.runtime.loop import Every, Loop, OutboxLoop
from powertrip.runtime.shared import Shared, utc_now
from powertrip.settings import Config
from powertrip.slack.connection import SocketConnection
from powertrip.slack.workspace import Workspace
from powertrip.store.deliveries import ORIGIN_LANE, UPDATE_LANE

log = structlog.get_logger(__name__)

TICK = timedelta(seconds=2)
"""How often the database is asked for work that another process may have left there."""
SLOW_TICK = timedelta(seconds=5)
WATCH_TICK = timedelta(seconds=10)
MAINTENANCE_TICK = timedelta(hours=1)


def loops(
    shared: Shared, parts: Parts, socket: SocketConnection, workspace: Workspace
) -> list[Loop | OutboxLoop]:
    """All loops of a worker, in the order in which they stop: what brings work in stops first."""
    config, signals = shared.config, parts.signals
    at_start, outside = config(), poll_client(shared.http, utc_now)

    def backlog_limit() -> int:
        return config().ingest.backlog_limit

    filler = Filler(
        parts,
        derived(config, lambda now: build_backfills(now.sources, outside)),
        backlog_limit,
    )

    def step(function: Callable[[Parts], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
        return functools.partial(function, parts)

    return [
        *(
            Loop(
                f"poll {name}",
                Poller(parts, name, poll, outside, backlog_limit).step,
                every=_soon_or(poll.every),
            )
            for name, poll in at_start.polls.items()
        ),
        Loop("fill gaps", filler.step, every=_each(TICK)),
        Loop("judge", step(judge_waiting), on=signals.inbox, every=_each(TICK)),
        Loop("remind", step(remind), on=signals.reminders, every=_before_reminders),
        Loop("look up", step(enrich), on=signals.lookups, every=_each(TICK)),
        Loop("report quarantine", step(report_quarantine), every=_each(SLOW_TICK)),
        Loop("back up", step(back_up), every=_each(SLOW_TICK)),
        Loop("watch origins", step(watch_origins), every=_before_graces),
        Loop("report silence", _silence_reporter(shared, parts), every=_before_silences),
        OutboxLoop(
            shared.store,
            functools.partial(send, parts),
            clock=utc_now,
            pause=lambda lane: _pause(lane, config()),
            lease=LEASE,
            on=signals.outbox,
            every=_each(TICK),
        ),
        Loop("watch socket", _socket_watcher(shared, socket), every=_each(WATCH_TICK)),
        Loop("count", _counter(shared), every=_each(WATCH_TICK)),
        Loop("maintain", _maintainer(shared, workspace), every=_each(MAINTENANCE_TICK)),
    ]


def _each(tick: timedelta) -> Every:
    return lambda _: tick


def _soon_or(every: timedelta) -> Every:
    return lambda _: min(TICK, every)


def _before_reminders(config: Config) -> timedelta:
    return min(SLOW_TICK, config.reminders.remind_after)


def _before_graces(config: Config) -> timedelta:
    return min([SLOW_TICK, *(origin.grace for origin in config.origins.values())])


def _before_silences(config: Config) -> timedelta:
    return min([SLOW_TICK, *config.expected_within().values()])


def _pause(lane: str, config: Config) -> float:
    """Seconds between two deliveries of a lane."""
    if lane.startswith(ORIGIN_LANE):
        return 0.0
    slack = config.slack
    return (slack.update_interval if lane == UPDATE_LANE else slack.channel_interval).total_seconds()


def _silence_reporter(shared: Shared, parts: Parts) -> Callable[[], Awaitable[bool]]:
    started_at = utc_now()

    async def report() -> bool:
        expected, channel = shared.config().expected_within(), parts.settings.security_channel
        if expected and await shared.store.silence.report(expected, channel, started_at, utc_now()):
            shared.signals.outbox.set()
        return False

    return report


def _socket_watcher(shared: Shared, socket: SocketConnection) -> Callable[[], Awaitable[bool]]:
    was_connected = False

    async def watch() -> bool:
        nonlocal was_connected
        connected = await socket.watch()
        shared.metrics.set_slack_connected(connected)
        if connected and not was_connected:
            # What failed while Slack was away need not wait for its next attempt.
            await shared.store.deliveries.expedite(utc_now())
        was_connected = connected
        return False

    return watch


def _counter(shared: Shared) -> Callable[[], Awaitable[bool]]:
    async def count() -> bool:
        store, metrics = shared.store, shared.metrics
        open_events, _ = await store.counts()
        metrics.set_events_open(open_events)
        metrics.set_gaps_waiting(await store.gaps.waiting_count())
        metrics.set_backlog(await store.inbox.backlog(shared.config().ingest.backlog_limit))
        return False

    return count


def _maintainer(shared: Shared, workspace: Workspace) -> Callable[[], Awaitable[bool]]:
    async def maintain() -> bool:
        config, now = shared.config(), utc_now()
        await workspace.remember()
        kept = config.quarantine
        deleted = await shared.store.prune(now - config.retention.records, kept.keep, kept.keep_bytes, now)
        # Out of the database's reach, so that a history rewritten as a whole shows too.
        log.info("maintenance done", deleted=deleted, audit_hash=await shared.store.audit.newest_hash())
        return False

    return maintain
