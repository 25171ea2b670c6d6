"""The way of questions to one service: each address once at a time, together where that saves calls.

What is known is answered from memory and database. The rest waits its turn; while the service is busy it
goes on waiting and is then asked about in one call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from powertrip.enrichment.answers import Answers, read, written
from powertrip.enrichment.circuit_breaker import REFUSED_PAUSE, Breaker
from powertrip.enrichment.service import Service, ServiceAnswer
from powertrip.errors import Busy, OutsideError, Rejected, Unavailable
from powertrip.metrics import Metrics

log = structlog.get_logger(__name__)

FAILURE_KEPT = timedelta(minutes=1)
"""How long an address is not asked about again after the service failed on it."""
NEGATIVE_KEPT = timedelta(minutes=10)
"""How long it is believed that a service says nothing, or not all, of an address."""
MOST_WAITING = 5000
"""Addresses that wait for one service; more come in an attack alone, where none of them is looked at."""
BUSY_IN_A_ROW = 10
"""After so many refusals in a row for want of quota the service counts as unavailable."""
LONGEST_PAUSE = timedelta(days=1)
"""However long a service wants to be left alone, it is tried again after this."""
BUSY_WAIT = 60.0
"""Seconds to wait where a busy service does not say; quotas are counted by the minute."""
LONGEST_BUSY = 300.0
"""Seconds; a service that is busy for longer is unavailable."""


class Lane:
    """All questions to one service."""

    def __init__(
        self,
        service: Service,
        answers: Answers,
        metrics: Metrics,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.service = service
        self._answers = answers
        self._metrics = metrics
        self._clock = clock
        self._sleep = sleep
        self._breaker = Breaker(clock)
        self._asked: dict[str, asyncio.Future[ServiceAnswer]] = {}
        self._waiting: dict[str, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self._busy = 0

    def ask(self, addresses: Iterable[str]) -> dict[str, asyncio.Future[ServiceAnswer]]:
        """One future an address; each gets an answer, never an error, and is cancelled by `close` at most."""
        wanted = list(addresses)
        new = [address for address in wanted if address not in self._asked]
        for address in new:
            self._asked[address] = asyncio.get_running_loop().create_future()
        futures = {address: self._asked[address] for address in wanted}
        rest = [address for address in new if not self._answer_from_memory(address)]
        if rest:
            self._spawn(self._look(rest))
        return futures

    async def close(self) -> None:
        """Drop what is still asked."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for future in self._asked.values():
            future.cancel()
        self._asked.clear()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _key(self, address: str) -> str:
        return f"{self.service.name}:{self.service.version}:{address}"

    def _answer_from_memory(self, address: str) -> bool:
        answer = read(self._answers.remembered(self._key(address)))
        if answer is None:
            return False
        self._metrics.answers_known(self.service.name, 1)
        self._settle(address, answer)
        return True

    async def _look(self, addresses: Sequence[str]) -> None:
        known = await self._known(addresses)
        self._metrics.answers_known(self.service.name, len(known))
        for address in addresses:
            if address in known:
                self._settle(address, known[address])
            elif len(self._waiting) >= MOST_WAITING:
                problem = f"{self.service.name} is not asked: {MOST_WAITING} other addresses wait already"
                self._settle(address, ServiceAnswer(problem=problem))
            else:
                self._waiting[address] = None
        if not self._draining:
            await self._drain()

    async def _known(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        if self.service.keep is None:
            return {}
        try:
            found = await self._answers.find([self._key(address) for address in addresses])
            kept = {address: read(found.get(self._key(address))) for address in addresses}
            return {address: answer for address, answer in kept.items() if answer is not None}
        except Exception:  # a broken cache must not end what works without it
            log.exception("what is known of addresses cannot be used", service=self.service.name)
            return {}

    async def _drain(self) -> None:
        self._draining = True
        try:
            while self._waiting:
                await self._turn()
        finally:
            self._draining = False

    async def _turn(self) -> None:
        if why := self._breaker.why_open:
            self._fail(list(self._waiting), why)
            return
        # A service that failed is tried with one address before it gets many.
        batch = list(self._waiting)[: self.service.batch if self._breaker.is_closed else 1]
        try:
            answers = await self.service.look_up(batch)
        except OutsideError as error:
            wait = error.retry_after or BUSY_WAIT
            if isinstance(error, Busy) and wait <= LONGEST_BUSY:
                await self._wait(error, wait)
            else:
                self._failed(batch, error)
        except Exception:  # a fault of ours with one service must not end the others, nor this one
            log.exception("a service could not be asked", service=self.service.name)
            self._failed(batch, Unavailable(f"{self.service.name} gave an answer that cannot be used"))
        else:
            await self._answered({address: answers[address] for address in batch if address in answers})
        self._metrics.set_service_paused(self.service.name, not self._breaker.is_closed)

    async def _wait(self, error: Busy, seconds: float) -> None:
        self._metrics.service_called(self.service.name, "busy")
        self._busy += 1
        if self._busy >= BUSY_IN_A_ROW:
            self._busy = 0
            self._breaker.open(str(error), REFUSED_PAUSE)
            return
        await self._sleep(max(seconds, 1.0))

    def _failed(self, batch: Sequence[str], error: OutsideError) -> None:
        refused = isinstance(error, Rejected)
        self._metrics.service_called(self.service.name, "refused" if refused else "unavailable")
        log.warning("a service gave no answer", service=self.service.name, error=str(error))
        pause = min(timedelta(seconds=error.retry_after), LONGEST_PAUSE) if error.retry_after else None
        if refused or pause:
            self._breaker.open(str(error), pause or REFUSED_PAUSE)
        else:
            self._breaker.failed(str(error))
        self._fail(batch, str(error))

    def _fail(self, addresses: Sequence[str], why: str) -> None:
        answer = ServiceAnswer(problem=why)
        for address in addresses:
            self._answers.remember(self._key(address), written(answer), self._clock() + FAILURE_KEPT)
            self._settle(address, answer)

    async def _answered(self, answers: Mapping[str, ServiceAnswer]) -> None:
        self._metrics.service_called(self.service.name, "answered")
        self._busy = 0
        self._breaker.succeeded()
        # Whoever waits need not wait for the database too.
        for address, answer in answers.items():
            self._waiting.pop(address, None)
            self._settle(address, answer)
        if self.service.keep is not None:
            await self._keep(answers, self.service.keep)

    async def _keep(self, answers: Mapping[str, ServiceAnswer], keep: timedelta) -> None:
        whole = {self._key(a): written(found) for a, found in answers.items() if _is_whole(found)}
        rest = {self._key(a): written(found) for a, found in answers.items() if not _is_whole(found)}
        try:
            for values, time_to_live in ((whole, keep), (rest, min(keep, NEGATIVE_KEPT))):
                if values:
                    await self._answers.keep(values, time_to_live)
        except Exception:  # a broken cache must not end what works without it
            log.exception("answers cannot be kept", service=self.service.name)

    def _settle(self, address: str, answer: ServiceAnswer) -> None:
        self._waiting.pop(address, None)
        future = self._asked.pop(address, None)
        if future is not None and not future.done():
            future.set_result(answer)


def _is_whole(answer: ServiceAnswer) -> bool:
    return answer.complete and answer.problem is None
