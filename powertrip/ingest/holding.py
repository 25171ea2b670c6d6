"""What the endpoint holds of bodies, bounded over all requests together, and whose turn it is to be read."""

import asyncio
import gc
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from powertrip.errors import Overloaded

_RETRY_AFTER = 10
"""Seconds: a body is held for as long as it takes to arrive and to be read."""


class Room:
    """Bytes of bodies that are held at once, of which no source can take the last from the others."""

    def __init__(self, limit: Callable[[], int], what: str) -> None:
        """`limit` in bytes; `what` is said in a refusal."""
        self._limit = limit
        self._what = what
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """Bytes, over all sources."""
        return self._held.total()

    def take(self, source: str, size: int) -> None:
        """Hold `size` bytes more for a source; raises Overloaded.

        A source may hold as much as is free besides: one alone half of all, and the next half of the rest.
        """
        free = self._limit() - self.held
        if size and self._held[source] + size > free:
            raise Overloaded(f"too much of {self._what} is held already; send it again", _RETRY_AFTER)
        self._held[source] += size

    def give_back(self, source: str, size: int) -> None:
        """Hold `size` bytes less for a source."""
        self._held[source] -= size
        if self._held[source] <= 0:
            del self._held[source]


class Turns:
    """One body at a time, and of those who wait one of each source after the other."""

    def __init__(self) -> None:
        self._all = asyncio.Lock()
        self._of_source: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def turn(self, source: str) -> AsyncIterator[None]:
        """Wait for the turn of a source, and keep it until the block ends."""
        # Locks are handed on in the order they were asked for, and each source asks once at a time.
        async with self._of_source[source], self._all:
            # To look for garbage in all that a large body makes takes 0.1 s, in which nobody runs.
            gc.disable()
            try:
                yield
            finally:
                gc.enable()
