"""Keeps to what Slack said of its rate limits: a method that it limits is called by nobody until then."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from powertrip.errors import SlackUnavailable
from powertrip.slack.calls import call

SPACING = timedelta(milliseconds=1200)
"""Between the turns of those who wait: fifty a minute, as Slack allows of the methods called by this."""


class RateLimits:
    """The methods of one token that Slack limits at the moment."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self._next_turn: dict[str, datetime] = {}

    async def call(self, method: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """As `calls.call`; raises SlackUnavailable without a call while Slack wants none of `method`.

        Each who is refused so is given a turn of their own.
        """
        now = self._clock()
        until = self._until.get(method, now)
        if until > now:
            # Slack counts the workspace's calls together: each made too early keeps the others waiting, and
            # if all came back at once they would keep everybody else from being told.
            turn = max(until, self._next_turn.get(method, until))
            self._next_turn[method] = turn + SPACING
            raise SlackUnavailable(f"Slack limits {method}", retry_after=(turn - now).total_seconds())
        try:
            answer = await call(make())
        except SlackUnavailable as error:
            if error.retry_after:
                self._until[method] = self._clock() + timedelta(seconds=error.retry_after)
            raise
        # Whoever is limited next begins a new queue.
        self._next_turn.pop(method, None)
        return answer
