"""Reaches Slack at the start, or starts from what it last said while it is away."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter, ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import ConfigError, Mistake, SlackAmbiguous, SlackRefused, SlackUnavailable
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

    async def reach(self, client: AsyncWebClient) -> Found:
        """Ask Slack until it answers, or has answered before; raises ConfigError where it refuses."""
        while self._found is None:
            try:
                self._found = Found(
                    identity=await identify(client),
                    security_channel=await security_channel(client, self._channel),
                )
            except SlackRefused as error:
                problem = f"{error}. To see all that is wrong, run: python bot.py check"
                raise ConfigError([Mistake("Slack", "", problem)]) from error
            except (SlackUnavailable, SlackAmbiguous) as error:
                self._found = await self._last_known()
                if self._found is None:
                    log.error(
                        "Slack unreachable, keeping records until it answers",
                        error=str(error),
                        base_url=client.base_url,
                    )
                    await asyncio.sleep(RETRY)
                else:
                    log.error("Slack unreachable, starting with the workspace as last seen", error=str(error))
        await self.remember()
        return self._found

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
        # Another token may be another workspace's; only its hash is kept, for nothing secret is stored.
        token = hashlib.sha256(self._token.encode()).hexdigest()
        return f"workspace {token} {self._channel}"
