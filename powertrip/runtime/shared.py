"""What both halves of a process use: made before either, closed after both."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog

from powertrip.anchors import open_anchors
from powertrip.hids import open_ways
from powertrip.metrics import Metrics
from powertrip.net import Pool, new_client, utc_now
from powertrip.pipeline.context import Signals
from powertrip.pipeline.live import Live
from powertrip.pipeline.ports import Anchor, Enrichment, Origin
from powertrip.settings import Config
from powertrip.slack.calls import CALL_TIMEOUT
from powertrip.store import Clock, Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.drivers import doubt_in_url
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.store.migrating import migrate
from powertrip.store.sources.refusals import Refusals

log = structlog.get_logger(__name__)

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_id() -> str:
    """Ten characters that are hard to confuse and impossible to guess (49 bits)."""
    # One number for all letters: to ask the system for each takes five times as long.
    number, letters = secrets.randbelow(len(LETTERS) ** 10), []
    for _ in range(10):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The database, the signals, and the connections of one process."""

    config: Live[Config]
    """The configuration in force; read it once at the top of a step."""
    clock: Clock
    """The time that the whole program goes by; see there."""
    store: Store
    inbox: GroupCommitInbox
    refusals: Refusals
    signals: Signals
    metrics: Metrics
    origins: Mapping[str, Origin]
    anchors: Mapping[str, Anchor]
    enrichment: Enrichment
    slack_session: aiohttp.ClientSession
    http: Pool


@asynccontextmanager
async def open_shared(at_start: Config, origins: Mapping[str, Origin] | None) -> AsyncIterator[Shared]:
    """Open and migrate the database, open the connections, and close all of it in reverse.

    `origins` replaces the ways to tell origins that the configuration names. Raises ConfigError.
    """
    config, signals, metrics = Live(at_start), Signals(), Metrics()
    async with AsyncExitStack() as at_end:
        url = at_start.database.url.get_secret_value()
        thread = DatabaseThread(open_database(url, at_start.audit.key))
        at_end.push_async_callback(thread.close)
        applied = await asyncio.to_thread(migrate, thread.database)
        if problem := doubt_in_url(url):
            log.warning("doubtful setting", setting="database.url", problem=problem)
        log.info("database ready", url=at_start.database_label(), migrations=applied)
        clock = Clock(thread, wall=utc_now)
        await clock.begin()
        store = Store(thread)
        at_end.callback(store.end_work)
        refusals = Refusals(thread, clock)
        at_end.push_async_callback(refusals.close)
        ways = open_ways(at_start.origins, clock)
        at_end.push_async_callback(ways.close)
        anchors = open_anchors(at_start.audit, clock)
        at_end.push_async_callback(anchors.close)
        enrichment = at_start.enrichment.start(store.enrichment_cache, metrics, clock)
        at_end.push_async_callback(enrichment.close)
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT)
        yield Shared(
            config=config,
            clock=clock,
            store=store,
            inbox=GroupCommitInbox(
                thread,
                backlog=lambda: config().backlog,
                retry_after=lambda: int(config().ingest.retry_after.total_seconds()),
                on_new=signals.inbox.set,
            ),
            refusals=refusals,
            signals=signals,
            metrics=metrics,
            origins=ways.by_origin if origins is None else origins,
            anchors=anchors.by_name,
            enrichment=enrichment,
            slack_session=await at_end.enter_async_context(aiohttp.ClientSession(timeout=timeout)),
            http=await at_end.enter_async_context(new_client()),
        )
