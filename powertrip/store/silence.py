"""When sources were last heard, and what the security channel is told of those that fell silent."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from powertrip.store import notes
from powertrip.store.database import Role, transaction
from powertrip.store.tables import HeardRow

ROUGHLY = timedelta(seconds=5)
"""A source heard more lately than this is not written down again."""


def heard(sources: Iterable[str], now: datetime) -> None:
    """Write down that new records came; costs nothing for sources that nobody watches."""
    for source in sorted(set(sources)):
        outdated = (HeardRow.source == source) & (HeardRow.heard_at < now - ROUGHLY)
        HeardRow.update(heard_at=now).where(outdated).execute()


def report(expected: Mapping[str, timedelta], channel: str, started_at: datetime, now: datetime) -> int:
    """Have the channel told, once each, of sources that fell silent or speak again; returns how many.

    `started_at` is when this process began to watch: the time before is no source's silence.
    """
    return sum(_report(source, within, channel, started_at, now) for source, within in expected.items())


def _report(source: str, within: timedelta, channel: str, started_at: datetime, now: datetime) -> bool:
    HeardRow.insert(source=source, heard_at=now).on_conflict_ignore().execute()
    row = HeardRow.get_by_id(source)
    if row.silent_told_at is not None:
        return row.heard_at > row.silent_told_at and _tell_again(row, channel, now)
    if now - max(row.heard_at, started_at) < within:
        return False
    lines = [
        f"It was last heard {row.heard_at:%Y-%m-%d %H:%M:%S} UTC; its expect_within is {within}.",
        "Whoever breaks in stops the logs: look at the sender, and at the hosts behind it.",
    ]
    return _tell(row, f"The source {source} is silent", lines, channel, now)


def _tell(row: HeardRow, title: str, lines: list[str], channel: str, now: datetime) -> bool:
    untold = (HeardRow.source == row.source) & HeardRow.silent_told_at.is_null()
    if not HeardRow.update(silent_told_at=now).where(untold).execute():
        return False
    notes.enqueue(channel, title, lines, now)
    return True


def _tell_again(row: HeardRow, channel: str, now: datetime) -> bool:
    told = (HeardRow.source == row.source) & HeardRow.silent_told_at.is_null(False)
    if not HeardRow.update(silent_told_at=None).where(told).execute():
        return False
    lines = [f"It was silent until {row.heard_at:%Y-%m-%d %H:%M:%S} UTC."]
    notes.enqueue(channel, f"The source {row.source} speaks again", lines, now)
    return True


class Silence(Role):
    """Reports of silent sources."""

    report = transaction(report)
