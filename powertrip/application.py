"""Powertrip put together from a config: started, reloaded, and stopped without losing what is under way."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from powertrip.api import ReadApi
from powertrip.errors import (
    ConfigError,
    Mistake,
    StoreUnavailable,
)
from powertrip.ingest import Limits, Source
from powertrip.metrics import Metrics
from powertrip.origins import open_ways
from powertrip.ports import Origin
from powertrip.settings import Config
from powertrip.sources import lend
from powertrip.store import SqlStore
from powertrip.store.database import DatabaseThread, migrate, open_database
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.web import Check, WebServer, build_app
from powertrip.worker import Worker, utc_now

log = structlog.get_logger(__name__)

GRACE = 18.0
"""Seconds that work in flight is given at the end; platforms kill after 20 to 30."""


class Application:
    """One process of Powertrip: the ingest endpoint, the worker, or both."""

    def __init__(
        self,
        config: Config,
        *,
        serves_web: bool = True,
        works: bool = True,
        origins: Mapping[str, Origin] | None = None,
    ) -> None:
        """`origins` replaces the ways to tell origins, by their names, that the config says."""
        self._config = config
        self._ways = open_ways(config.origins, utc_now)
        self._origins = self._ways.by_origin if origins is None else origins
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
            self._worker = Worker(self._config, self._store, self._inbox, self.metrics, self._origins)
            await self._worker.start()

    async def _start_web(self) -> None:
        self._take_sources(self._config)
        app = build_app(
            sources=self._sources,
            tools=lend(Limits(inflated_bytes=self._config.ingest.max_inflated)),
            inbox=self._inbox,
            metrics=self.metrics,
            readiness=self._readiness,
            clock=utc_now,
            max_body_bytes=self._config.ingest.max_body,
        )
        ReadApi(log=lambda: self._store, token=lambda: self._config.api.token).add_to(app)
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
        self._sources.clear()
        self._sources.update(config.sources)

    def _wake_judge(self) -> None:
        if self._worker is not None:
            self._worker.wake_judge()

    async def reload(self, config: Config) -> None:
        """Take another config whole: sources, origins, rules, people, policy, reminders and card settings.

        Where to listen, the database, the tokens, the polls, the services that know addresses and how
        origins are told are read at the start only.
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
        await self._ways.close()
        self._store.end_work()
        await self._thread.close()
        log.info("stopped")
