"""A key that stands twice in one object of JSON: readers differ in which of the two they take."""

from collections.abc import Iterable
from typing import Any

_SHOWN = 60
"""Characters of a key that is named."""


def key_twice(pairs: Iterable[tuple[str, Any]]) -> str | None:
    """The first key that comes again, as it can be named; None where each comes once."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return repr(key[:_SHOWN])
        seen.add(key)
    return None
