"""Watches the thread that works on the database, and replaces it where it hangs."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from powertrip.errors import StoreUnavailable, StoreUncertain
from powertrip.store.line import Line

log = structlog.get_logger(__name__)

PATIENCE = 25.0
"""Seconds after which a thread that does not get on hangs: PostgreSQL ends every statement before."""
CONNECTED_WITHIN = 5.0
"""Seconds that a connection may take beyond the limit of its hosts: names are looked up without a limit."""
LOST_AT_MOST = 8
"""Threads that may hang at the same time: each holds memory, and perhaps a connection."""
STOOD_STILL = 1.0
"""Seconds by which a timer is late only where the process, or its event loop, stood still."""

Result = TypeVar("Result")


class Lines:
    """The line at work, and those that were given up."""

    def __init__(self, opened: Any, patience: float) -> None:
        """`opened` shows progress; `patience`: seconds after which a thread without any is given up."""
        limit = opened.connect_limit
        self.patience = max(patience, limit + CONNECTED_WITHIN) if limit else patience
        self.current = Line(opened)
        self._lost: list[Line] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._is_ending = self._is_over = False

    def ask(self, job: Callable[[Line], Result]) -> asyncio.Future[Result]:
        """Have a job done by the thread at work, after all before it; raises StoreUnavailable."""
        loop, line = asyncio.get_running_loop(), self.current
        if self._is_over:
            raise StoreUnavailable("the database did not answer, and this process ends")
        self._lost = [lost for lost in self._lost if lost.is_alive]
        if not line.is_begun and len(self._lost) >= LOST_AT_MOST:
            raise StoreUnavailable(
                f"{LOST_AT_MOST} threads hang in the driver of the database; it is not asked"
            )
        if self._alarm is None:
            self._set_alarm(loop, self.patience)
        return line.ask(loop, lambda: job(line))

    def hurry(self, patience: float) -> None:
        """Give up sooner from now on, for whoever ends the process does not wait long."""
        self.patience, self._is_ending = min(self.patience, patience), True
        if self._alarm is not None:
            self._alarm.cancel()
            left = self.current.moved_at + self.patience - time.monotonic()
            self._set_alarm(asyncio.get_running_loop(), max(left, 0.0))

    def hung(self) -> None:
        """Note that the database does not answer: a process that ends asks it no more.

        Each of those who still have something to write down would wait for it in turn. What they do not
        write, leases hand to the next start.
        """
        self._is_over = self._is_ending

    async def end(self, last: Callable[[Line], object], seconds: float) -> None:
        """End the thread after a last job; one that does not come to it in time is left behind."""
        line = self.current
        if line.is_begun:
            with contextlib.suppress(TimeoutError, StoreUnavailable):
                async with asyncio.timeout(seconds):
                    await asyncio.shield(self.ask(last))
            line.end()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        # One for all jobs: a timer a job would cost more than the job.
        self._alarm = loop.call_later(seconds, self._look, loop, loop.time() + seconds)

    def _look(self, loop: asyncio.AbstractEventLoop, due_at: float) -> None:
        line, self._alarm = self.current, None
        if not line.is_busy:
            return
        left = line.moved_at + self.patience - time.monotonic()
        # Where the alarm is late, the thread stood still with the process, and may get on now.
        is_late = loop.time() - due_at > STOOD_STILL
        if left > 0 or is_late:
            self._set_alarm(loop, self.patience if is_late else left)
            return
        log.error("the database does not answer, giving up its thread", seconds=self.patience)
        self.hung()
        self._lost.append(line)
        self.current = Line(line.database.again())
        line.give_up(self._unanswered)

    def _unanswered(self, was_committing: bool) -> StoreUnavailable:
        problem = f"the database did not answer within {self.patience:g} s"
        return StoreUncertain(problem) if was_committing else StoreUnavailable(problem)
