"""Measures for how long the event loop looks at nothing: so long waits everybody, a click included."""

import asyncio
import selectors
from collections.abc import Callable
from time import monotonic, thread_time

NOTED_FROM = 0.05
"""Seconds; the many shorter turns of the loop cost two readings of clocks each."""

Note = Callable[[float, float], None]
"""Is told of a stall: its seconds, and those of the processor that the loop itself took of them."""


class StallWatch(selectors.DefaultSelector):
    """Measures the time from one look at the connections to the next."""

    note: Note | None = None

    def __init__(self) -> None:
        super().__init__()
        self._looked_at, self._worked = monotonic(), thread_time()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        asked_at = monotonic()
        ready = super().select(timeout)
        now, worked = monotonic(), thread_time()
        # A look that takes longer than it was to wait: others had the processor, or Python's lock.
        late = 0.0 if timeout is None else max(0.0, now - asked_at - timeout)
        stall, work = asked_at - self._looked_at + late, worked - self._worked
        self._looked_at, self._worked = now, worked
        if stall >= NOTED_FROM and self.note is not None:
            self.note(stall, work)
        return ready


def watched_loop() -> asyncio.AbstractEventLoop:
    """An event loop whose stalls can be noted."""
    return asyncio.SelectorEventLoop(StallWatch())


def note_stalls(note: Note) -> None:
    """Have the stalls of the running loop noted from now on, where it was made to be watched."""
    # The loop keeps it to itself, and whoever embeds Powertrip may bring another.
    watch = getattr(asyncio.get_running_loop(), "_selector", None)
    if isinstance(watch, StallWatch):
        watch.note = note
