"""Values that a reload replaces whole."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


R = TypeVar("R")


class Live(Generic[T]):
    """One value that is replaced as a whole; call it to read it, at use, and never keep what it returned."""

    def __init__(self, value: T) -> None:
        self._value = value

    def __call__(self) -> T:
        """The value in force."""
        return self._value

    def replace(self, value: T) -> None:
        """Put another value in force, for everybody at once."""
        self._value = value


def derived(live: Live[T], make: Callable[[T], R]) -> Callable[[], R]:
    """Reads `make` of the value in force, calling `make` only after that was replaced."""
    made: list[tuple[T, R]] = []

    def read() -> R:
        value = live()
        if not made or made[0][0] is not value:
            made[:] = [(value, make(value))]
        return made[0][1]

    return read
