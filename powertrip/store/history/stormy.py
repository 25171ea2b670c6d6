"""Storms, and their messages, beside the lines that tell of them."""

import sqlite3
from typing import Any

from powertrip.store.history import seals
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot


class Storms:
    """What the lines tell of storms."""

    def __init__(self) -> None:
        # On the disk, for there may be many.
        self._told = sqlite3.connect("")
        self._told.execute("CREATE TABLE storm (id PRIMARY KEY, line, seal, places)")
        self._told.execute("CREATE TABLE number (event PRIMARY KEY, number)")
        self._told.execute("CREATE TABLE message (channel, ts, storm, line, PRIMARY KEY (channel, ts))")

    def take(self, line: int, action: str, event_id: str | None, detail: Any) -> None:
        """Remember a line about a storm."""
        storm = detail.get("storm")
        if action == "storm_opened":
            row = (storm, line, detail.get("seal"))
            self._told.execute("INSERT OR IGNORE INTO storm VALUES (?, ?, ?, 0)", row)
        elif action == "storm_posted":
            where = (detail.get("channel"), detail.get("ts"), storm, line)
            self._told.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?)", where)
        elif "number" in detail:  # not so where one leaves its storm, or an earlier release wrote it
            self._told.execute("UPDATE storm SET places = places + 1 WHERE id = ?", (storm,))
            number = (event_id, detail.get("number"))
            self._told.execute("INSERT OR REPLACE INTO number VALUES (?, ?)", number)

    def has_card(self, storm: str) -> bool:
        """Whether a card of this storm was posted."""
        found = self._told.execute("SELECT 1 FROM message WHERE storm = ?", (storm,))
        return found.fetchone() is not None

    def check(self, seen: Snapshot, findings: Findings) -> None:
        """Compare the rows with the lines, both ways."""
        self._check_storms(seen, findings)
        self._check_messages(seen, findings)
        self._check_numbers(seen, findings)

    def _check_numbers(self, seen: Snapshot, findings: Findings) -> None:
        """An event's number rises when a record joins it; what a decision in bulk covers ends at a number."""
        numbers = """SELECT e.id, e.storm_seq, s.seq FROM event e JOIN storm s ON s.id = e.storm_id
            ORDER BY e.id"""
        for event_id, number, most in seen.rows(numbers):
            found = self._told.execute("SELECT number FROM number WHERE event = ?", (event_id,)).fetchone()
            (given,) = found or (None,)
            # An earlier release writes no number down.
            if number is None or number > most or number < (given or 0):
                what = f"it is number {number} of its storm, was given number {given}, and the last is {most}"
                findings.altered("storm number", f"event {event_id}", what)

    def _check_storms(self, seen: Snapshot, findings: Findings) -> None:
        there = set()
        columns = ", ".join(f'"{name}"' for name in seals.OF_STORM)
        for storm, seq, *values in seen.rows(f"SELECT id, seq, {columns} FROM storm ORDER BY id"):  # noqa: S608 (names of ours)
            where = f"storm {storm}"
            there.add(storm)
            found = self._told.execute("SELECT line, seal, places FROM storm WHERE id = ?", (storm,))
            line, seal, places = found.fetchone() or (None, None, 0)
            if line is None:
                findings.altered("storm added", where, "no audit line tells that it began")
            elif seal is None:
                findings.note("storms from before they were sealed in the history")
            elif seals.of_values(values) != seal:
                findings.altered("storm changed", where, f"it is not the storm of audit line {line}")
            if seq < places:
                what = f"it has come to number {seq}, and the history put {places} events into it"
                findings.altered("storm number", where, what)
        for storm, line in self._told.execute("SELECT id, line FROM storm ORDER BY line"):
            if storm not in there:
                findings.missing("storm gone", f"storm {storm}", f"it is gone; audit line {line} tells of it")

    def _check_messages(self, seen: Snapshot, findings: Findings) -> None:
        rows = seen.rows("SELECT channel, ts, storm_id FROM storm_message ORDER BY channel, ts")
        for channel, ts, storm in rows:
            taken = self._told.execute(
                "DELETE FROM message WHERE channel = ? AND ts = ? RETURNING storm", (channel, ts)
            ).fetchone()
            if taken != (storm,):
                what = f"no audit line tells that it is about storm {storm}"
                findings.altered("storm message", f"message {ts} in {channel}", what)
        for channel, ts, line in self._told.execute("SELECT channel, ts, line FROM message ORDER BY line"):
            what = f"its row is gone; audit line {line} tells of it"
            findings.missing("storm message", f"message {ts} in {channel}", what)
