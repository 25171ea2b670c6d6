"""Slack's published rate limits, kept by token buckets: per method, and per channel for posting.

Tiers are calls a minute: 1, 20, 50 and 100 for tiers 1 to 4. `chat.postMessage` takes one message a second
and channel, with short bursts, and several hundred a minute over the workspace.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

CHANNEL_BURST = 3
SMALLEST_BURST = 3
WORKSPACE_POSTS_PER_MINUTE = 300


@dataclass
class _Bucket:
    capacity: float
    per_second: float
    tokens: float
    filled_at: float

    def wait_for_token(self, now: float) -> float:
        """Seconds until a token is there; 0 takes it."""
        self.tokens = min(self.capacity, self.tokens + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.per_second


class Rates:
    """Counts calls and says how long to wait; `strict` off lets everything through."""

    def __init__(self, *, strict: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.strict = strict
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def _wait(self, key: str, capacity: float, per_second: float) -> float:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(capacity, per_second, capacity, now))
        return bucket.wait_for_token(now)

    def retry_after(self, method: str, per_minute: int, channel: str = "") -> int:
        """Seconds for the Retry-After header; 0 lets the call through."""
        if not self.strict:
            return 0
        if method == "chat.postMessage":
            wait = self._wait(f"{method} {channel}", CHANNEL_BURST, 1.0)
            # A token of the workspace is only taken by what the channel lets through.
            wait = wait or self._wait(method, WORKSPACE_POSTS_PER_MINUTE, WORKSPACE_POSTS_PER_MINUTE / 60)
        else:
            wait = self._wait(method, max(per_minute, SMALLEST_BURST), per_minute / 60)
        return math.ceil(wait)
