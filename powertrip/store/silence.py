"""Keeps when sources were last heard, and reports those that fell silent."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from powertrip.store import notes
from powertrip.store.database import Role, transaction
from powertrip.store.tables import HeardRow

ROUGHLY = timedelta(seconds=5)
"""A source heard more lately than this is not written again: it would cost an update a request."""


def heard(sources: Iterable[str], now: datetime) -> None:
    """Record that new records came; changes nothing for sources that nobody watches."""
    # In one order, so that two processes that hear the same never wait for each other.
    for source in sorted(set(sources)):
        outdated = (HeardRow.source == source) & (HeardRow.heard_at < now - ROUGHLY)
        HeardRow.update(heard_at=now).where(outdated).execute()


def report(expected: Mapping[str, timedelta], channel: str, started_at: datetime, now: datetime) -> int:
    """Queue a note, once each, about sources that fell silent or speak again; returns how many.

    `started_at` is when this process began to watch: the time before is no source's silence.
    """
    notices = 0
    for source, within in expected.items():
        HeardRow.insert(source=source, heard_at=now).on_conflict_ignore().execute()
        row = HeardRow.get_by_id(source)
        heard_at = f"{row.heard_at:%Y-%m-%d %H:%M:%S} UTC"
        known = HeardRow.silent_told_at.is_null(False)
        # Each change is conditional, so that of several processes one writes the note.
        if row.silent_told_at is None:
            if now - max(row.heard_at, started_at) < within:
                continue
            changed = HeardRow.update(silent_told_at=now).where((HeardRow.source == source) & ~known)
            title = f"The source {source} is silent"
            lines = [
                f"It was last heard {heard_at}; its expect_within is {within}.",
                "Whoever breaks in stops the logs: look at the sender, and at the hosts behind it.",
            ]
        else:
            if row.heard_at <= row.silent_told_at:
                continue
            changed = HeardRow.update(silent_told_at=None).where((HeardRow.source == source) & known)
            title = f"The source {source} speaks again"
            lines = [f"It was silent until {heard_at}."]
        if changed.execute():
            notes.enqueue(channel, title=title, lines=lines, now=now)
            notices += 1
    return notices


class Silence(Role):
    """Reports of silent sources."""

    report = transaction(report)
