"""The lookup queue of one service: asks about each address once at a time, and about many in one call.

Memory and database answer first. The rest waits its turn; addresses that come while the service is busy
gather, and go out together in its next call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from powertrip.enrichment.cache import AnswerCache, answer_as_json, answer_from_json
from powertrip.enrichment.circuit_breaker import REJECTED_PAUSE, CircuitBreaker
from powertrip.enrichment.service import Service, ServiceAnswer
from powertrip.errors import Busy, OutsideError, Rejected, Unavailable
from powertrip.metrics import Metrics

log = structlog.get_logger(__name__)

FAILURE_KEPT = timedelta(minutes=1)
"""How long an address is not asked about again after the service failed on it."""
NEGATIVE_KEPT = timedelta(minutes=10)
"""How long an answer is good that says nothing of an address, or not all."""
MOST_WAITING = 5000
"""Addresses that wait for one service; only an attack brings more, and then nobody looks at each."""
BUSY_IN_A_ROW = 10
"""After so many refusals in a row for want of quota the service counts as unavailable."""
LONGEST_PAUSE = timedelta(days=1)
"""A service is tried again after this, whatever its Retry-After demands."""
BUSY_WAIT = 60.0
"""Seconds to wait where a busy service does not say; quotas are counted by the minute."""
LONGEST_BUSY = 300.0
"""Seconds; a service that is busy for longer is unavailable."""


class LookupQueue:
    """All lookups of one service."""

    def __init__(
        self,
        service: Service,
        cache: AnswerCache,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.service = service
        self._cache = cache
        self._metrics = metrics
        self._clock = clock
        self._sleep = sleep
        self._breaker = CircuitBreaker(clock)
        self._futures: dict[str, asyncio.Future[ServiceAnswer]] = {}
        self._waiting: dict[str, None] = {}  # a set in order of arrival
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_calling = False
        self._busy_in_a_row = 0

    def look_up(self, addresses: Iterable[str]) -> dict[str, asyncio.Future[ServiceAnswer]]:
        """One future for each address; it gets an answer, never an error, and only `close` cancels it."""
        futures: dict[str, asyncio.Future[ServiceAnswer]] = {}
        unknown = []
        for address in addresses:
            if address in self._futures:
                futures[address] = self._futures[address]
                continue
            futures[address] = self._futures[address] = asyncio.get_running_loop().create_future()
            # At once and without a task: a burst of logins from one address is the usual case.
            answer = answer_from_json(self._cache.in_memory(self._key(address)))
            if answer is None:
                unknown.append(address)
            else:
                self._metrics.answers_known(self.service.name, 1)
                self._settle(address, answer)
        if unknown:
            task = asyncio.create_task(self._find_or_call(unknown))
            # The loop itself holds a task by a weak reference only.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return futures

    async def close(self) -> None:
        """Cancel all lookups."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for future in self._futures.values():
            future.cancel()
        self._futures.clear()

    def _key(self, address: str) -> str:
        return f"{self.service.name}:{self.service.version}:{address}"

    async def _find_or_call(self, addresses: Sequence[str]) -> None:
        cached: dict[str, ServiceAnswer] = {}
        try:
            if self.service.keep is not None:
                values = await self._cache.get([self._key(address) for address in addresses])
                answers = {address: answer_from_json(values.get(self._key(address))) for address in addresses}
                cached = {address: answer for address, answer in answers.items() if answer is not None}
        except Exception:  # a broken cache must not end what works without it
            log.exception("answer cache failed on reading", service=self.service.name)
        self._metrics.answers_known(self.service.name, len(cached))
        for address in addresses:
            if address in cached:
                self._settle(address, cached[address])
            elif len(self._waiting) >= MOST_WAITING:
                problem = f"{self.service.name} is not asked: {MOST_WAITING} other addresses wait already"
                self._settle(address, ServiceAnswer(problem=problem, failed=True))
            else:
                self._waiting[address] = None
        if self._is_calling:
            return  # whoever calls takes these along with its next batch
        self._is_calling = True
        try:
            while self._waiting:
                await self._call()
        finally:
            self._is_calling = False

    async def _call(self) -> None:
        """Make one call about the next batch; returns with some of it settled, or after a pause."""
        if reason := self._breaker.reason_open:
            self._fail(list(self._waiting), reason)
            return
        # A service that failed is tried with one address before it gets many.
        batch = list(self._waiting)[: self.service.batch if self._breaker.is_closed else 1]
        try:
            answers = await self.service.look_up(batch)
        except OutsideError as error:
            await self._call_failed(batch, error)
        except Exception:  # a fault of ours with one service must not end the others, nor this one
            log.exception("lookup failed on a fault of its service's code", service=self.service.name)
            unusable = Unavailable(f"{self.service.name} gave an answer that cannot be used")
            await self._call_failed(batch, unusable)
        else:
            await self._call_succeeded({address: answers[address] for address in batch if address in answers})
        self._metrics.set_service_paused(self.service.name, not self._breaker.is_closed)

    async def _call_failed(self, batch: Sequence[str], error: OutsideError) -> None:
        """Wait, and leave the batch waiting, if the service is only busy; fail the batch otherwise."""
        service, reason = self.service.name, str(error)
        wait = error.retry_after or BUSY_WAIT
        if isinstance(error, Busy) and wait <= LONGEST_BUSY:
            self._metrics.service_called(service, "busy")
            self._busy_in_a_row += 1
            if self._busy_in_a_row < BUSY_IN_A_ROW:
                await self._sleep(max(wait, 1.0))
            else:
                # A quota that never has room: people should read why, rather than wait for ever.
                self._busy_in_a_row = 0
                self._breaker.open(reason, REJECTED_PAUSE)
            return
        is_rejected = isinstance(error, Rejected)
        self._metrics.service_called(service, "refused" if is_rejected else "unavailable")
        log.warning("lookup failed", service=service, error=reason)
        if error.retry_after:
            self._breaker.open(reason, min(timedelta(seconds=error.retry_after), LONGEST_PAUSE))
        elif is_rejected:
            self._breaker.open(reason, REJECTED_PAUSE)
        else:
            self._breaker.failed(reason)
        self._fail(batch, reason)

    def _fail(self, addresses: Sequence[str], problem: str) -> None:
        answer = ServiceAnswer(problem=problem, failed=True)
        for address in addresses:
            # In memory alone: another process, or a restart after the mending, tries again at once.
            self._cache.put_in_memory(
                self._key(address), answer_as_json(answer), until=self._clock() + FAILURE_KEPT
            )
            self._settle(address, answer)

    async def _call_succeeded(self, answers: Mapping[str, ServiceAnswer]) -> None:
        self._metrics.service_called(self.service.name, "answered")
        self._busy_in_a_row = 0
        self._breaker.succeeded()
        # Before the database: nobody who waits for a card waits for it too.
        for address, answer in answers.items():
            if answer.failed:
                self._fail([address], answer.problem or "")
            else:
                self._settle(address, answer)
        answers = {address: answer for address, answer in answers.items() if not answer.failed}
        if self.service.keep is None:
            return
        complete: dict[str, Any] = {}
        incomplete: dict[str, Any] = {}
        for address, answer in answers.items():
            values = complete if answer.complete and answer.problem is None else incomplete
            values[self._key(address)] = answer_as_json(answer)
        try:
            await self._cache.put(complete, self.service.keep)
            await self._cache.put(incomplete, min(self.service.keep, NEGATIVE_KEPT))
        except Exception:  # a broken cache must not end what works without it
            log.exception("answer cache failed on writing", service=self.service.name)

    def _settle(self, address: str, answer: ServiceAnswer) -> None:
        self._waiting.pop(address, None)
        future = self._futures.pop(address, None)
        if future is not None and not future.done():
            future.set_result(answer)
