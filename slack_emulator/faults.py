"""Faults that can be switched on for Web API methods, each for a number of calls, to test what follows."""

from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal["http_error", "ratelimited", "error", "drop_before", "timeout_after_taken", "delay"]


@dataclass
class Fault:
    """What goes wrong with the next `count` calls of `method` (`*` for any).

    `http_error` answers `status`; `ratelimited` answers 429 with `retry_after` seconds; `error` answers
    `{"ok": false, "error": error}`; `drop_before` closes the connection with nothing done;
    `timeout_after_taken` does the work, then closes the connection unanswered after `delay` seconds;
    `delay` answers properly, `delay` seconds late.
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

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that this call of `method` meets, if any; counts it."""
        fault = next((f for f in self._waiting if f.method in (method, "*")), None)
        if fault is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._waiting.remove(fault)
        return fault
