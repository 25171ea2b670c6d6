"""Whose delivery is next among those as urgent: each lane has a queue of its own, and they take turns.

A delivery's turn is a step after that of the last one as urgent that waits in its lane, and at least that of
whatever waits longest. In the order of turns, then, the lanes come one after the other, however much waits in
one of them. What goes out by the hundred takes a hundredth of a step.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from powertrip.domain.delivery import GATHERED, LISTED
from powertrip.domain.routing import DIRECT
from powertrip.store import written

_Urgency = tuple[int, int]
"""Priority and rank."""


class LaneTurns:
    """The turns of deliveries that one transaction lets wait."""

    def __init__(self) -> None:
        """Reads what waits as it is needed."""
        self._first: dict[_Urgency, int] = {}
        self._last: dict[tuple[str, _Urgency], int | None] = {}

    def take(self, kind: str, lane: str, *, priority: int, rank: int) -> int:
        """The turn of the lane's next delivery."""
        urgency = (priority, rank)
        if urgency not in self._first:
            self._first[urgency] = _first(urgency)
        if (lane, urgency) not in self._last:
            self._last[lane, urgency] = _last(lane, urgency)
        first, last = self._first[urgency], self._last[lane, urgency]
        turn = first if last is None else max(first, last + _step(kind, lane))
        self._last[lane, urgency] = turn
        return turn


def with_turns(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of deliveries that are to wait, each with its turn."""
    turns = LaneTurns()
    return [
        {
            **row,
            "turn": turns.take(row["kind"], row["lane"], priority=row["priority"], rank=row["rank"]),
        }
        for row in rows
    ]


def _step(kind: str, lane: str) -> int:
    # One list, and one look-up of a person, is for all that waits there.
    return 1 if kind in GATHERED and not lane.startswith(DIRECT) else LISTED


_AS_URGENT = "SELECT turn FROM delivery WHERE state = 'waiting' AND priority = ? AND rank = ?"


def _first(urgency: _Urgency) -> int:
    found = written.run(f"{_AS_URGENT} ORDER BY turn LIMIT 1", *urgency).fetchone()
    return int(found[0]) if found else 0


def _last(lane: str, urgency: _Urgency) -> int | None:
    found = written.run(f"{_AS_URGENT} AND lane = ? ORDER BY id DESC LIMIT 1", *urgency, lane).fetchone()
    return int(found[0]) if found else None
