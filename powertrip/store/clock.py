"""The one clock of the program: the database's, which all workers share, carried on where nobody can set it.

PostgreSQL tells the time; with SQLite, whose processes share one machine, this machine does. Between two
looks the monotonic clock carries it on. A look that finds another time has found a step: whoever set the
clock, leases stand as long as they would have, and what waits does not wait for the old time to come again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from powertrip.store import clock_steps
from powertrip.store.clock_steps import STEP, UNNOTICED
from powertrip.store.database import DatabaseThread, is_postgres
from powertrip.store.database_in_use import database

log = structlog.get_logger(__name__)

PRECISE = timedelta(milliseconds=100)
"""An answer that takes longer says too little of the time to set the clock by."""
STEPS_KEPT = 100
"""Steps forward that are remembered; what waits for a week's silence has had fewer."""


class ClockStepped(Exception):
    """The time is another than it should be: do nothing by it before the step is survived."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """The time, and how far it is off what it should be."""

    at: datetime
    monotonic: float
    off: timedelta
    is_precise: bool

    @property
    def is_step(self) -> bool:
        """Whether somebody set the clock."""
        return abs(self.off) >= STEP


class Clock:
    """Call it for the time, anywhere; a claim calls `read` in its transaction; a tick calls `follow`."""

    def __init__(
        self,
        thread: DatabaseThread,
        *,
        wall: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`wall` is this machine's clock, which anybody may set."""
        self._thread = thread
        self._wall = wall
        self._monotonic = monotonic
        self._anchor = wall(), monotonic()
        self._apart = timedelta()
        """By how much this machine's clock is ahead of the database's."""
        self._set_back = timedelta()
        self._forward: tuple[tuple[datetime, timedelta], ...] = ()
        """When it was set forward, and by how much, the newest last."""
        self._back: tuple[float, timedelta] | None = None
        """When, by the monotonic clock, and by how much it was set back a moment ago."""

    def __call__(self) -> datetime:
        """The time now, in UTC."""
        return self._at(self._monotonic())

    def ago(self, moment: datetime, span: timedelta) -> datetime:
        """What the clock showed a `span` before it showed `moment`, also where it was set forward since.

        For whoever concludes something from a silence: what a step skipped was none. Thread-safe.
        """
        for at, by in reversed(self._forward):
            if moment - at >= span:
                break
            moment, span = at - by, span - max(moment - at, timedelta())
        return moment - span

    def read(self) -> datetime:
        """The time now, in a transaction; raises ClockStepped where the clock was set."""
        if self._look().is_step:
            raise ClockStepped
        return self()

    async def begin(self) -> None:
        """Take the database's time; where it went back while nobody looked, pull back what waits for it."""
        reading, self._set_back, behind = await self._thread.run(self._begin)
        self._anchor = reading.at, reading.monotonic
        if behind:
            log.warning("clock went back while nobody looked", seconds=behind.total_seconds())
        self._apart = self._wall() - self()
        if abs(self._apart) >= STEP:
            log.warning("this machine's clock is not the database's", seconds=self._apart.total_seconds())

    def _begin(self) -> tuple[_Reading, timedelta, timedelta]:
        reading, newest = self._look(), clock_steps.newest()
        behind = newest - reading.at if newest else timedelta()
        if behind < STEP:
            return reading, clock_steps.set_back(), timedelta()
        _, total = clock_steps.went_back(timedelta(), timedelta(), reading.at)
        clock_steps.pull_back(behind, reading.at)
        return reading, total, behind

    async def follow(self) -> None:
        """Look at the clock, and survive it where somebody set it. Raises StoreUnavailable."""
        reading, self._set_back, changed = await self._thread.run(self._survive)
        # After the commit: until then nobody goes by a time for which leases and due times are not ready.
        if reading.is_precise or reading.is_step:
            self._anchor = reading.at, reading.monotonic
        if reading.is_step:
            self._remember(reading.at, reading.off)
            # Steps that are under way have read the time before it, and write by it after this.
            self._back = (reading.monotonic, -reading.off) if reading.off < timedelta() else None
            log.warning("clock was set", seconds=reading.off.total_seconds(), pulled_back=changed)
        self._notice_wall()

    def _remember(self, at: datetime, by: timedelta) -> None:
        if by > timedelta():
            self._forward = (*self._forward, (at, by))[-STEPS_KEPT:]
            return
        # A step back undoes those that it goes back beyond.
        undone = [
            (then + by, skipped + by) if then > at else (then, skipped) for then, skipped in self._forward
        ]
        self._forward = tuple((then, skipped) for then, skipped in undone if skipped > timedelta())

    def _survive(self) -> tuple[_Reading, timedelta, int]:
        reading, changed = self._look(), 0
        if not reading.is_step:
            return reading, clock_steps.set_back(), self._mend_late(reading)
        if reading.off > timedelta():
            clock_steps.went_forward(reading.at - reading.off, reading.at)
            return reading, clock_steps.set_back(), 0
        changed, total = clock_steps.went_back(-reading.off, self._set_back, reading.at)
        return reading, total, changed

    def _mend_late(self, reading: _Reading) -> int:
        if self._back is None:
            return 0
        since, by = self._back
        if timedelta(seconds=reading.monotonic - since) > UNNOTICED:
            self._back = None
            return 0
        return clock_steps.pull_back_late(by, reading.at)

    def _look(self) -> _Reading:
        before = self._monotonic()
        at = _database_time() if is_postgres() else self._wall()
        after = self._monotonic()
        # It was read somewhere between the two.
        off = max(at - self._at(after), timedelta()) + min(at - self._at(before), timedelta())
        return _Reading(at, after, off, is_precise=timedelta(seconds=after - before) < PRECISE)

    def _at(self, monotonic: float) -> datetime:
        at, since = self._anchor
        return at + timedelta(seconds=monotonic - since)

    def _notice_wall(self) -> None:
        """Log a step of this machine's clock, by which the log is written."""
        apart = self._wall() - self()
        moved, self._apart = apart - self._apart, apart
        if abs(moved) >= STEP:
            log.warning("this machine's clock was set", seconds=moved.total_seconds())


def _database_time() -> datetime:
    # Not `now()`, which is when the transaction began.
    (seconds,) = database.execute_sql("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    return datetime.fromtimestamp(float(seconds), UTC)
