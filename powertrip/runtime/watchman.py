"""Looks from the process that takes records whether another one judges them, where the two run apart."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from powertrip import cards
from powertrip.backup.channels import AppriseChannels
from powertrip.cards import PlainMessage
from powertrip.errors import Unavailable
from powertrip.pipeline.heartbeat_alarm import RETRY_LONGEST
from powertrip.pipeline.ports import BackupChannels
from powertrip.pipeline.retry import doubled
from powertrip.runtime.loop import Loop, Timers
from powertrip.runtime.shared import Shared
from powertrip.runtime.steps import follow_clock

log = structlog.get_logger(__name__)

TICK = timedelta(seconds=10)


class Watchman:
    """Tells the backup channels, once, that no worker is alive: whoever keeps the card cannot say so."""

    def __init__(
        self,
        shared: Shared,
        *,
        clock: Callable[[], datetime] | None = None,
        backup: BackupChannels | None = None,
    ) -> None:
        """`backup` stands in for the channels of the configuration."""
        self._shared = shared
        self._clock = clock or shared.clock
        self._backup = backup
        self._began_at = self._again_at = self._clock()
        self._failures = 0
        self._loops = [
            Loop("watch worker", self.look, every=lambda _: TICK),
            Loop("watch clock", partial(follow_clock, shared), every=lambda _: TICK),
        ]
        self._timers = Timers()

    def start(self) -> None:
        self._timers.follow(self._loops, self._shared.config())
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        self._timers.stop()
        await asyncio.gather(*(loop.stop() for loop in self._loops))

    async def look(self) -> bool:
        """Look once; returns False. Raises StoreUnavailable."""
        config, now, store = self._shared.config(), self._clock(), self._shared.store.heartbeat
        # After a step back it has begun in the future.
        self._began_at = min(self._began_at, now)
        # What was before its own start is nobody's silence: both may have been down.
        alive_at = max(await self._shared.store.processes.worker_seen_at() or self._began_at, self._began_at)
        is_silent = now - alive_at >= config.heartbeat.late_after / 2
        if now >= self._again_at and await store.mark_worker_told(now if is_silent else None):
            message = cards.worker_silent(alive_at) if is_silent else cards.worker_back(now)
            if await self._tell(message, self._backup or AppriseChannels(config.backup.channels)):
                self._failures = 0
            else:
                await store.mark_worker_told(None if is_silent else now)
                self._again_at = now + doubled(TICK, self._failures, RETRY_LONGEST)
                self._failures += 1
        return False

    async def _tell(self, message: PlainMessage, backup: BackupChannels) -> bool:
        """Tell every channel; returns whether one took it, or there is none."""
        log.error(message.title, why=message.body)
        failed = 0
        for name in backup.names:
            try:
                await backup.send(name, message.title, message.body)
            except Unavailable as error:
                failed += 1
                log.error("backup channel did not take it", channel=name, error=str(error))
        return failed == 0 or failed < len(backup.names)
