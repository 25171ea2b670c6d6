"""Leaves a service alone that fails again and again, and tries it with one question after a while."""

from collections.abc import Callable
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 5
"""Failures in a row; fewer are bad luck."""
PAUSE = timedelta(minutes=1)
"""How long a failing service is left alone."""
REFUSED_PAUSE = timedelta(minutes=10)
"""How long one is left alone that wants an operator to mend something first."""


class Breaker:
    """Open: not asked. Half open: asked once, to see. Closed: asked."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until: datetime | None = None
        self._why = ""

    @property
    def why_open(self) -> str | None:
        """Why the service is not asked; None if it is."""
        return self._why if self._open_until and self._clock() < self._open_until else None

    @property
    def is_closed(self) -> bool:
        """Whether the service answers, as far as is known."""
        return self._open_until is None

    def succeeded(self) -> None:
        """The service gave an answer."""
        self._failures = 0
        self._open_until = None

    def failed(self, why: str, pause: timedelta = PAUSE) -> None:
        """The service gave none; the words are what people are told meanwhile."""
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN or self._open_until is not None:
            self.open(why, pause)

    def open(self, why: str, pause: timedelta) -> None:
        """Leave the service alone from now on."""
        self._why = why
        self._open_until = self._clock() + pause
