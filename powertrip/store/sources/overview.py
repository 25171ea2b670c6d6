"""What came of each source's records of late, and who sends only what no rule knows."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from powertrip.domain.sources import (
    DAY,
    KNOWN,
    NO_SOURCE,
    WEEK,
    RecordVerdict,
    SourceReport,
    UnmatchedSection,
)
from powertrip.store import notes
from powertrip.store.database import Role, transaction
from powertrip.store.poll_tables import PollRow
from powertrip.store.sources import counts, standing, unmatched
from powertrip.store.sources.tables import SourceCountRow, VoiceRow

PROGRAMS_NAMED = 5
SOURCES_NAMED = 20
"""Of a weekly note; the others are counted."""
FEW = 20
"""A source that rules did know before has to send more than this before it is told of."""
_WEEKLY = "weekly: unmatched"


def reports(names: Mapping[str, str], now: datetime) -> list[SourceReport]:
    """The sources and polls of these names, then all others that records or requests came for of late.

    `names` says of each what is doubtful about its configuration.
    """
    day, week = counts.totals(now - DAY), counts.totals(now - WEEK)
    groups = unmatched.groups(now)
    whole = (VoiceRow.rule == "") & (VoiceRow.program == "") & (VoiceRow.host_name == "")
    heard_at = {row.source: row.heard_at for row in VoiceRow.select().where(whole)}
    failing = {row.name: row for row in PollRow.select().where(PollRow.failing_since.is_null(False))}
    others = sorted((week.keys() | groups.keys()) - set(names) - {NO_SOURCE})
    strangers = [NO_SOURCE] if NO_SOURCE in week else []
    return [
        SourceReport(
            name=name,
            is_configured=name in names,
            doubt=names.get(name, ""),
            heard_at=heard_at.get(name),
            day=day.get(name, {}),
            week=week.get(name, {}),
            unmatched=tuple(groups.get(name, ())),
            failing_since=failing[name].failing_since if name in failing else None,
            error=failing[name].error if name in failing else None,
        )
        for name in [*sorted(names), *others, *strangers]
    ]


def report(section: UnmatchedSection, names: Mapping[str, str], channel: str, now: datetime) -> int:
    """Queue a note, once each, about sources that send only what no rule knows; returns how many."""
    notices = 0
    known_at, unmatched_since = _runs()
    # Not those that are not configured any more: nothing more will come of them.
    for name in sorted(names):
        about = f"only unmatched: {name}"
        since = unmatched_since.get(name)
        if since is None:
            if name in known_at and (began := standing.end(about)) is not None:
                lines = [f"Since {_text(began)} no rule had taken any of its records."]
                title = f"Rules know records of the source {name} again"
                notes.enqueue(channel, title=title, lines=lines, now=now)
                notices += 1
            continue
        first_at, count = since
        is_new = name not in known_at
        patience = section.tell_after if is_new else section.tell_known_after
        if now - first_at < patience or (not is_new and count <= FEW) or not standing.begin(about, now):
            continue
        newest = unmatched.groups(now).get(name, [])
        lines = [
            f"{_records(count)} since {_text(first_at)} matched no rule: nobody was asked.",
            *([f"It is of {names[name]}."] if names[name] else []),
            *(f"{_of_whom(group.program, group.host_name)}: {group.reason}." for group in newest[:1]),
            *(f"The newest: {group.message}" for group in newest[:1]),
            f"Look: bot.py sources {name}. Once it is mended: bot.py unmatched rejudge --source {name}",
        ]
        title = f"The source {name} sends only what no rule knows"
        notes.enqueue(channel, title=title, lines=lines, now=now)
        notices += 1
    return notices + (_weekly(channel, now) if section.weekly else 0)


def _runs() -> tuple[dict[str, datetime], dict[str, tuple[datetime, int]]]:
    """When rules last knew a record of each source, and since when, and how often, none has since then."""
    known: Any = (
        SourceCountRow.select(SourceCountRow.source, fn.MAX(SourceCountRow.newest_at).alias("at"))
        .where(SourceCountRow.verdict.in_(KNOWN))
        .group_by(SourceCountRow.source)
    )
    known_at: dict[str, datetime] = dict(known.tuples())
    last = known.alias("last")
    after = last.c.at.is_null() | (SourceCountRow.newest_at > last.c.at)
    unmatched_since: Any = (
        SourceCountRow.select(
            SourceCountRow.source, fn.MIN(SourceCountRow.first_at), fn.SUM(SourceCountRow.count)
        )
        .join(last, JOIN.LEFT_OUTER, on=(last.c.source == SourceCountRow.source))
        .where((SourceCountRow.verdict == RecordVerdict.UNMATCHED) & after)
        .group_by(SourceCountRow.source)
        .tuples()
    )
    return known_at, {
        # Both may have come within one hour, which is counted as a whole.
        source: (max(first_at, known_at.get(source, first_at)), int(count))
        for source, first_at, count in unmatched_since
    }


def _weekly(channel: str, now: datetime) -> int:
    """Queue what a week's records matched nothing, once a week, where there were any."""
    if not standing.renew(_WEEKLY, before=now - WEEK, now=now):
        return 0
    lines = []
    for source, groups in sorted(unmatched.groups(now).items()):
        total = sum(group.count for group in groups)
        programs: Counter[str] = Counter()
        for group in groups:
            if group.program:
                programs[group.program] += group.count
        most = sorted(programs, key=lambda name: (-programs[name], name))
        named = ", ".join(most[:PROGRAMS_NAMED])
        more = f" and {len(programs) - PROGRAMS_NAMED:,} others" if len(programs) > PROGRAMS_NAMED else ""
        of = f" of programs {named}{more}," if programs else ""
        lines.append(f"{_records(total)}{of} of source {source} matched nothing.")
    if not lines:
        return 0
    more_sources = len(lines) - SOURCES_NAMED
    rest = [f"… and {more_sources:,} more sources."] if more_sources > 0 else []
    hint = ["Nobody was asked about them. Look: bot.py sources"]
    title = "Records that no rule took in the last 7 days"
    notes.enqueue(channel, title=title, lines=[*lines[:SOURCES_NAMED], *rest, *hint], now=now)
    return 1


def _records(count: int) -> str:
    return f"{count:,} record" if count == 1 else f"{count:,} records"


def _of_whom(program: str | None, host_name: str | None) -> str:
    return f"{program or 'a record of no program'} on {host_name or 'an unnamed host'}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


class Sources(Role):
    """What came of each source."""

    reports = transaction(reports)
    report = transaction(report)
