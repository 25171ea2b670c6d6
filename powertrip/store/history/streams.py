"""The tables that tell of events, each read once in the order of events' ids."""

from collections.abc import Iterator

from powertrip.store.history import seals
from powertrip.store.history.snapshot import Row


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


LINES = """SELECT event_id, id, action, actor_id, at, detail FROM audit
    WHERE event_id IS NOT NULL ORDER BY {key}, id"""
EVENTS = f"""SELECT id, status, occurrences, next_reminder_at, decided_at, subject_slack_id, is_test,
    doubts, storm_id, storm_apart, EXISTS (SELECT 1 FROM storm s WHERE s.id = event.storm_id),
    {_columns(seals.WEIGHED)},
    {_columns(seals.OF_EVENT)} FROM event ORDER BY {{key}}"""  # noqa: S608 (names of ours)
OCCURRENCES = f"""SELECT event_id, revision, {_columns(seals.OF_OCCURRENCE)} FROM occurrence
    ORDER BY {{key}}, revision"""  # noqa: S608 (names of ours)
OCCURRENCE = f"""SELECT revision, {_columns(seals.OF_OCCURRENCE)} FROM occurrence
    WHERE event_id = ? AND revision = ?"""  # noqa: S608 (names of ours)
DECISIONS = """SELECT event_id, id, verdict, actor_id, actor_name, at, via, revision, reason, batch_id,
    expectation_id, actor_kind, agent_name, agent_running, proof FROM decision ORDER BY {key}, id"""
NOTICES = """SELECT event_id, id, kind, channel, ts, shown_revision, removed_at, shown_digest FROM notice
    ORDER BY {key}, id"""


class Rows:
    """The rows of one table, handed out event by event."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    @property
    def event_id(self) -> str | None:
        """The event of the next row."""
        return self._next[0] if self._next else None

    def peek(self, event_id: str) -> Row | None:
        """The next row without the event's id, if it is of this event; it stays the next."""
        row = self._next
        return None if row is None or row[0] != event_id else row[1:]

    def take(self, event_id: str) -> Row | None:
        """The next row, likewise; the one after it is the next then."""
        row = self._next
        if row is None or row[0] != event_id:
            return None
        self._next = next(self._rows, None)
        return row[1:]

    def all(self, event_id: str) -> Iterator[Row]:
        """The rows of this event that are left."""
        while (row := self.take(event_id)) is not None:
            yield row
