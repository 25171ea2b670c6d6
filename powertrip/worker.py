"""The half that talks to Slack: judges what waits, sends what is due, listens to clicks, and reminds."""

import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.backup import AppriseChannels
from powertrip.enrichers import Conductor
from powertrip.errors import ConfigError, Mistake, SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.metrics import Metrics
from powertrip.ports import Origin, Watch
from powertrip.reaching import Workspace
from powertrip.rounds import Rounds
from powertrip.routing import People
from powertrip.settings import Config
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT
from powertrip.slack.connection import SocketConnection
from powertrip.slack.directory import DirectorySettings, SlackDirectory
from powertrip.slack.listeners import InFlight, Listeners
from powertrip.slack.notifier import SlackNotifier
from powertrip.store import SqlStore
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.web import Check
from powertrip.workflow import Decider, Parts, Settings

log = structlog.get_logger(__name__)

WATCH_TICK = timedelta(seconds=10)
HOUSEKEEPING_TICK = timedelta(hours=1)

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def new_id() -> str:
    """Ten characters that are hard to confuse and impossible to guess (49 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def directory_settings(config: Config) -> DirectorySettings:
    return DirectorySettings(reviewers=config.reviewers, lookups=config.lookups)


def workflow_settings(config: Config, security_channel: str, told: Collection[str]) -> Settings:
    """What the steps of the workflow read; `told` names the origins that can be told."""
    return Settings(
        rules=config.rules,
        people=People(config.people.values()),
        policy=config.policy,
        reminders=config.reminders,
        reviewers=config.reviewers,
        cards=config.cards,
        severity=config.severity,
        quarantine=config.quarantine,
        backup_after=config.backup.after,
        security_channel=security_channel,
        command=config.slack.command,
        watches=tuple(Watch(origin=origin, tells=name in told) for name, origin in config.origins.items()),
    )


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
        self._workspace = Workspace(store, config.slack, utc_now)
        self._in_flight = InFlight()
        self._session: aiohttp.ClientSession | None = None
        self._connection: SocketConnection | None = None
        self._was_connected = False
        self._enrichment: Conductor | None = None
        self._parts: Parts | None = None
        self._directory: SlackDirectory | None = None
        self._rounds: Rounds | None = None

    async def start(self) -> None:
        """Reach Slack, then begin; raises ConfigError where Slack refuses what the config says."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        client = self._client(self._session)
        found = await self._workspace.reach(client)
        self._parts = self._assemble(client, found)
        await self._store.begin_work(utc_now())
        self._rounds = Rounds(self._config, self._store, self._parts, self._metrics, utc_now)
        self._rounds.start()
        await self._listen(client, self._parts)
        self._rounds.every(WATCH_TICK, self._watch, "watch the socket")
        self._rounds.every(HOUSEKEEPING_TICK, self._keep_house, "keep house")
        self._rounds.tick()
        log.info("connected to Slack", team=found.identity.team, security_channel=found.security_channel)

    def _client(self, session: aiohttp.ClientSession) -> AsyncWebClient:
        # Retries are the outbox's: the SDK's own repeat a message whose answer was lost.
        return AsyncWebClient(
            token=self._config.slack.bot_token.get_secret_value(),
            base_url=self._config.slack.base_url,
            session=session,
            retry_handlers=[],
            timeout=CALL_TIMEOUT,
        )

    def _assemble(self, client: AsyncWebClient, found: preflight.Found) -> Parts:
        identity = found.identity
        self._directory = SlackDirectory(
            client, self._store, identity.workspace, directory_settings(self._config), utc_now
        )
        self._enrichment = self._config.enrichment.start(self._store, self._metrics, utc_now)
        return Parts(
            store=self._store,
            notifier=SlackNotifier(client, identity.workspace_url),
            directory=self._directory,
            backup=AppriseChannels(self._config.backup.channels),
            enrichment=self._enrichment,
            origins=self._origins,
            metrics=self._metrics,
            clock=utc_now,
            new_id=new_id,
            settings=workflow_settings(self._config, found.security_channel, self._origins),
        )

    async def _listen(self, client: AsyncWebClient, parts: Parts) -> None:
        app = AsyncApp(client=client, logger=None)
        listeners = Listeners(parts, Decider(parts), self._inbox, self._in_flight, self._config.slack.command)
        listeners.register(app)
        self._connection = SocketConnection(app, self._config.slack.app_token.get_secret_value(), utc_now)
        try:
            await self._connection.start()
        except SlackRefused as error:
            raise ConfigError([Mistake("Slack", "", str(preflight.app_token_refused(error)))]) from error

    async def _watch(self) -> None:
        if self._connection is not None:
            connected = await self._connection.watch()
            self._metrics.set_slack_connected(connected)
            if connected and not self._was_connected:
                await self._store.expedite(utc_now())
            self._was_connected = connected

    async def _keep_house(self) -> None:
        now = utc_now()
        await self._workspace.remember()
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
        if self._rounds is not None:
            self._rounds.wake_judge()

    async def reload(self, config: Config) -> None:
        """Take another config's rules, people, policy, reminders and reviewers, all at once."""
        if self._parts is None or self._directory is None or self._rounds is None:
            raise ConfigError([Mistake("reload", "", "still connecting to Slack; try again in a moment")])
        channel = self._parts.settings.security_channel
        if config.slack.security_channel != self._config.slack.security_channel:
            channel = await self._new_channel(config)
        self._parts.settings = workflow_settings(config, channel, self._origins)
        self._parts.backup = AppriseChannels(config.backup.channels)
        self._directory.settings = directory_settings(config)
        self._rounds.reload(config)
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
        if self._rounds is not None:
            self._rounds.stop_ticking()
        if self._connection is not None:
            # Before the socket closes, so that a modal gets its answer; after, for what came meanwhile.
            await self._in_flight.finish()
            await self._connection.stop()
            await self._in_flight.finish()
        if self._rounds is not None:
            await self._rounds.stop()
        if self._enrichment is not None:
            await self._enrichment.close()
        if self._session is not None:
            await self._session.close()
