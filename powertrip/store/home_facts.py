"""Reads what the Home tab shows: of one person, and for reviewers of all."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import SQL, Case, fn

from powertrip.domain.event import UNDONE, NoticeKind, Severity, Status
from powertrip.domain.home import AGES, PAST, Mine, Queue, SilentVoice, StormLine
from powertrip.store.expected_work import changing as expected_work
from powertrip.store.processes import ProcessRow
from powertrip.store.rows import events_from
from powertrip.store.sources.tables import VoiceRow
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import EventRow

STORMS_SHOWN = 5
SILENT_SHOWN = 10
EXPECTED_SHOWN = 6
ALIVE = timedelta(minutes=1)
"""A process that gave no sign of life for so long is not taken to run."""


def of_person(slack_id: str, rows: int, now: datetime, *, with_expected: bool) -> Mine:
    """What waits for this member, what else there was of theirs lately, and what is expected of them."""
    theirs = EventRow.subject_slack_id == slack_id
    asked = theirs & (EventRow.status == Status.PENDING)
    waiting = list(EventRow.select().where(asked).order_by(*_gravest_first()).limit(rows))
    lately = theirs & (EventRow.received_at > now - PAST) & (EventRow.status != Status.PENDING)
    newest = EventRow.received_at.desc(), EventRow.id
    past = list(EventRow.select().where(lately).order_by(*newest).limit(rows))
    waits = _count(asked)
    expected = expected_work.listed(slack_id, now)[:EXPECTED_SHOWN] if with_expected else []
    stamp = _stamp(
        _versions(waiting),
        _versions(past),
        [waits],
        [f"{each.id}.{each.uses}.{each.confirmed_at}.{each.until}" for each in expected],
    )
    return Mine(
        waiting=events_from(waiting), waits=waits, past=events_from(past), expected=expected, stamp=stamp
    )


def queue(rows: int, now: datetime, *, besides: str) -> Queue:
    """What waits for anybody, but for what asks the member `besides` themselves, and how Powertrip is."""
    undone = EventRow.status.in_(UNDONE)
    own = EventRow.subject_slack_id.is_null(False) & (EventRow.subject_slack_id == besides)
    others = undone & ~(own & (EventRow.status == Status.PENDING))
    # The usual events of a storm are decided by its card, and would push all others off the list.
    alone = others & (EventRow.storm_id.is_null() | EventRow.storm_apart.is_null(False))
    first = list(EventRow.select().where(alone).order_by(*_gravest_first()).limit(rows))
    ages = _ages(undone, now)
    storms = _storms()
    silent = VoiceRow.select().where(VoiceRow.silent_told_at.is_null(False))
    voices = list(silent.order_by(VoiceRow.heard_at, VoiceRow.source, VoiceRow.host_name).limit(SILENT_SHOWN))
    versions: Any = ProcessRow.select(ProcessRow.version, fn.COUNT(ProcessRow.name))
    lately = ProcessRow.stopped_at.is_null() & (ProcessRow.seen_at > now - ALIVE)
    counted = dict(versions.where(lately).group_by(ProcessRow.version).order_by(ProcessRow.version).tuples())
    stamp = _stamp(
        _versions(first),
        [f"{severity}.{sum(of for (it, _), of in ages.items() if it is severity)}" for severity in Severity],
        [f"{storm.id}.{storm.version}" for storm, _ in storms],
        [f"{voice.source}.{voice.rule}.{voice.program}.{voice.host_name}" for voice in voices],
        sorted(counted),
    )
    return Queue(
        first=events_from(first),
        waits=sum(ages.values()),
        ages=ages,
        storms=[line for _, line in storms],
        silent=[
            SilentVoice(voice.source, voice.rule, voice.program, voice.host_name, voice.heard_at)
            for voice in voices
        ],
        silent_in_all=int(silent.count()),
        versions=counted,
        stamp=stamp,
    )


def _gravest_first() -> tuple[Any, ...]:
    weight = Case(EventRow.severity, [(severity, rank) for rank, severity in enumerate(Severity)])
    return weight.desc(), EventRow.received_at, EventRow.id


def _count(condition: Any) -> int:
    return int(EventRow.select(EventRow.id).where(condition).count())


def _ages(undone: Any, now: datetime) -> dict[tuple[Severity, int], int]:
    younger = [(EventRow.received_at > now - age, number) for number, age in enumerate(AGES)]
    age = Case(None, younger, len(AGES))
    query: Any = EventRow.select(EventRow.severity, age, fn.COUNT(EventRow.id)).where(undone)
    # By their places: PostgreSQL takes the same parameters in another place for another expression.
    grouped = query.group_by(SQL("1"), SQL("2")).tuples()
    return {(Severity(severity), int(number)): int(count) for severity, number, count in grouped}


def _storms() -> list[tuple[Any, StormLine]]:
    """Those that go on, or have something undone, the latest first."""
    undone = EventRow.status.in_(UNDONE) & EventRow.storm_id.is_null(False)
    waits = EventRow.select(EventRow.storm_id).where(undone)
    standing = StormRow.ended_at.is_null() | StormRow.id.in_(waits)
    rows = list(StormRow.select().where(standing).order_by(StormRow.opened_at.desc()).limit(STORMS_SHOWN))
    ids = [row.id for row in rows]
    usual = EventRow.storm_id.in_(ids) & EventRow.storm_apart.is_null()
    counts: Any = EventRow.select(EventRow.storm_id, EventRow.status, fn.COUNT(EventRow.id)).where(usual)
    events: dict[str, int] = {}
    left: dict[str, int] = {}
    for storm_id, status, count in counts.group_by(EventRow.storm_id, EventRow.status).tuples():
        events[storm_id] = events.get(storm_id, 0) + count
        left[storm_id] = left.get(storm_id, 0) + (count if status in UNDONE else 0)
    living = (StormMessageRow.kind == NoticeKind.FIRST) & StormMessageRow.removed_at.is_null()
    messages = StormMessageRow.select().where(living & StormMessageRow.storm_id.in_(ids))
    cards = {row.storm_id: (row.channel, row.ts) for row in messages}
    return [
        (
            row,
            StormLine(
                title=row.title,
                who=row.user_name or row.source_ip,
                events=events.get(row.id, 0),
                undone=left.get(row.id, 0),
                severity=Severity(row.severity),
                card=cards.get(row.id),
            ),
        )
        for row in rows
    ]


def _versions(rows: Sequence[Any]) -> list[str]:
    return [f"{row.id}.{row.version}" for row in rows]


def _stamp(*parts: Iterable[object]) -> str:
    whole = "\n".join(" ".join(map(str, part)) for part in parts)
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()[:32]
