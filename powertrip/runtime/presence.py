"""What a process writes of itself every few seconds: a sign of life that all others see.

The write is real, so that a database that can only be read, or is full, shows within seconds, and not when
the next sender comes.
"""

import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

import powertrip
from powertrip.errors import StoreUnavailable
from powertrip.runtime.loop import Loop, Timers
from powertrip.runtime.shared import Shared
from powertrip.store.processes import Process, ProcessRole

log = structlog.get_logger(__name__)

SIGN_TICK = timedelta(seconds=5)


class Presence:
    """One process in the database, from its start to its end."""

    def __init__(
        self,
        shared: Shared,
        *,
        role: ProcessRole,
        is_connected: Callable[[], Awaitable[bool]] | None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`is_connected` tells of the socket to Slack, in a process that has one."""
        self._shared = shared
        self._is_connected = is_connected
        self._clock = clock or shared.clock
        host, pid, now = socket.gethostname()[:200], os.getpid(), self._clock()
        self._process = Process(
            # Containers share names and numbers.
            name=f"{host}-{pid}-{secrets.token_hex(3)}",
            role=role,
            host=host,
            pid=pid,
            version=powertrip.__version__,
            started_at=now,
            seen_at=now,
        )
        self._loop = Loop("sign of life", self._step, every=lambda _: SIGN_TICK)
        self._timers = Timers()

    async def start(self) -> None:
        """Give the first sign; raises StoreUnavailable: where nothing can be written, nothing is begun."""
        await self.show()
        self._timers.follow([self._loop], self._shared.config())
        self._loop.start()

    async def stop(self) -> None:
        """Give the last sign; belongs after all work."""
        self._timers.stop()
        await self._loop.stop()
        try:
            await self.show(is_last=True)
        except StoreUnavailable as error:
            log.warning("end not written down", error=str(error))

    async def show(self, *, is_last: bool = False) -> None:
        """Give a sign of life. Raises StoreUnavailable."""
        now = self._clock()
        is_connected = self._is_connected is not None and not is_last and await self._is_connected()
        self._process = replace(
            self._process,
            seen_at=now,
            connected_at=now if is_connected else self._process.connected_at,
            stopped_at=now if is_last else None,
        )
        await self._shared.store.processes.show(self._process)

    async def _step(self) -> bool:
        await self.show()
        return False
