"""The half that talks to Slack: judges what waits, sends what is due, listens to clicks, and reminds."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import httpx
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.assembly import (
    backup_channels,
    directory_settings,
    enrichment,
    expected_within,
    poll_plans,
    poll_settings,
    source_settings,
    workflow_settings,
)
from powertrip.config import Config
from powertrip.enrichers import Conductor
from powertrip.errors import ConfigError, Mistake, SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.metrics import Metrics
from powertrip.ports import Delivery, DeliveryKind, Origin
from powertrip.scheduler import Clockwork, Dispatcher, Sweep
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT
from powertrip.slack.connection import SocketConnection
from powertrip.slack.directory import SlackDirectory
from powertrip.slack.listeners import InFlight, Listeners
from powertrip.slack.notifier import SlackNotifier
from powertrip.sources.polled import build_backfills, build_polls
from powertrip.store import SqlStore
from powertrip.store.deliveries import ORIGIN_LANE, UPDATE_LANE
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.web import Check
from powertrip.workflow import (
    Decider,
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

log = structlog.get_logger(__name__)

TICK = timedelta(seconds=2)
"""How often the database is asked for work that another process may have left there."""
REMINDER_TICK = timedelta(seconds=5)
WATCH_TICK = timedelta(seconds=10)
HOUSEKEEPING_TICK = timedelta(hours=1)
WORKSPACE_KEPT = timedelta(days=7)
"""How long what Slack said of the workspace is believed while Slack cannot be asked again."""
SLACK_RETRY = 5.0
"""Seconds between attempts to reach Slack when it is away at the start."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def new_id() -> str:
    """Ten characters that are hard to confuse and impossible to guess (49 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


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


class Worker:
    """The half that judges, sends, listens and reminds."""

    def __init__(
        self,
        config: Config,
        store: SqlStore,
        inbox: GroupCommitInbox,
        metrics: Metrics,
        origins: Mapping[str, Origin],
    ) -> None:
        self._config = config
        self._origins = origins
        self._store = store
        self._inbox = inbox
        self._metrics = metrics
        self._clockwork = Clockwork()
        self._in_flight = InFlight()
        self._session: aiohttp.ClientSession | None = None
        self._connection: SocketConnection | None = None
        self._was_connected = False
        self._workspace: preflight.Found | None = None
        self._judge: Sweep | None = None
        self._remind: Sweep | None = None
        self._back_up: Sweep | None = None
        self._enrich: Sweep | None = None
        self._enrichment: Conductor | None = None
        self._watch_origins: Sweep | None = None
        self._dispatcher: Dispatcher | None = None
        self._parts: Parts | None = None
        self._directory: SlackDirectory | None = None
        self._polls: list[Sweep] = []
        self._http = httpx.AsyncClient()
        self._filler: Filler | None = None
        self._started_at = utc_now()

    async def start(self) -> None:
        """Reach Slack, then begin; raises ConfigError where Slack refuses what the config says."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        client = self._client(self._session)
        self._workspace = await self._reach_slack(client)
        identity, channel = self._workspace.identity, self._workspace.security_channel
        self._directory = SlackDirectory(
            client, self._store, identity.workspace, directory_settings(self._config), utc_now
        )
        self._enrichment = enrichment(self._config, self._store, self._metrics, utc_now)
        self._parts = Parts(
            store=self._store,
            notifier=SlackNotifier(client, identity.workspace_url),
            directory=self._directory,
            backup=backup_channels(self._config),
            enrichment=self._enrichment,
            origins=self._origins,
            metrics=self._metrics,
            clock=utc_now,
            new_id=new_id,
            settings=workflow_settings(self._config, channel, self._origins),
        )
        await self._store.begin_work(utc_now())
        self._start_sweeps(self._parts)
        await self._listen(client, self._parts)
        self._start_clockwork(self._parts)
        log.info("connected to Slack", team=identity.team, security_channel=channel)

    def _client(self, session: aiohttp.ClientSession) -> AsyncWebClient:
        # Retries are the outbox's: the SDK's own repeat a message whose answer was lost.
        return AsyncWebClient(
            token=self._config.slack.bot_token.get_secret_value(),
            base_url=self._config.slack.base_url,
            session=session,
            retry_handlers=[],
            timeout=CALL_TIMEOUT,
        )

    async def _reach_slack(self, client: AsyncWebClient) -> preflight.Found:
        while True:
            try:
                found = await preflight.look(client, self._config.slack.security_channel)
            except SlackRefused as error:
                problem = f"{error}. To see all that is wrong, run: python bot.py check"
                raise ConfigError([Mistake("Slack", "", problem)]) from error
            except (SlackUnavailable, SlackAmbiguous) as error:
                known = await self._workspace_as_known()
                if known is not None:
                    log.error("Slack cannot be reached; begun with what it said last", error=str(error))
                    return known
                log.error("Slack cannot be reached; records are kept meanwhile", error=str(error))
                await asyncio.sleep(SLACK_RETRY)
            else:
                await self._store.remember(self._workspace_key(), found.as_json(), utc_now())
                return found

    async def _workspace_as_known(self) -> preflight.Found | None:
        """What Slack said at an earlier start about this token and channel, if that is not too long ago."""
        known = await self._store.remembered(self._workspace_key(), utc_now() - WORKSPACE_KEPT)
        return None if known is None else preflight.Found.from_json(known)

    def _workspace_key(self) -> str:
        slack = self._config.slack
        token = hashlib.sha256(slack.bot_token.get_secret_value().encode()).hexdigest()
        return f"workspace {token} {slack.security_channel}"

    def _start_sweeps(self, parts: Parts) -> None:
        self._judge = Sweep("judging", lambda: judge_waiting(parts))
        self._remind = Sweep("reminding", lambda: remind(parts))
        self._dispatcher = Dispatcher(parts.store, _telling(parts), utc_now, self._gap, LEASE)
        parts.wake_judge = self._judge.wake
        parts.wake_sender = self._dispatcher.wake
        parts.wake_reminders = self._remind.wake
        self._enrich = Sweep("enriching", lambda: enrich(parts))
        parts.wake_lookups = self._enrich.wake
        self._back_up = Sweep("backing up", lambda: back_up(parts))
        self._watch_origins = Sweep("watching origins", lambda: watch_origins(parts))
        for sweep in self._sweeps():
            sweep.start()

    def _sweeps(self) -> list[Sweep | Dispatcher]:
        first = (self._judge, self._remind, self._enrich, self._back_up, self._watch_origins)
        return [sweep for sweep in (*first, self._dispatcher) if sweep is not None]

    def _gap(self, lane: str) -> float:
        slack = self._config.slack
        if lane.startswith(ORIGIN_LANE):
            return 0.0
        return (slack.update_interval if lane == UPDATE_LANE else slack.channel_interval).total_seconds()

    async def _listen(self, client: AsyncWebClient, parts: Parts) -> None:
        app = AsyncApp(client=client, logger=None)
        listeners = Listeners(parts, Decider(parts), self._inbox, self._in_flight, self._config.slack.command)
        listeners.register(app)
        self._connection = SocketConnection(app, self._config.slack.app_token.get_secret_value(), utc_now)
        try:
            await self._connection.start()
        except SlackRefused as error:
            raise ConfigError([Mistake("Slack", "", str(preflight.app_token_refused(error)))]) from error

    def _start_clockwork(self, parts: Parts) -> None:
        assert self._judge and self._remind and self._enrich and self._back_up and self._dispatcher  # noqa: S101, PT018 (started just above)
        self._clockwork.every(TICK, self._judge.wake, "judge")
        self._clockwork.every(TICK, self._dispatcher.wake, "deliver")
        self._clockwork.every(TICK, parts.wake_lookups, "look up")
        self._clockwork.every(
            min(REMINDER_TICK, self._config.reminders.remind_after), self._remind.wake, "remind"
        )
        self._clockwork.every(WATCH_TICK, self._watch, "watch the socket")
        self._clockwork.every(WATCH_TICK, self._count, "count what waits")
        self._clockwork.every(REMINDER_TICK, lambda: report_quarantine(parts), "report the quarantine")
        self._clockwork.every(REMINDER_TICK, self._back_up.wake, "back up")
        self._clockwork.every(
            min([REMINDER_TICK, *(origin.grace for origin in self._config.origins.values())]),
            self._wake_watch,
            "watch origins",
        )
        silence_tick = min([REMINDER_TICK, *expected_within(self._config).values()])
        self._clockwork.every(silence_tick, lambda: self._report_silence(parts), "report silence")
        self._start_polls(parts)
        self._start_filling(parts)
        self._clockwork.every(HOUSEKEEPING_TICK, self._keep_house, "keep house")
        self._clockwork.start()

    def _wake_watch(self) -> None:
        if self._watch_origins is not None:
            self._watch_origins.wake()

    def _start_polls(self, parts: Parts) -> None:
        plans = poll_plans(self._config)
        for name, poll in build_polls(poll_settings(self._config), self._http).items():
            poller = Poller(parts, poll, plans[name])
            sweep = Sweep(f"poll {name}", poller.step)
            self._polls.append(sweep)
            sweep.start()
            self._clockwork.every(min(TICK, plans[name].every), sweep.wake, f"poll {name}")

    def _start_filling(self, parts: Parts) -> None:
        backfills = build_backfills(source_settings(self._config), self._http)
        self._filler = Filler(parts, backfills, self._config.ingest.backlog_limit)
        sweep = Sweep("filling gaps", self._filler.step)
        self._polls.append(sweep)
        sweep.start()
        self._clockwork.every(TICK, sweep.wake, "fill gaps")

    async def _report_silence(self, parts: Parts) -> None:
        expected, channel = expected_within(self._config), parts.settings.security_channel
        if expected and await self._store.report_silence(expected, channel, self._started_at, utc_now()):
            parts.wake_sender()

    async def _watch(self) -> None:
        if self._connection is not None:
            connected = await self._connection.watch()
            self._metrics.set_slack_connected(connected)
            if connected and not self._was_connected:
                await self._store.expedite(utc_now())
            self._was_connected = connected

    async def _count(self) -> None:
        open_events, _ = await self._store.counts()
        self._metrics.set_events_open(open_events)
        self._metrics.set_gaps_waiting(await self._store.gaps_waiting())
        self._metrics.set_backlog(await self._store.backlog(self._config.ingest.backlog_limit))

    async def _keep_house(self) -> None:
        now = utc_now()
        if self._workspace is not None:
            # So that a start while Slack is away has it, however long this run has lasted.
            await self._store.remember(self._workspace_key(), self._workspace.as_json(), now)
        gone = await self._store.prune(
            now - self._config.retention.records,
            self._config.quarantine.keep,
            self._config.quarantine.keep_bytes,
            now,
        )
        open_events, waiting = await self._store.counts()
        # Out of the database's reach, so that a history rewritten as a whole shows too.
        newest = await self._store.newest_audit_hash()
        log.info("kept house", gone=gone, open_events=open_events, waiting=waiting, audit_hash=newest)

    def wake_judge(self) -> None:
        """Have new records judged at once."""
        if self._judge is not None:
            self._judge.wake()

    async def reload(self, config: Config) -> None:
        """Take another config's rules, people, policy, reminders and reviewers, all at once."""
        if self._parts is None or self._directory is None:
            raise ConfigError([Mistake("reload", "", "still connecting to Slack; try again in a moment")])
        channel = self._parts.settings.security_channel
        if config.slack.security_channel != self._config.slack.security_channel:
            channel = await self._new_channel(config)
        self._parts.settings = workflow_settings(config, channel, self._origins)
        self._parts.backup = backup_channels(config)
        self._directory.settings = directory_settings(config)
        if self._filler is not None:
            self._filler.backfills = build_backfills(source_settings(config), self._http)
        self._config = config

    async def _new_channel(self, config: Config) -> str:
        assert self._session is not None  # noqa: S101 (a reload comes after the start)
        try:
            return await preflight.security_channel(
                self._client(self._session), config.slack.security_channel
            )
        except (SlackRefused, SlackUnavailable, SlackAmbiguous) as error:
            raise ConfigError([Mistake("Slack", "", str(error))]) from error

    async def socket_check(self) -> Check:
        """Whether Slack can reach us."""
        connected = self._connection is not None and await self._connection.is_connected()
        self._metrics.set_slack_connected(connected)
        detail = "" if connected else "no socket to Slack; messages may go out, but no click comes in"
        return Check(name="slack", ok=connected, detail=detail)

    async def stop(self) -> None:
        """Take no more clicks, finish those taken, then what is being judged and sent."""
        with contextlib.suppress(Exception):
            self._clockwork.stop()
        if self._connection is not None:
            # Before the socket closes, so that a modal gets its answer; after, for what came meanwhile.
            await self._in_flight.finish()
            await self._connection.stop()
            await self._in_flight.finish()
        for sweep in (*self._polls, *self._sweeps()):
            await sweep.stop()
        if self._enrichment is not None:
            await self._enrichment.close()
        await self._http.aclose()
        if self._session is not None:
            await self._session.close()
