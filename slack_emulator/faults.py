"""Faults that can be switched on for Web API methods, each for a number of calls, to test what follows."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal[
    "http_error", "ratelimited", "error", "drop_before", "timeout_after_taken", "taken_late", "delay", "late"
]
RESPONSE_URL = "response_url"
"""The method's name for faults of the addresses at which interactions are answered."""


@dataclass
class Fault:
    """What goes wrong with the next `count` calls of `method` (`*` for any, `response_url` for an answer).

    `http_error` answers `status`; `ratelimited` answers 429 with `retry_after` seconds; `error` answers
    `{"ok": false, "error": error}`; `drop_before` closes the connection with nothing done;
    `timeout_after_taken` does the work, then closes the connection unanswered after `delay` seconds;
    `delay` answers properly, `delay` seconds late; `late` does the work no earlier, too; `taken_late` breaks
    the connection at once and does the work `delay` seconds later, with nobody there to be told. The last two
    also go on as soon as what is late is released.
    """

    method: str
    kind: FaultKind
    count: int = 1
    delay: float = 0.0
    status: int = 500
    retry_after: int = 1
    error: str = "internal_error"

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"kind: {self.kind!r} is none of {', '.join(get_args(FaultKind))}")


class Faults:
    """The faults that wait for their call, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._released = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def release(self) -> None:
        """Let all go on that is held up now."""
        self._released.set()
        self._released = asyncio.Event()

    async def hold(self, seconds: float) -> None:
        """Return after so many seconds, or as soon as it is released."""
        try:
            async with asyncio.timeout(seconds):
                await self._released.wait()
        except TimeoutError:
            return

    def later(self, work: Coroutine[None, None, None]) -> None:
        """Do work in the background, which `stop` ends."""
        task = asyncio.create_task(work)
        # The loop itself holds a task by a weak reference only.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    def take(self, method: str) -> Fault | None:
        """The fault that this call of `method` meets, if any; counts it."""
        fault = next((f for f in self._waiting if f.method in (method, "*")), None)
        if fault is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._waiting.remove(fault)
        return fault
