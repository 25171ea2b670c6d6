"""What is done again and again: sweeps over what waits, polls, and the ticks that wake them."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from apscheduler.schedulers import SchedulerNotRunningError

from powertrip.ingest import Backfill
from powertrip.metrics import Metrics
from powertrip.net import new_client
from powertrip.ports import Delivery, DeliveryKind
from powertrip.scheduler import Clockwork, Dispatcher, Sweep
from powertrip.settings import Config
from powertrip.sources.polled import build_backfills, poll_client
from powertrip.store import SqlStore
from powertrip.store.deliveries import ORIGIN_LANE, UPDATE_LANE
from powertrip.workflow import (
    Filler,
    Parts,
    Poller,
    Sender,
    back_up,
    enrich,
    judge_waiting,
    remind,
    report_quarantine,
    tell_backup,
    tell_origin,
    watch_origins,
)
from powertrip.workflow.sending import LEASE

TICK = timedelta(seconds=2)
"""How often the database is asked for work that another process may have left there."""
SLOW_TICK = timedelta(seconds=5)
COUNT_TICK = timedelta(seconds=10)


def _telling(parts: Parts) -> Callable[[Delivery], Awaitable[float]]:
    """What makes an attempt at a delivery, by what it is and whom it is for."""
    sender = Sender(parts)

    async def tell(delivery: Delivery) -> float:
        if delivery.kind is DeliveryKind.BACKUP:
            return await tell_backup(parts, delivery)
        if delivery.kind is DeliveryKind.ORIGIN:
            return await tell_origin(parts, delivery)
        return await sender.send(delivery)

    return tell


class Rounds:
    """All sweeps and polls of one worker; what wakes them is set in the parts that they share."""

    def __init__(
        self, config: Config, store: SqlStore, parts: Parts, metrics: Metrics, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._store = store
        self._parts = parts
        self._metrics = metrics
        self._clock = clock
        self._started_at = clock()
        self._http = new_client()
        self._polled = poll_client(self._http, clock)
        self._clockwork = Clockwork()
        self._judge = Sweep("judging", lambda: judge_waiting(parts))
        self._remind = Sweep("reminding", lambda: remind(parts))
        self._enrich = Sweep("enriching", lambda: enrich(parts))
        self._back_up = Sweep("backing up", lambda: back_up(parts))
        self._watch_origins = Sweep("watching origins", lambda: watch_origins(parts))
        self._filler = Filler(parts, self._backfills(config), config.ingest.backlog_limit)
        self._fill = Sweep("filling gaps", self._filler.step)
        self._dispatcher = Dispatcher(store, _telling(parts), clock, self._gap, LEASE)
        self._polls = {
            name: Sweep(
                f"poll {name}", Poller(parts, name, poll, self._polled, config.ingest.backlog_limit).step
            )
            for name, poll in config.polls.items()
        }
        parts.wake_judge = self._judge.wake
        parts.wake_sender = self._dispatcher.wake
        parts.wake_reminders = self._remind.wake
        parts.wake_lookups = self._enrich.wake

    def start(self) -> None:
        """Begin with whatever an earlier run left waiting."""
        for sweep in self._sweeps():
            sweep.start()

    def _sweeps(self) -> list[Sweep | Dispatcher]:
        """In the order in which they are stopped: what brings work in goes first."""
        work = (self._judge, self._remind, self._enrich, self._back_up, self._watch_origins)
        return [*self._polls.values(), self._fill, *work, self._dispatcher]

    def _gap(self, lane: str) -> float:
        slack = self._config.slack
        if lane.startswith(ORIGIN_LANE):
            return 0.0
        return (slack.update_interval if lane == UPDATE_LANE else slack.channel_interval).total_seconds()

    def every(self, interval: timedelta, job: Callable[[], object], name: str) -> None:
        """Have something else done each `interval` too."""
        self._clockwork.every(interval, job, name)

    def tick(self) -> None:
        """Begin to wake everything in time."""
        every, config, parts = self._clockwork.every, self._config, self._parts
        every(TICK, self._judge.wake, "judge")
        every(TICK, self._dispatcher.wake, "deliver")
        every(TICK, parts.wake_lookups, "look up")
        every(TICK, self._fill.wake, "fill gaps")
        every(min(SLOW_TICK, config.reminders.remind_after), self._remind.wake, "remind")
        every(SLOW_TICK, lambda: report_quarantine(parts), "report the quarantine")
        every(SLOW_TICK, self._back_up.wake, "back up")
        graces = [origin.grace for origin in config.origins.values()]
        every(min([SLOW_TICK, *graces]), self._watch_origins.wake, "watch origins")
        silences = config.expected_within().values()
        every(min([SLOW_TICK, *silences]), self._report_silence, "report silence")
        for name, sweep in self._polls.items():
            every(min(TICK, config.polls[name].every), sweep.wake, f"poll {name}")
        every(COUNT_TICK, self._count, "count what waits")
        self._clockwork.start()

    async def _report_silence(self) -> None:
        expected, channel = self._config.expected_within(), self._parts.settings.security_channel
        now = self._clock()
        if expected and await self._store.report_silence(expected, channel, self._started_at, now):
            self._parts.wake_sender()

    async def _count(self) -> None:
        open_events, _ = await self._store.counts()
        self._metrics.set_events_open(open_events)
        self._metrics.set_gaps_waiting(await self._store.gaps_waiting())
        self._metrics.set_backlog(await self._store.backlog(self._config.ingest.backlog_limit))

    def wake_judge(self) -> None:
        """Have new records judged at once."""
        self._judge.wake()

    def reload(self, config: Config) -> None:
        """Take another config's tokens for what Papertrail leaves out, and what silence is reported."""
        self._filler.backfills = self._backfills(config)
        self._config = config

    def _backfills(self, config: Config) -> Mapping[str, Backfill]:
        return build_backfills(config.sources, self._polled)

    def stop_ticking(self) -> None:
        """Wake nothing any more."""
        with contextlib.suppress(SchedulerNotRunningError):
            self._clockwork.stop()

    async def stop(self) -> None:
        """Finish what is being done."""
        for sweep in self._sweeps():
            await sweep.stop()
        await self._http.aclose()
