"""Powertrip put together from a config: started, reloaded, and stopped without losing what is under way."""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.assembly import directory_settings, source_settings, workflow_settings
from powertrip.config import Config
from powertrip.errors import (
    ConfigError,
    Mistake,
    SlackAmbiguous,
    SlackRefused,
    SlackUnavailable,
    StoreUnavailable,
)
from powertrip.ingest import Source
from powertrip.metrics import Metrics
from powertrip.scheduler import Clockwork, Dispatcher, Sweep
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT
from powertrip.slack.connection import SocketConnection
from powertrip.slack.directory import SlackDirectory
from powertrip.slack.listeners import InFlight, Listeners
from powertrip.slack.notifier import SlackNotifier
from powertrip.sources import Limits, build_sources
from powertrip.store import SqlStore
from powertrip.store.database import DatabaseThread, migrate, open_database
from powertrip.store.deliveries import UPDATE_LANE
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.web import Check, WebServer, build_app
from powertrip.workflow import Decider, Parts, Sender, judge_waiting, remind, report_quarantine
from powertrip.workflow.sending import LEASE

log = structlog.get_logger(__name__)

TICK = timedelta(seconds=2)
"""How often the database is asked for work that another process may have left there."""
REMINDER_TICK = timedelta(seconds=5)
WATCH_TICK = timedelta(seconds=10)
HOUSEKEEPING_TICK = timedelta(hours=1)
GRACE = 18.0
"""Seconds that work in flight is given at the end; platforms kill after 20 to 30."""
SLACK_RETRY = 5.0
"""Seconds between attempts to reach Slack when it is away at the start."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def new_id() -> str:
    """Ten characters that are hard to confuse and impossible to guess (49 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


class Application:
    """One process of Powertrip: the ingest endpoint, the worker, or both."""

    def __init__(self, config: Config, *, serves_web: bool = True, works: bool = True) -> None:
        self._config = config
        self._serves_web = serves_web
        self._works = works
        self.metrics = Metrics()
        self._thread = DatabaseThread(open_database(config.database.url.get_secret_value()))
        self._store = SqlStore(self._thread)
        self._sources: dict[str, Source] = {}
        self._inbox = GroupCommitInbox(
            self._thread,
            backlog_limit=config.ingest.backlog_limit,
            retry_after=int(config.ingest.retry_after.total_seconds()),
            on_new=self._wake_judge,
        )
        self._web: WebServer | None = None
        self._worker: Worker | None = None

    @property
    def port(self) -> int:
        """The port of the ingest endpoint."""
        if self._web is None:
            raise RuntimeError("the ingest endpoint is not started")
        return self._web.port

    async def start(self) -> None:
        """Migrate, listen, connect. Raises ConfigError for what an operator has to mend.

        The endpoint listens before Slack is reached: what arrives while Slack is away is kept.
        """
        applied = await asyncio.to_thread(migrate, self._thread.database)
        log.info("database ready", url=self._config.database_label(), migrations=applied)
        if self._serves_web:
            await self._start_web()
        if self._works:
            self._worker = Worker(self._config, self._store, self._inbox, self.metrics)
            await self._worker.start()

    async def _start_web(self) -> None:
        self._take_sources(self._config)
        app = build_app(
            sources=self._sources,
            inbox=self._inbox,
            metrics=self.metrics,
            readiness=self._readiness,
            clock=utc_now,
            max_body_bytes=self._config.ingest.max_body,
        )
        self._web = WebServer(app, self._config.ingest.host, self._config.ingest.port)
        try:
            await self._web.start()
        except OSError as error:
            where = f"{self._config.ingest.host}:{self._config.ingest.port}"
            raise ConfigError(
                [Mistake("ingest", "port", f"cannot listen on {where}: {error.strerror}")]
            ) from error
        log.info("listening", host=self._config.ingest.host, port=self.port, sources=sorted(self._sources))

    def _take_sources(self, config: Config) -> None:
        limits = Limits(inflated_bytes=config.ingest.max_inflated)
        sources = build_sources(source_settings(config), limits=limits, on_batch_cut=self.metrics.batch_cut)
        self._sources.clear()
        self._sources.update(sources)

    def _wake_judge(self) -> None:
        if self._worker is not None:
            self._worker.wake_judge()

    async def reload(self, config: Config) -> None:
        """Take another config whole: sources, rules, people, policy, reminders and card settings.

        Where to listen, the database and the tokens are read at the start only.
        """
        if self._worker is not None:
            await self._worker.reload(config)
        self._take_sources(config)
        self._config = config

    async def _readiness(self) -> Sequence[Check]:
        checks = [await self._database_check()]
        if self._worker is not None:
            checks.append(await self._worker.socket_check())
        return checks

    async def _database_check(self) -> Check:
        limit = self._config.ingest.backlog_limit
        try:
            backlog = await self._store.backlog(limit)
        except StoreUnavailable as error:
            return Check(name="database", ok=False, detail=str(error))
        self.metrics.set_backlog(backlog)
        if backlog >= limit:
            return Check(name="backlog", ok=False, detail=f"{limit} records or more wait to be judged")
        return Check(name="database", ok=True, detail=f"{backlog} records wait to be judged")

    async def stop(self) -> None:
        """Accept no more, finish what is under way, and close, within 20 seconds.

        Both halves at once, for a slow sender and a slow Slack may each take most of that time.
        """
        halves = [half.stop() for half in (self._web, self._worker) if half is not None]
        try:
            async with asyncio.timeout(GRACE):
                await asyncio.gather(*halves)
        except TimeoutError:
            log.error("stopped before all was finished; leases hand it to the next start", seconds=GRACE)
        self._store.end_work()
        await self._thread.close()
        log.info("stopped")


class Worker:
    """The half that judges, sends, listens and reminds."""

    def __init__(self, config: Config, store: SqlStore, inbox: GroupCommitInbox, metrics: Metrics) -> None:
        self._config = config
        self._store = store
        self._inbox = inbox
        self._metrics = metrics
        self._clockwork = Clockwork()
        self._in_flight = InFlight()
        self._session: aiohttp.ClientSession | None = None
        self._connection: SocketConnection | None = None
        self._judge: Sweep | None = None
        self._remind: Sweep | None = None
        self._dispatcher: Dispatcher | None = None
        self._parts: Parts | None = None
        self._directory: SlackDirectory | None = None

    async def start(self) -> None:
        """Reach Slack, then begin; raises ConfigError where Slack refuses what the config says."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        client = self._client(self._session)
        identity, channel = await self._reach_slack(client)
        self._directory = SlackDirectory(
            client, self._store, identity.workspace, directory_settings(self._config), utc_now
        )
        self._parts = Parts(
            store=self._store,
            notifier=SlackNotifier(client, identity.workspace_url),
            directory=self._directory,
            metrics=self._metrics,
            clock=utc_now,
            new_id=new_id,
            settings=workflow_settings(self._config, channel),
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

    async def _reach_slack(self, client: AsyncWebClient) -> tuple[preflight.Identity, str]:
        while True:
            try:
                identity = await preflight.identify(client)
                channel = await preflight.security_channel(client, self._config.slack.security_channel)
            except SlackRefused as error:
                raise ConfigError([Mistake("Slack", "", str(error))]) from error
            except (SlackUnavailable, SlackAmbiguous) as error:
                log.error("Slack cannot be reached; records are kept meanwhile", error=str(error))
                await asyncio.sleep(SLACK_RETRY)
            else:
                return identity, channel

    def _start_sweeps(self, parts: Parts) -> None:
        self._judge = Sweep("judging", lambda: judge_waiting(parts))
        self._remind = Sweep("reminding", lambda: remind(parts))
        self._dispatcher = Dispatcher(parts.store, Sender(parts).send, utc_now, self._gap, LEASE)
        parts.wake_sender = self._dispatcher.wake
        for sweep in (self._judge, self._remind, self._dispatcher):
            sweep.start()

    def _gap(self, lane: str) -> float:
        slack = self._config.slack
        return (slack.update_interval if lane == UPDATE_LANE else slack.channel_interval).total_seconds()

    async def _listen(self, client: AsyncWebClient, parts: Parts) -> None:
        app = AsyncApp(client=client, logger=None)
        listeners = Listeners(parts, Decider(parts), self._inbox, self._in_flight, self._config.slack.command)
        listeners.register(app)
        self._connection = SocketConnection(app, self._config.slack.app_token.get_secret_value(), utc_now)
        try:
            await self._connection.start()
        except SlackRefused as error:
            problem = f"slack.app_token: {error}; make one with the scope connections:write"
            raise ConfigError([Mistake("Slack", "", problem)]) from error

    def _start_clockwork(self, parts: Parts) -> None:
        assert self._judge and self._remind and self._dispatcher  # noqa: S101, PT018 (started just above)
        self._clockwork.every(TICK, self._judge.wake, "judge")
        self._clockwork.every(TICK, self._dispatcher.wake, "deliver")
        self._clockwork.every(
            min(REMINDER_TICK, self._config.reminders.remind_after), self._remind.wake, "remind"
        )
        self._clockwork.every(WATCH_TICK, self._watch, "watch the socket")
        self._clockwork.every(REMINDER_TICK, lambda: report_quarantine(parts), "report the quarantine")
        self._clockwork.every(HOUSEKEEPING_TICK, self._keep_house, "keep house")
        self._clockwork.start()

    async def _watch(self) -> None:
        if self._connection is not None:
            self._metrics.set_slack_connected(await self._connection.watch())

    async def _keep_house(self) -> None:
        now = utc_now()
        gone = await self._store.prune(
            now - self._config.retention.records,
            self._config.quarantine.keep,
            self._config.quarantine.keep_bytes,
            now,
        )
        open_events, waiting = await self._store.counts()
        self._metrics.set_events_open(open_events)
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
        self._parts.settings = workflow_settings(config, channel)
        self._directory.settings = directory_settings(config)
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
        for sweep in (self._judge, self._remind, self._dispatcher):
            if sweep is not None:
                await sweep.stop()
        if self._session is not None:
            await self._session.close()
