"""The user group of the reviewers, read at most once a minute however many people click."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import SlackAmbiguous, SlackError, SlackMisconfigured, SlackRefused
from powertrip.slack.limits import RateLimits

log = structlog.get_logger(__name__)

FRESH = timedelta(minutes=1)
"""How long the members last read decide: Slack allows about twenty readings a minute."""
KEPT = timedelta(hours=1)
"""How long they decide while Slack does not answer."""


class ReviewersGroup:
    """Who is in a user group."""

    def __init__(self, client: AsyncWebClient, limits: RateLimits, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._limits = limits
        self._clock = clock
        self._reading = asyncio.Lock()
        self._group = ""
        self._members: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    async def members(self, group: str) -> frozenset[str]:
        """The ids of its members, as of a minute ago at most; raises SlackError where nobody can say."""
        # Of many who click at once, one asks and the others get the same answer.
        async with self._reading:
            if self._age(group) >= FRESH:
                try:
                    self._members = await self._read(group)
                    self._group, self._read_at = group, self._clock()
                except SlackError as error:
                    if self._age(group) >= KEPT:
                        raise
                    log.warning("reviewers.group not read, its last members decide", error=str(error))
            return self._members

    def _age(self, group: str) -> timedelta:
        if self._read_at is None or group != self._group:
            return timedelta.max
        return self._clock() - self._read_at

    async def _read(self, group: str) -> frozenset[str]:
        try:
            answer = await self._limits.call(
                "usergroups.users.list", lambda: self._client.usergroups_users_list(usergroup=group)
            )
        except SlackRefused as error:
            # A refused token says nothing of the group, and is answered otherwise.
            if isinstance(error, SlackMisconfigured) and error.scope is None:
                raise
            # A group that is gone, or may not be read, must not leave everybody unknown.
            log.error("reviewers.group unreadable, nobody is a reviewer by it", error=str(error))
            return frozenset()
        members = answer["users"]
        if not isinstance(members, list):
            raise SlackAmbiguous("Slack's answer holds no members of reviewers.group")
        return frozenset(map(str, members))
