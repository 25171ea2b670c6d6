"""Reaching Slack at the start, or going on with what it said the last time where it is away."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import ConfigError, Mistake, SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.slack import preflight
from powertrip.store import Store

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
"""How long what Slack said of the workspace is believed while Slack cannot be asked again."""
RETRY = 5.0
"""Seconds between attempts to reach Slack when it is away at the start."""


class Workspace:
    """What has to be known of the workspace, asked for once and remembered."""

    def __init__(self, store: Store, *, token: str, channel: str, clock: Callable[[], datetime]) -> None:
        """`channel` is the security channel as the configuration names it."""
        self._store = store
        self._token = token
        self._channel = channel
        self._clock = clock
        self._found: preflight.Found | None = None

    async def reach(self, client: AsyncWebClient) -> preflight.Found:
        """Ask Slack until it answers, or has answered before; raises ConfigError where it refuses."""
        while self._found is None:
            try:
                self._found = await preflight.look(client, self._channel)
            except SlackRefused as error:
                problem = f"{error}. To see all that is wrong, run: python bot.py check"
                raise ConfigError([Mistake("Slack", "", problem)]) from error
            except (SlackUnavailable, SlackAmbiguous) as error:
                self._found = await self._as_known()
                await self._wait(error)
        await self.remember()
        return self._found

    async def _wait(self, error: Exception) -> None:
        if self._found is not None:
            log.error("Slack cannot be reached; begun with what it said last", error=str(error))
            return
        log.error("Slack cannot be reached; records are kept meanwhile", error=str(error))
        await asyncio.sleep(RETRY)

    async def _as_known(self) -> preflight.Found | None:
        known = await self._store.people_cache.get(self._key(), self._clock() - KEPT)
        return None if known is None else preflight.Found.from_json(known)

    async def remember(self) -> None:
        """Keep it for a start while Slack is away; to be done now and then, for it is not kept for ever."""
        if self._found is not None:
            await self._store.people_cache.put(self._key(), self._found.as_json(), self._clock())

    def move_to(self, *, channel: str, channel_id: str) -> None:
        """Take another security channel; the next `remember` keeps it."""
        self._channel = channel
        if self._found is not None:
            self._found = replace(self._found, security_channel=channel_id)

    def _key(self) -> str:
        token = hashlib.sha256(self._token.encode()).hexdigest()
        return f"workspace {token} {self._channel}"
