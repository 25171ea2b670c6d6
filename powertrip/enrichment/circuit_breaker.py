"""A circuit breaker: stops calling a service that fails again and again, then tries it with one call."""

from collections.abc import Callable
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 5
"""Failures in a row; fewer are bad luck."""
PAUSE = timedelta(minutes=1)
"""How long a failing service is left alone."""
REJECTED_PAUSE = timedelta(minutes=10)
"""How long a service is left alone that an operator has to mend first."""


class CircuitBreaker:
    """Closed: call. Open: do not call. Half open, once the pause is over: make one call and see."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until: datetime | None = None
        self._reason = ""

    @property
    def reason_open(self) -> str | None:
        """Why the service is not called, in words for people; None where it may be called."""
        return self._reason if self._open_until and self._clock() < self._open_until else None

    @property
    def is_closed(self) -> bool:
        return self._open_until is None

    def succeeded(self) -> None:
        self._failures = 0
        self._open_until = None

    def failed(self, reason: str) -> None:
        self._failures += 1
        # A half-open breaker opens again at the first failure.
        if self._failures >= FAILURES_TO_OPEN or self._open_until is not None:
            self.open(reason, PAUSE)

    def open(self, reason: str, pause: timedelta) -> None:
        self._reason = reason
        self._open_until = self._clock() + pause
