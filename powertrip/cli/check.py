"""`bot.py check`: config, database, Slack tokens and scopes, and the channel, each with its fix."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import peewee
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.config import Config
from powertrip.errors import PowertripError, StoreError
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT, call
from powertrip.slack.scopes import REASONS
from powertrip.store import audit
from powertrip.store.database import open_database, pending_migrations
from powertrip.store.models import database


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
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT)) as session:
        findings += await _slack(config, session)
    return findings


def _database(config: Config) -> list[Finding]:
    try:
        opened = open_database(config.database.url.get_secret_value())
        database.initialize(opened)
        with opened.connection_context():
            pending = pending_migrations(opened)
            broken = None if pending else audit.first_broken_line()
    except (peewee.DatabaseError, StoreError) as error:
        fix = f"cannot be opened: {error}; check database.url or DATABASE_URL"
        return [Finding(name="database", ok=False, detail=fix)]
    if pending:
        waiting = f"{len(pending)} migrations wait; run: python bot.py migrate"
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


async def _slack(config: Config, session: aiohttp.ClientSession) -> list[Finding]:
    client = AsyncWebClient(
        token=config.slack.bot_token.get_secret_value(),
        base_url=config.slack.base_url,
        session=session,
        retry_handlers=[],
    )
    bot = await _try("bot token", "slack.bot_token", lambda: preflight.identify(client))
    app_token = config.slack.app_token.get_secret_value()
    app = await _try(
        "app token",
        "slack.app_token, which needs the scope connections:write",
        lambda: call(client.apps_connections_open(app_token=app_token)),
    )
    findings = [
        _found(bot, lambda identity: f"{identity.team}"),
        _found(app, lambda _: "a socket can be opened"),
    ]
    if isinstance(bot, preflight.Identity):
        findings.append(_scopes(bot))
        findings.append(await _channel(client, config))
    return findings


@dataclass(frozen=True, slots=True)
class _Failed:
    finding: Finding


async def _try(name: str, setting: str, step: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await step()
    except PowertripError as error:
        return _Failed(Finding(name=name, ok=False, detail=f"{error}; check {setting}"))


def _found(result: Any, describe: Callable[[Any], str]) -> Finding:
    if isinstance(result, _Failed):
        return result.finding
    name = "bot token" if isinstance(result, preflight.Identity) else "app token"
    return Finding(name=name, ok=True, detail=describe(result))


def _scopes(identity: preflight.Identity) -> Finding:
    missing = preflight.missing_scopes(identity)
    if not missing:
        return Finding(name="scopes", ok=True, detail=f"all {len(REASONS)}")
    wanted = "; ".join(f"{scope}, needed {REASONS[scope]}" for scope in missing)
    return Finding(name="scopes", ok=False, detail=f"add {wanted}; then reinstall the app")


async def _channel(client: AsyncWebClient, config: Config) -> Finding:
    wanted = config.slack.security_channel
    try:
        channel = await preflight.security_channel(client, wanted)
    except PowertripError as error:
        return Finding(name="security channel", ok=False, detail=str(error))
    return Finding(name="security channel", ok=True, detail=f"{wanted} ({channel}), and the bot is in it")
