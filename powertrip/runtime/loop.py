"""Loops over what waits in the database, and the timers that wake them.

The database is the queue. A tick that finds nothing costs one query; no job is held per event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta

import structlog

from powertrip.domain.delivery import Delivery
from powertrip.errors import PowertripError, StoreUnavailable
from powertrip.settings import Config
from powertrip.store import Clock, ClockStepped, Known, Store

log = structlog.get_logger(__name__)

PAUSE_AFTER_FAILURE = 1.0
"""Seconds a loop rests after a failure, so that a broken database is not asked in a tight loop."""

Every = Callable[[Config], timedelta]
"""How often a loop looks without being woken. A function of the configuration, for a reload changes it."""


class Loop:
    """Runs `step` until it returns False, at the start and then each time it is woken."""

    def __init__(
        self, name: str, step: Callable[[], Awaitable[bool]], *, every: Every, on: asyncio.Event | None = None
    ) -> None:
        """`step` does one batch and returns whether there may be more; `on` wakes the loop between ticks."""
        self.name = name
        self.every = every
        self._step = step
        self._woken = on or asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"loop {self.name}")

    def wake(self) -> None:
        """Run the step soon; once more after this step if one is running now."""
        self._woken.set()

    async def stop(self) -> None:
        """Finish the step at hand and begin no other."""
        self._stopping = True
        self.wake()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        # The first step is not waited for: an earlier process may have left work.
        while not self._stopping:
            try:
                while not self._stopping and await self._step():
                    pass
            except PowertripError as error:
                log.error("loop step failed, retrying", loop=self.name, error=str(error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            except Exception:  # a fault in one round must not end all later ones
                log.exception("loop step broke, retrying", loop=self.name)
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            await self._woken.wait()
            self._woken.clear()


class OutboxLoop(Loop):
    """Hands due deliveries to `send`: lanes side by side, and within a lane one at a time with a pause."""

    def __init__(
        self,
        store: Store,
        send: Callable[[Delivery], Awaitable[float]],
        *,
        clock: Clock,
        pause: Callable[[str], float],
        posts_per_minute: Callable[[], int],
        known: Callable[[], Known],
        lease: timedelta,
        every: Every,
        on: asyncio.Event,
        lanes_at_once: int = 16,
    ) -> None:
        """`pause`: seconds between two deliveries of a lane; `send` returns those that Slack demands.

        `posts_per_minute` goes for the messages of all workers; `known` says who need not be looked up.
        """
        super().__init__("send", self._hand_out, every=every, on=on)
        self._store = store
        self._send = send
        self._clock = clock
        self._pause = pause
        self._posts_per_minute = posts_per_minute
        self._known = known
        self._lease = lease
        self._lanes_at_once = lanes_at_once
        self._under_way: set[asyncio.Task[None]] = set()
        self._ended: list[tuple[Delivery, timedelta]] = []
        """Deliveries whose lanes are still to be given back, each with the rest that its lane takes."""

    async def stop(self) -> None:
        """Begin no other delivery, and finish those under way."""
        await super().stop()
        await asyncio.gather(*self._under_way)
        if not self._ended:
            return
        try:
            await self._store.deliveries.leave(self._ended, self._clock)
        except StoreUnavailable as error:
            log.error("lanes not given back, their leases end by themselves", error=str(error))

    async def _hand_out(self) -> bool:
        room, ended = self._lanes_at_once - len(self._under_way), tuple(self._ended)
        if room <= 0 and not ended:
            return False
        try:
            taken = await self._take(room, ended, self._known())
        except ClockStepped:
            await self._clock.follow()
            return True
        except StoreUnavailable:
            raise
        except Exception:  # what cannot be sent on at once must hold up no other: it is looked at by itself
            log.exception("nothing could be taken, trying without what is known of people")
            taken = await self._take(room, ended, None)
        del self._ended[: len(ended)]
        for _, rest in ended:
            if rest:
                asyncio.get_running_loop().call_later(rest.total_seconds(), self.wake)
        for delivery in taken:
            self._under_way.add(asyncio.create_task(self._deliver(delivery)))
        return 0 < room == len(taken)

    async def _take(
        self, room: int, ended: Sequence[tuple[Delivery, timedelta]], known: Known | None
    ) -> list[Delivery]:
        # Together: while much is judged, each transaction waits for a batch of records.
        return await self._store.deliveries.take_several(
            self._clock.read,
            self._lease,
            room,
            posts_per_minute=self._posts_per_minute(),
            ended=ended,
            known=known,
        )

    async def _deliver(self, delivery: Delivery) -> None:
        demanded = 0.0
        try:
            demanded = await self._send(delivery)
        except StoreUnavailable as error:
            # The lease ends by itself and the delivery is taken up again.
            log.error("delivery outcome not recorded", uid=delivery.uid, error=str(error))
        except Exception:  # a fault in one delivery must not end its lane
            log.exception("delivery broke, retrying when its lease ends", uid=delivery.uid)
        # Slack limits messages per channel, over all workers.
        rest = max(demanded, self._pause(delivery.lane))
        self._ended.append((delivery, timedelta(seconds=rest)))
        # Here and not when the task is done: whoever is woken now has its room.
        self._under_way -= {asyncio.current_task()}
        self.wake()


class Timers:
    """Wakes loops at their intervals, by the event loop's clock, which nobody can set."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        """The interval of each loop, by its name."""
        self._next: dict[str, asyncio.TimerHandle] = {}

    def follow(self, loops: Collection[Loop], config: Config) -> None:
        """Tick these loops and no others, as often as the configuration says."""
        for name in self._seconds.keys() - {loop.name for loop in loops}:
            self._next.pop(name).cancel()
            del self._seconds[name]
        for loop in loops:
            seconds = loop.every(config).total_seconds()
            # Who begins to wait anew each time: frequent reloads would keep the hourly one waiting.
            if self._seconds.get(loop.name) == seconds:
                continue
            self._seconds[loop.name] = seconds
            if loop.name in self._next:
                self._next[loop.name].cancel()
            self._wait(loop, seconds)

    def stop(self) -> None:
        for waiting in self._next.values():
            waiting.cancel()

    def _wait(self, loop: Loop, seconds: float) -> None:
        self._next[loop.name] = asyncio.get_running_loop().call_later(seconds, self._tick, loop, seconds)

    def _tick(self, loop: Loop, seconds: float) -> None:
        loop.wake()
        self._wait(loop, seconds)
