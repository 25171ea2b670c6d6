"""Waking up: APScheduler ticks, new work wakes at once, and a sweep runs until nothing is left.

The database is the queue. A tick that finds nothing costs one query; no job is held per event.
"""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from powertrip.errors import PowertripError, StoreUnavailable
from powertrip.ports import Delivery
from powertrip.store import Store

log = structlog.get_logger(__name__)

PAUSE_AFTER_FAILURE = 1.0
"""Seconds a sweep rests after a failure, so that a broken database is not asked in a tight loop."""


class Sweep:
    """Calls a step again and again while it says that there may be more, whenever it is woken."""

    def __init__(self, name: str, step: Callable[[], Awaitable[bool]]) -> None:
        """`step` does one batch and returns whether there may be more."""
        self.name = name
        self._step = step
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin, with a first round at once."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name=f"sweep {self.name}")

    def wake(self) -> None:
        """Have the step called soon, also if it is running right now."""
        self._woken.set()

    async def stop(self) -> None:
        """Finish the batch at hand and begin no other."""
        self._stopping = True
        self._woken.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stopping:
            await self._woken.wait()
            self._woken.clear()
            await self._until_nothing_is_left()

    async def _until_nothing_is_left(self) -> None:
        more = True
        while more and not self._stopping:
            more = await self._attempt()

    async def _attempt(self) -> bool:
        try:
            return await self._step()
        except PowertripError as error:
            log.error("a sweep failed and will be repeated", sweep=self.name, error=str(error))
        except Exception:  # a fault in one round must not end all later ones
            log.exception("a sweep broke and will be repeated", sweep=self.name)
        await asyncio.sleep(PAUSE_AFTER_FAILURE)
        return False


class Dispatcher:
    """Hands due deliveries to the sender: lanes side by side, one at a time and with a gap within each."""

    def __init__(
        self,
        store: Store,
        send: Callable[[Delivery], Awaitable[float]],
        clock: Callable[[], datetime],
        gap: Callable[[str], float],
        lease: timedelta,
        *,
        lanes_at_once: int = 16,
    ) -> None:
        """`gap` gives the seconds between two deliveries of a lane; `send` returns what Slack demands."""
        self._store = store
        self._send = send
        self._clock = clock
        self._gap = gap
        self._lease = lease
        self._lanes_at_once = lanes_at_once
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._sweep = Sweep("deliveries", self._hand_out)
        self.wake = self._sweep.wake

    def start(self) -> None:
        """Begin with whatever an earlier run left waiting."""
        self._sweep.start()

    async def stop(self) -> None:
        """Begin no other delivery, and finish those under way."""
        await self._sweep.stop()
        self._stopping.set()
        await asyncio.gather(*self._busy.values())

    async def _hand_out(self) -> bool:
        if len(self._busy) >= self._lanes_at_once:
            return False
        delivery = await self._store.deliveries.claim(self._clock(), self._lease, list(self._busy))
        if delivery is None:
            return False
        self._busy[delivery.lane] = asyncio.create_task(self._deliver(delivery))
        return True

    async def _deliver(self, delivery: Delivery) -> None:
        rest = 0.0
        try:
            rest = await self._send(delivery)
        except StoreUnavailable as error:
            # The lease ends by itself and the delivery is taken up again.
            log.error(
                "the outcome of a delivery could not be written down", uid=delivery.uid, error=str(error)
            )
        except Exception:  # a fault in one delivery must not end its lane
            log.exception("a delivery broke; it is tried again when its lease ends", uid=delivery.uid)
        finally:
            await self._free(delivery.lane, rest)

    async def _free(self, lane: str, rest: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), max(rest, self._gap(lane)))
        del self._busy[lane]
        self._sweep.wake()


class Clockwork:
    """APScheduler, with the few jobs Powertrip has."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def every(self, interval: timedelta, job: Callable[[], object], name: str) -> None:
        """Call `job`, plain or async, each `interval`; a late call is made once, not several times."""

        # A plain function would be called on another thread, where nothing of ours may be touched.
        async def tick() -> None:
            result = job()
            if inspect.isawaitable(result):
                await result

        self._scheduler.add_job(
            tick,
            "interval",
            seconds=interval.total_seconds(),
            id=name,
            name=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no other tick."""
        self._scheduler.shutdown(wait=False)
