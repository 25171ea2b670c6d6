"""What the database and the local Slack hold in the end, against what Powertrip promises."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from slack_emulator.control import Control
from slack_emulator.seen import SeenMessage, State

POLL = 0.05
PATIENCE = 20.0
"""Seconds; less than a lease, so that nothing comes right only because one ran out."""


async def until(
    condition: Callable[[], object], what: str, patience: float = PATIENCE, *, poll: float = POLL
) -> None:
    """Wait until something becomes true that nobody announces, which is looked at every `poll` seconds."""
    try:
        async with asyncio.timeout(patience):
            while not condition():  # noqa: ASYNC110 (a file or a database announces nothing)
                await asyncio.sleep(poll)
    except TimeoutError:
        raise TimeoutError(f"not within {patience} s: {what}") from None


class Evidence:
    """Reads the database beside the processes that work on it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        if not self._url.startswith("sqlite"):
            with psycopg.connect(self._url) as connection:
                return connection.execute(sql.encode()).fetchall()
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as database:
            return list(database.execute(sql))

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self._url.removeprefix("sqlite:///"))

    def column(self, sql: str) -> list[Any]:
        """The first column of one query."""
        return [row[0] for row in self.rows(sql)]

    def number(self, sql: str) -> int:
        """The only number that a query gives."""
        return int(self.rows(sql)[0][0])

    def is_idle(self) -> bool:
        """Whether every record is judged and everything due was told."""
        waiting = self.number("SELECT count(*) FROM inbox WHERE judged_at IS NULL")
        # What looks for traces of lost calls goes on for minutes.
        untold = "SELECT count(*) FROM delivery WHERE state = 'waiting' AND kind <> 'settle'"
        return waiting + self.number(untold) == 0

    async def until_idle(self, patience: float = PATIENCE) -> None:
        """Wait until nothing is left to do."""
        await until(self.is_idle, "everything judged and told", patience)

    def statuses(self) -> list[str]:
        """The status of every event."""
        return self.column("SELECT status FROM event")


async def assert_promises_kept(evidence: Evidence, control: Control, accepted: set[str]) -> None:
    """Nothing accepted is lost, no message exists twice or unknown, and every copy tells the truth."""
    state = await control.state()
    assert set(evidence.column("SELECT record_id FROM occurrence")) >= accepted
    assert_no_message_twice(evidence, state)
    assert_copies_tell_the_truth(evidence, state)
    assert len(evidence.column("SELECT event_id FROM decision")) == len(
        set(evidence.column("SELECT event_id FROM decision"))
    )


def assert_no_message_twice(evidence: Evidence, state: State) -> None:
    """Each message has an id of its own, and the database knows each of them and no other."""
    posted = [m for m in state.messages(deleted=True) if m.metadata]
    ids = Counter(m.metadata["event_payload"]["id"] for m in posted)
    assert [uid for uid, count in ids.items() if count > 1] == []
    known = {(channel, ts) for channel, ts in evidence.rows("SELECT channel, ts FROM notice")}
    known |= set(evidence.rows("SELECT channel, ts FROM storm_message"))
    # What is about no event, such as that somebody got too many questions.
    known |= set(evidence.rows("SELECT channel, ts FROM delivery WHERE kind = 'note' AND ts IS NOT NULL"))
    assert {(m.channel, m.ts) for m in posted} == known
    firsts = Counter(evidence.column("SELECT event_id FROM notice WHERE kind = 'first'"))
    assert set(firsts.values()) <= {1}
    # The others are asked about by the card of their storm.
    alone = "SELECT id FROM event WHERE storm_id IS NULL OR storm_apart IS NOT NULL"
    assert set(evidence.column(alone)) <= firsts.keys() <= set(evidence.column("SELECT id FROM event"))


def assert_copies_tell_the_truth(evidence: Evidence, state: State) -> None:
    """A decided event has no copy with a button to decide it, an open one has one in every copy."""
    sql = "SELECT n.channel, n.ts, e.id, e.status FROM notice n JOIN event e ON e.id = n.event_id"
    for channel, ts, event_id, status in evidence.rows(f"{sql} WHERE n.removed_at IS NULL"):
        message = next(m for m in state.messages(channel) if m.ts == ts)
        assert _can_be_decided(message, event_id) == (status in ("pending", "half_approved")), status


def _can_be_decided(message: SeenMessage, event_id: str) -> bool:
    values = [button["value"] for button in message.buttons if button["action_id"] in ("approve", "deny")]
    return any(value.split(".")[0] == event_id for value in values)
