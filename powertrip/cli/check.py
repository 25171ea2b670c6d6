"""What `bot.py check` looks at; each thing that is wrong comes with its fix."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp
import peewee
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import (
    ConfigError,
    PowertripError,
    SlackAmbiguous,
    SlackRefused,
    SlackUnavailable,
    StoreError,
    Unavailable,
)
from powertrip.hids import open_ways
from powertrip.ingest.contract import PollRequest
from powertrip.metrics import Metrics
from powertrip.net import new_client, utc_now
from powertrip.polls import poll_client
from powertrip.settings import Config
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT, call
from powertrip.slack.scopes import REASONS
from powertrip.store import Store, audit
from powertrip.store.database import DatabaseThread, open_database, pending_migrations
from powertrip.store.database_in_use import using


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the report."""

    name: str
    ok: bool
    detail: str
    """What is there or, if it is not well, what to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all checks, in the order in which they are made."""

    results: list[CheckResult] = field(default_factory=list)

    def well(self, name: str, detail: str) -> None:
        """Add a line about something that is well."""
        self.results.append(CheckResult(name=name, ok=True, detail=detail))

    def wrong(self, name: str, detail: str) -> None:
        """Add a line about something that is wrong; `detail` says what to do."""
        self.results.append(CheckResult(name=name, ok=False, detail=detail))

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Add a line for any PowertripError that the block raises, and go on after it."""
        try:
            yield
        except (SlackUnavailable, SlackAmbiguous) as error:
            self.wrong(name, f"{error}; check the way to Slack from here and, if it is set, slack.base_url")
        except PowertripError as error:
            self.wrong(name, str(error))


async def check_all(config: Config) -> list[CheckResult]:
    """Check everything. Changes nothing, but opens one socket ticket, and asks each service once."""
    report = Report()
    report.well("config", f"{len(config.sources)} sources")
    for warning in config.warnings:
        report.well("config", f"note: {warning}")
    await asyncio.to_thread(check_database, config, report)
    names = ", ".join(config.backup.channels)
    # Not tried here: a test message would call whoever is on duty.
    trial = f"{names}; to try them: python bot.py test-backup"
    report.well("backup", trial if names else "note: no channel is configured")
    await check_enrichment(config, report)
    await check_polls(config, report)
    await check_origins(config, report)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT)) as session:
        await check_slack(config, session, report)
    return report.results


def check_database(config: Config, report: Report) -> None:
    """Open the database, and check that its tables are up to date and its history is whole."""
    try:
        opened = open_database(config.database.url.get_secret_value())
        with using(opened), opened.connection_context():
            pending = pending_migrations(opened)
            # Before its migrations the history may have no table yet.
            broken = None if pending else audit.first_broken_line()
    except (peewee.DatabaseError, StoreError) as error:
        reason = " ".join(str(error).split())
        label = config.database_label()
        report.wrong("database", f"{label} cannot be opened: {reason}; check database.url or DATABASE_URL")
        return
    if pending:
        names = ", ".join(pending)
        report.wrong("database", f"its tables are not up to date ({names}); run: python bot.py migrate")
        return
    report.well("database", config.database_label())
    if broken is None:
        report.well("audit", "the chain is whole")
    else:
        detail = f"line {broken} does not fit the chain: the history was changed outside Powertrip"
        report.wrong("audit", f"{detail}; compare it with a backup of the database")


async def check_enrichment(config: Config, report: Report) -> None:
    """Ask each service, at the price of a call at most, and open each database of addresses."""
    try:
        thread = DatabaseThread(open_database(config.database.url.get_secret_value()))
    except StoreError:
        return  # `check_database` has reported it
    try:
        enricher = config.enrichment.start(Store(thread).enrichment_cache, Metrics(), utc_now)
    except ConfigError as error:
        for mistake in error.mistakes:
            report.wrong("enrichment", f"{mistake.setting}: {mistake.problem}")
        return
    finally:
        # The probes do without the cache: an answer that is kept says nothing about the service.
        await thread.close()
    try:
        for service in enricher.services:
            with report.checking(service.name):
                report.well(service.name, await service.probe())
    finally:
        await enricher.close()


async def check_polls(config: Config, report: Report) -> None:
    """Fetch what each polled API had to tell since the last time it would have been asked."""
    now = utc_now()
    async with new_client() as client:
        outside = poll_client(client, utc_now)
        for name, poll in config.polls.items():
            # Without the cursor, which only the worker may move on.
            request = PollRequest(name=name, client=outside, cursor=None, since=now - poll.every, now=now)
            with report.checking(f"poll {name}"):
                try:
                    async with asyncio.timeout(CALL_TIMEOUT):
                        page = await poll.fetch(request)
                except TimeoutError as error:
                    raise Unavailable(f"no answer within {CALL_TIMEOUT:g} s; check its url") from error
                report.well(f"poll {name}", f"answers, with {len(page.records)} records just now")


async def check_origins(config: Config, report: Report) -> None:
    """Reach each HIDS that is to be told of decisions."""
    try:
        ways = open_ways(config.origins, utc_now)
    except ConfigError as error:
        for mistake in error.mistakes:
            report.wrong("origins", str(mistake))
        return
    try:
        for name, way in ways.by_origin.items():
            with report.checking(f"origin {name}"):
                report.well(f"origin {name}", await way.check())
    finally:
        await ways.close()


async def check_slack(config: Config, session: aiohttp.ClientSession, report: Report) -> None:
    """Check both tokens and, if the bot's is good, its scopes, the security channel and the reviewers."""
    client = AsyncWebClient(
        token=config.slack.bot_token.get_secret_value(),
        base_url=config.slack.base_url,
        session=session,
        retry_handlers=[],  # somebody waits, and the first error is the one to read
    )
    identity: preflight.Identity | None = None
    with report.checking("bot token"):
        identity = await preflight.identify(client)
        report.well("bot token", identity.team)
    with report.checking("app token"):
        try:
            await call(client.apps_connections_open(app_token=config.slack.app_token.get_secret_value()))
        except SlackRefused as error:
            raise preflight.app_token_refused(error) from error
        report.well("app token", "a socket can be opened")
    if identity is None:
        return
    missing = preflight.missing_scopes(identity)
    for scope in missing:
        report.wrong("scopes", f"add {scope}, needed {REASONS[scope]}, and reinstall the app")
    if not missing:
        report.well("scopes", f"all {len(REASONS)}")
    wanted = config.slack.security_channel
    with report.checking("security channel"):
        channel_id = await preflight.security_channel(client, wanted)
        report.well("security channel", f"{wanted} ({channel_id}), and the bot is in it")
    if config.reviewers.group is not None:
        await check_reviewers(client, config.reviewers.group, report)


async def check_reviewers(client: AsyncWebClient, group: str, report: Report) -> None:
    """Check that the user group exists and that somebody is in it."""
    with report.checking("reviewers"):
        try:
            members = (await call(client.usergroups_users_list(usergroup=group)))["users"]
        except SlackRefused as error:
            # For a missing scope the group may be right; `check_slack` tells which scopes are missing.
            if error.code == "missing_scope":
                raise
            problem = f"reviewers.group: {group}: {error}; write the id of a user group that exists"
            raise SlackRefused(error.code, problem) from error
        if members:
            report.well("reviewers", f"{len(members)} by the user group {group}")
        else:
            report.wrong("reviewers", f"reviewers.group: {group} has no members; add the reviewers to it")
