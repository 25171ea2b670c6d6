"""Whose record is judged next: each source has a queue of its own, and they take turns.

A record's turn is one more than that of its source's last that waits, and at least that of whatever waits
longest. In the order of turns, then, the sources come one after the other, whoever has sent how much.
"""

from collections.abc import Iterable
from typing import Any

from peewee import fn

from powertrip.store.database import run_written
from powertrip.store.tables import InboxRow

# Written out, for this belongs to each commit of the ingest endpoint.
_FIRST_AND_LAST = """SELECT (SELECT min(turn) FROM inbox WHERE judged_at IS NULL),
    (SELECT max(turn) FROM inbox WHERE judged_at IS NULL AND source = ?)"""


def waiting_by_source() -> dict[str, int]:
    """How many records of each source wait to be judged."""
    query: Any = (
        InboxRow.select(InboxRow.source, fn.COUNT(InboxRow.id))
        .where(InboxRow.judged_at.is_null())
        .group_by(InboxRow.source)
        .tuples()
    )
    return {source: int(count) for source, count in query}


class Turns:
    """The turns of records that come in by one transaction."""

    def __init__(self, sources: Iterable[str]) -> None:
        """`sources` are all that records come of."""
        self._next: dict[str, int] = {}
        for source in set(sources):
            first, last = run_written(_FIRST_AND_LAST, (source,)).fetchone()
            self._next[source] = (first or 0) if last is None else max(first, last + 1)

    def take(self, source: str) -> int:
        """The turn of the source's next record."""
        turn = self._next[source]
        self._next[source] += 1
        return turn
