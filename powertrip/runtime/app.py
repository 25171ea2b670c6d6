"""One process of Powertrip, put together: what both halves share, the ingest endpoint, the worker.

Read downward: what is made of what, and, from the bottom up, in which order it stops.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web

import powertrip as powertrip_release
from powertrip.api.decisions import ReadApi
from powertrip.api.expectations import ExpectationApi
from powertrip.api.report import ReportApi
from powertrip.errors import ConfigError, Mistake, StoreUnavailable
from powertrip.host_actions import HostActions
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.log import configure_logging
from powertrip.metrics import Metrics
from powertrip.pipeline.pipelines import Announcing
from powertrip.pipeline.ports import Origin
from powertrip.runtime.presence import Presence
from powertrip.runtime.readiness import Readiness
from powertrip.runtime.restart import needs_restart, read_at_start
from powertrip.runtime.shared import Shared, open_shared
from powertrip.runtime.stalls import note_stalls
from powertrip.runtime.state_server import StateServer
from powertrip.runtime.watchman import Watchman
from powertrip.runtime.worker import Worker
from powertrip.settings import Config
from powertrip.state.endpoint import StateEndpoint
from powertrip.store.processes import ProcessRole

log = structlog.get_logger(__name__)

GRACE = 18.0
"""Seconds that work in flight is given at the end; platforms kill after 20 to 30."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running process, as its command line and its tests hold it."""

    shared: Shared
    worker: Worker | None
    endpoint: WebServer | None
    state: StateServer
    at_start: Mapping[str, object]
    """The settings that only a start can change, as they are in force."""

    @property
    def metrics(self) -> Metrics:
        return self.shared.metrics

    @property
    def port(self) -> int:
        """The port of the ingest endpoint."""
        if self.endpoint is None:
            raise RuntimeError("this process serves no ingest endpoint")
        return self.endpoint.port

    async def reload(self, config: Config) -> tuple[str, ...]:
        """Put another configuration in force; returns the settings that wait for a restart.

        Raises ConfigError, and the configuration in force stays whole.
        """
        # All that can fail comes first.
        if self.worker is not None:
            await self.worker.prepare_reload(config)
        old = self.shared.config()
        self.shared.config.replace(config)
        if config.log != old.log:
            configure_logging(config.log.level, config.log.format)
        if self.worker is not None:
            self.worker.follow(config)
        await _write_down(self.shared, "reload")
        return needs_restart(self.at_start, config)


async def _write_down(shared: Shared, part: str) -> None:
    """Tell the history which configuration is in force; nothing waits for it."""
    try:
        await shared.store.audit.in_force(
            shared.config().digest, powertrip_release.__version__, part, shared.clock()
        )
    except StoreUnavailable as error:
        log.warning("the history does not say which configuration is in force", error=str(error))


@asynccontextmanager
async def powertrip(
    at_start: Config,
    *,
    serves_web: bool = True,
    works: bool = True,
    origins: Mapping[str, Origin] | None = None,
) -> AsyncIterator[Running]:
    """Run until the block ends. Raises ConfigError for what an operator has to mend."""
    async with open_shared(at_start, origins) as shared:
        note_stalls(shared.metrics.loop_stalled)
        worker = Worker(shared, port=lambda: endpoint.port if endpoint else None) if works else None
        presence = _presence(shared, worker, serves_web=serves_web)
        state = _state(shared, presence, worker)
        endpoint = _endpoint(shared, state) if serves_web else None
        state_server = _state_server(at_start, state, serves_web=serves_web)
        watchman = Watchman(shared) if serves_web and not works else None
        try:
            await presence.start()
            await state_server.start()
            # It listens before Slack is reached: what arrives while Slack is away is kept.
            if endpoint is not None:
                host, port = at_start.ingest.host, at_start.ingest.port
                try:
                    await endpoint.start()
                except OSError as error:
                    problem = f"cannot listen on {host}:{port}: {error.strerror}"
                    raise ConfigError([Mistake("ingest", "port", problem)]) from error
                log.info("listening", host=host, port=endpoint.port, sources=sorted(at_start.sources))
            await _write_down(
                shared, "web and worker" if serves_web and works else "worker" if works else "web"
            )
            if worker is not None:
                await worker.start()
            if watchman is not None:
                watchman.start()
            yield Running(
                shared=shared,
                worker=worker,
                endpoint=endpoint,
                state=state_server,
                at_start=read_at_start(at_start),
            )
        finally:
            shared.store.hurry()
            try:
                # Both at once: a slow sender and a slow Slack may each take most of the time.
                async with asyncio.timeout(GRACE):
                    parts = (endpoint, worker, watchman, state_server)
                    await asyncio.gather(*(part.stop() for part in parts if part is not None))
                    await presence.stop()
            except TimeoutError:
                log.error("stopped before all was finished; leases hand it to the next start", seconds=GRACE)
            log.info("stopped")


def announcing(config: Config) -> Announcing:
    """What the configuration says of who may announce what."""
    return Announcing(section=config.expectations, people=config.people.values(), lists=config.severity)


def _presence(shared: Shared, worker: Worker | None, *, serves_web: bool) -> Presence:
    halves = {True: ProcessRole.RUN, False: ProcessRole.WORKER}
    role = ProcessRole.WEB if worker is None else halves[serves_web]
    return Presence(shared, role=role, is_connected=worker.socket.is_connected if worker else None)


def _state(shared: Shared, presence: Presence, worker: Worker | None) -> StateEndpoint:
    readiness = Readiness(shared, presence, worker.socket if worker else None)
    return StateEndpoint(
        readiness=readiness.checks,
        refresh=readiness.refresh,
        metrics=shared.metrics,
        token=lambda: shared.config().metrics.token,
    )


def _state_server(at_start: Config, state: StateEndpoint, *, serves_web: bool) -> StateServer:
    settings = at_start.metrics
    port = settings.port if serves_web else settings.worker_port
    return StateServer(state.app_of_its_own, settings.host, port)


def _endpoint(shared: Shared, state: StateEndpoint) -> WebServer:
    config = shared.config

    app = build_app(
        sources=lambda: config().sources,
        limits=lambda: config().ingest.limits,
        inbox=shared.inbox,
        metrics=shared.metrics,
        clock=shared.clock,
        refused=shared.refusals.add,
    )
    if config().proofs.page is not None:
        _add_page(app, shared)
    ReadApi(log=lambda: shared.store, token=lambda: config().api.token).add_to(app)
    ReportApi(
        store=lambda: shared.store,
        rules=lambda: config().rules,
        clock=shared.clock,
        token=lambda: config().api.token,
    ).add_to(app)
    ExpectationApi(
        store=lambda: shared.store,
        settings=lambda: announcing(config()),
        rules=lambda: [rule.name for rule in config().rules.makers],
        clock=shared.clock,
    ).add_to(app)
    HostActions(
        store=lambda: shared.store,
        actions=lambda: config().containment.actions,
        clock=shared.clock,
        on_change=shared.signals.outbox.set,
    ).add_to(app)
    state.add_beside_records(app)
    ingest = config().ingest
    return WebServer(app, ingest.host, ingest.port, lambda: config().ingest.max_connections)


def _add_page(app: web.Application, shared: Shared) -> None:
    # What it needs takes 0.2 s to load, and few have a page.
    from powertrip.page import add_page  # noqa: PLC0415

    config = shared.config
    add_page(
        app,
        store=shared.store,
        section=lambda: config().proofs,
        people=lambda: tuple(config().people.values()),
        client=shared.http,
        clock=shared.clock,
        wake=shared.signals.proofs.set,
    )
