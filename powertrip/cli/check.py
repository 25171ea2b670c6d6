"""`bot.py check`: config, database, Slack tokens and scopes, and the channel, each with its fix."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

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
from powertrip.ingest.contract import Poll, PollRequest
from powertrip.metrics import Metrics
from powertrip.net import HttpClient, new_client
from powertrip.polls import poll_client
from powertrip.runtime.shared import utc_now
from powertrip.settings import Config
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT, call
from powertrip.slack.scopes import REASONS
from powertrip.store import Store, audit
from powertrip.store.database import DatabaseThread, open_database, pending_migrations
from powertrip.store.tables import using


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    name: str
    ok: bool
    detail: str
    """What was found or, if it is not well, what to do."""


async def check_all(config: Config) -> list[Finding]:
    """Look at everything that can be looked at without changing anything but opening one socket ticket."""
    findings = [Finding(name="config", ok=True, detail=f"{len(config.sources)} sources")]
    findings += [Finding(name="config", ok=True, detail=f"note: {text}") for text in config.warnings]
    findings += await asyncio.to_thread(_database, config)
    findings.append(_backup(config))
    findings += await _enrichment(config)
    findings += await _polls(config)
    findings += await _origins(config)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT)) as session:
        findings += await _slack(config, session)
    return findings


async def _origins(config: Config) -> list[Finding]:
    try:
        ways = open_ways(config.origins, utc_now)
    except ConfigError as error:
        return [Finding(name="origins", ok=False, detail=str(mistake)) for mistake in error.mistakes]
    try:
        return [await _try(f"origin {name}", way.check) for name, way in ways.by_origin.items()]
    finally:
        await ways.close()


async def _polls(config: Config) -> list[Finding]:
    now = datetime.now(UTC)
    async with new_client() as client:
        outside = poll_client(client, utc_now)
        return [
            await _try(f"poll {name}", partial(_ask, poll, _just_now(name, poll, outside, now)))
            for name, poll in config.polls.items()
        ]


def _just_now(name: str, poll: Poll, client: HttpClient, now: datetime) -> PollRequest:
    return PollRequest(name=name, client=client, cursor=None, since=now - poll.every, now=now)


async def _ask(poll: Poll, request: PollRequest) -> str:
    try:
        async with asyncio.timeout(CALL_TIMEOUT):
            page = await poll.fetch(request)
    except TimeoutError as error:
        raise Unavailable(f"no answer within {CALL_TIMEOUT:g} s; check its url") from error
    return f"answers, with {len(page.records)} records just now"


def _backup(config: Config) -> Finding:
    names = ", ".join(config.backup.channels)
    detail = f"{names}; to try them: python bot.py test-backup" if names else "note: no channel is configured"
    return Finding(name="backup", ok=True, detail=detail)


def _database(config: Config) -> list[Finding]:
    try:
        opened = open_database(config.database.url.get_secret_value())
        with using(opened), opened.connection_context():
            pending = pending_migrations(opened)
            broken = None if pending else audit.first_broken_line()
    except (peewee.DatabaseError, StoreError) as error:
        said = " ".join(str(error).split())
        fix = f"{config.database_label()} cannot be opened: {said}; check database.url or DATABASE_URL"
        return [Finding(name="database", ok=False, detail=fix)]
    if pending:
        waiting = f"its tables are not up to date ({', '.join(pending)}); run: python bot.py migrate"
        return [Finding(name="database", ok=False, detail=waiting)]
    return [
        Finding(name="database", ok=True, detail=config.database_label()),
        _audit_finding(broken),
    ]


def _audit_finding(broken: int | None) -> Finding:
    if broken is None:
        return Finding(name="audit", ok=True, detail="the chain is whole")
    detail = f"line {broken} does not fit the chain: the history was changed outside Powertrip"
    return Finding(name="audit", ok=False, detail=detail)


async def _enrichment(config: Config) -> list[Finding]:
    """Each service asked, at the price of a call at most, and each database opened."""
    try:
        thread = DatabaseThread(open_database(config.database.url.get_secret_value()))
    except StoreError:
        return []  # said already, of the database
    try:
        conductor = config.enrichment.start(Store(thread).enrichment_cache, Metrics(), utc_now)
    except ConfigError as error:
        return [
            Finding(name="enrichment", ok=False, detail=f"{mistake.setting}: {mistake.problem}")
            for mistake in error.mistakes
        ]
    finally:
        await thread.close()
    findings = [await _try(service.name, service.probe) for service in conductor.services]
    await conductor.close()
    return findings


async def _slack(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    client = AsyncWebClient(
        token=config.slack.bot_token.get_secret_value(),
        base_url=config.slack.base_url,
        session=session,
        retry_handlers=[],
    )
    app_token = config.slack.app_token.get_secret_value()
    app = await _try("app token", lambda: _socket(client, app_token))
    try:
        identity = await preflight.identify(client)
    except PowertripError as error:
        return [Finding(name="bot token", ok=False, detail=_fix(error)), app]
    return [
        Finding(name="bot token", ok=True, detail=identity.team),
        app,
        *_scopes(identity),
        await _try("security channel", lambda: _channel(client, config.slack.security_channel)),
        *await _reviewers(client, config.reviewers.group),
    ]


async def _try(name: str, step: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name=name, ok=True, detail=await step())
    except PowertripError as error:
        return Finding(name=name, ok=False, detail=_fix(error))


def _fix(error: PowertripError) -> str:
    if isinstance(error, SlackUnavailable | SlackAmbiguous):
        return f"{error}; check the way to Slack from here and, if it is set, slack.base_url"
    return str(error)


async def _socket(client: AsyncWebClient, app_token: str) -> str:
    try:
        await call(client.apps_connections_open(app_token=app_token))
    except SlackRefused as error:
        raise preflight.app_token_refused(error) from error
    return "a socket can be opened"


def _scopes(identity: preflight.Identity) -> list[Finding]:
    missing = preflight.missing_scopes(identity)
    if not missing:
        return [Finding(name="scopes", ok=True, detail=f"all {len(REASONS)}")]
    return [
        Finding(
            name="scopes",
            ok=False,
            detail=f"add {scope}, needed {REASONS[scope]}, and reinstall the app",
        )
        for scope in missing
    ]


async def _channel(client: AsyncWebClient, wanted: str) -> str:
    return f"{wanted} ({await preflight.security_channel(client, wanted)}), and the bot is in it"


async def _reviewers(client: AsyncWebClient, group: str | None) -> list[Finding]:
    return [] if group is None else [await _try("reviewers", lambda: _group(client, group))]


async def _group(client: AsyncWebClient, group: str) -> str:
    try:
        members = (await call(client.usergroups_users_list(usergroup=group)))["users"]
    except SlackRefused as error:
        if error.code == "missing_scope":
            raise
        problem = f"reviewers.group: {group}: {error}; write the id of a user group that exists"
        raise SlackRefused(error.code, problem) from error
    if not members:
        raise SlackRefused("empty", f"reviewers.group: {group} has no members; add the reviewers to it")
    return f"{len(members)} by the user group {group}"
