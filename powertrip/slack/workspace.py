"""Reaches Slack at the start, or starts from what it last said while it is away."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter, ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import (
    ConfigError,
    Mistake,
    SlackAmbiguous,
    SlackRefused,
    SlackUnavailable,
    StoreUnavailable,
)
from powertrip.slack.preflight import Found, identify, security_channel
from powertrip.store import Store

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
"""How long what Slack said of the workspace is believed while Slack cannot be asked again."""
RETRY = 5.0
"""Seconds between attempts to reach Slack when it is away at the start."""

_FOUND = TypeAdapter(Found)


class Workspace:
    """What has to be known of the workspace, asked for once and remembered."""

    def __init__(self, store: Store, *, token: str, channel: str, clock: Callable[[], datetime]) -> None:
        """`channel` is the security channel as the configuration names it."""
        self._store = store
        self._token = token
        self._channel = channel
        self._clock = clock
        self._found: Found | None = None
        self.refusal: SlackRefused | None = None
        """What Slack refuses at this start and took at an earlier one, if anything."""

    async def reach(self, client: AsyncWebClient) -> Found:
        """Ask Slack until it answers, or has answered before.

        Raises ConfigError where it refuses what it never took: then the configuration is wrong. What it took
        before was right once, and records are taken while somebody mends it.
        """
        while self._found is None:
            try:
                self._found = Found(
                    identity=await identify(client),
                    security_channel=await security_channel(client, self._channel),
                )
            except SlackRefused as error:
                self._found, self.refusal = await self._last_known(), error
                if self._found is None:
                    problem = f"{error}. To see all that is wrong, run: python bot.py check"
                    raise ConfigError([Mistake("Slack", "", problem)]) from error
                log.error("Slack refuses what it took before, starting all the same", error=str(error))
            except (SlackUnavailable, SlackAmbiguous) as error:
                self._found = await self._last_known()
                if self._found is None:
                    log.error(
                        "Slack unreachable, keeping records until it answers",
                        error=str(error),
                        base_url=client.base_url,
                    )
                    await asyncio.sleep(max(RETRY, error.retry_after or 0))
                else:
                    log.error("Slack unreachable, starting with the workspace as last seen", error=str(error))
        await self.remember()
        return self._found

    async def took(self, app_token: str) -> bool:
        """Whether Slack once gave a socket for this token."""
        return await self._store.people_cache.get(_socket_key(app_token), self._clock() - KEPT) is not None

    async def remember_socket(self, app_token: str) -> None:
        """Keep that Slack gave a socket for this token; a database that is busy is no reason not to start."""
        try:
            await self._store.people_cache.put(_socket_key(app_token), True, self._clock())
        except StoreUnavailable as error:
            log.warning("socket not remembered", error=str(error))

    async def _last_known(self) -> Found | None:
        known = await self._store.people_cache.get(self._key(), self._clock() - KEPT)
        if known is None:
            return None
        try:
            return _FOUND.validate_python(known)
        except ValidationError:
            # Another release wrote it; waiting for Slack is better than no start at all.
            return None

    async def remember(self) -> None:
        """Keep it for a start while Slack is away; call it now and then, as it expires after KEPT."""
        if self._found is not None:
            value = _FOUND.dump_python(self._found, mode="json")
            await self._store.people_cache.put(self._key(), value, self._clock())

    def move_to(self, *, channel: str, channel_id: str) -> None:
        """Take another security channel; the next `remember` keeps it."""
        self._channel = channel
        if self._found is not None:
            self._found = replace(self._found, security_channel=channel_id)

    def _key(self) -> str:
        # Another token may be another workspace's.
        return f"workspace {_hash(self._token)} {self._channel}"


def _socket_key(app_token: str) -> str:
    return f"socket {_hash(app_token)}"


def _hash(token: str) -> str:
    # Nothing secret is stored.
    return hashlib.sha256(token.encode()).hexdigest()
