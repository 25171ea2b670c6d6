"""Reads what the Home tab shows: of one person, and for reviewers of all."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import SQL, Case, fn

from powertrip.domain.event import UNDONE, Severity, Status
from powertrip.domain.home import AGES, PAST, PROVEN_FOR, Mine, Queue, SilentVoice
from powertrip.store.expected_work import rows as expected_work
from powertrip.store.expected_work.tables import ExpectedWorkRow
from powertrip.store.home_storms import standing_storms, storms_of
from powertrip.store.processes import ProcessRow
from powertrip.store.proofs import enrolment
from powertrip.store.rows import events_from, gravest_first
from powertrip.store.sources.tables import VoiceRow
from powertrip.store.tables import EventRow

SILENT_SHOWN = 10
EXPECTED_SHOWN = 6
PROOFS_SHOWN = 6
_EXPECTED = "ended_at IS NULL AND ? IN (slack_id, created_by) ORDER BY created_at DESC, id LIMIT ?"
ALIVE = timedelta(minutes=1)
"""A process that gave no sign of life for so long is not taken to run."""


def of_person(slack_id: str, rows: int, now: datetime, *, with_expected: bool) -> Mine:
    """What waits for this member, what else there was of theirs lately, and what is expected of them."""
    theirs = EventRow.subject_slack_id == slack_id
    asked = theirs & (EventRow.status == Status.PENDING)
    storms = storms_of(slack_id)
    ids = [each.id for each in storms]
    usual = EventRow.storm_id.in_(ids) & EventRow.storm_apart.is_null()
    in_storms = _count(asked & usual) if ids else 0
    of_none = (
        EventRow.storm_id.is_null() | EventRow.storm_apart.is_null(False) | EventRow.storm_id.not_in(ids)
    )
    alone = asked & of_none if ids else asked
    waiting = list(EventRow.select().where(alone).order_by(*gravest_first()).limit(rows))
    proofs = enrolment.listed(slack_id)[:PROOFS_SHOWN]
    has_proven = any(each.used_at and each.used_at > now - PROVEN_FOR for each in proofs)
    lately = theirs & (EventRow.status != Status.PENDING)
    if not has_proven:
        lately &= EventRow.received_at > now - PAST
    newest = EventRow.received_at.desc(), EventRow.id
    past = list(EventRow.select().where(lately).order_by(*newest).limit(rows))
    waits = _count(asked)
    expected = expected_work.find(_EXPECTED, slack_id, EXPECTED_SHOWN) if with_expected else []
    stamp = _stamp(
        _versions(waiting),
        _versions(past),
        [waits, in_storms, has_proven],
        [f"{each.id}.{each.version}" for each in storms],
        [f"{each.id}.{each.uses}.{each.confirmed_at}.{each.until}" for each in expected],
        [f"{each.id}.{each.confirmed_at}.{each.locked_until}.{each.used_at}" for each in proofs],
    )
    # Together: what other tables hold of events takes some statements, however many there are.
    events = events_from([*waiting, *past])
    return Mine(
        waiting=events[: len(waiting)],
        waits=waits,
        in_storms=in_storms,
        storms=[each.line for each in storms],
        past=events[len(waiting) :],
        expected=expected,
        proofs=proofs,
        has_proven=has_proven,
        stamp=stamp,
    )


def queue(rows: int, now: datetime) -> Queue:
    """What waits for anybody, `rows` events at most, and how Powertrip is."""
    undone = EventRow.status.in_(UNDONE)
    # The usual events of a storm are decided by its card, and would push all others off the list.
    alone = undone & (EventRow.storm_id.is_null() | EventRow.storm_apart.is_null(False))
    first = list(EventRow.select().where(alone).order_by(*gravest_first()).limit(rows))
    ages = _ages(undone, now)
    storms = standing_storms()
    silent = VoiceRow.select().where(VoiceRow.silent_told_at.is_null(False))
    voices = list(silent.order_by(VoiceRow.heard_at, VoiceRow.source, VoiceRow.host_name).limit(SILENT_SHOWN))
    versions = _running(now)
    to_confirm = ExpectedWorkRow.confirmed_at.is_null() & ExpectedWorkRow.ended_at.is_null()
    unconfirmed = int(ExpectedWorkRow.select().where(to_confirm & (ExpectedWorkRow.until > now)).count())
    stamp = _stamp(
        _versions(first),
        [f"{severity}.{sum(of for (it, _), of in ages.items() if it is severity)}" for severity in Severity],
        [f"{each.id}.{each.version}" for each in storms],
        [f"{voice.source}.{voice.rule}.{voice.program}.{voice.host_name}" for voice in voices],
        [unconfirmed, *versions],
    )
    return Queue(
        first=events_from(first),
        waits=sum(ages.values()),
        unconfirmed=unconfirmed,
        ages=ages,
        storms=[each.line for each in storms],
        silent=[
            SilentVoice(voice.source, voice.rule, voice.program, voice.host_name, voice.heard_at)
            for voice in voices
        ],
        silent_in_all=int(silent.count()),
        versions=versions,
        stamp=stamp,
    )


def _running(now: datetime) -> dict[str, int]:
    lately = ProcessRow.stopped_at.is_null() & (ProcessRow.seen_at > now - ALIVE)
    counts: Any = ProcessRow.select(ProcessRow.version, fn.COUNT(ProcessRow.name)).where(lately)
    return dict(counts.group_by(ProcessRow.version).order_by(ProcessRow.version).tuples())


def _count(condition: Any) -> int:
    return int(EventRow.select(EventRow.id).where(condition).count())


def _ages(undone: Any, now: datetime) -> dict[tuple[Severity, int], int]:
    younger = [(EventRow.received_at > now - age, number) for number, age in enumerate(AGES)]
    age = Case(None, younger, len(AGES))
    query: Any = EventRow.select(EventRow.severity, age, fn.COUNT(EventRow.id)).where(undone)
    # By their places: PostgreSQL takes the same parameters in another place for another expression.
    grouped = query.group_by(SQL("1"), SQL("2")).tuples()
    return {(Severity(severity), int(number)): int(count) for severity, number, count in grouped}


def _versions(rows: Sequence[Any]) -> list[str]:
    return [f"{row.id}.{row.version}" for row in rows]


def _stamp(*parts: Iterable[object]) -> str:
    whole = "\n".join(" ".join(map(str, part)) for part in parts)
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()[:32]
