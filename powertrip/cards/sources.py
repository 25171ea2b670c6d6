"""The answer to `sources`: what came of each source's records, and what no rule knew."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from powertrip.cards import words
from powertrip.cards.blocks import (
    MESSAGE_JSON,
    MESSAGE_SIZE,
    Block,
    Line,
    bold,
    date,
    header,
    json_size,
    outside,
    paragraph,
    preformatted,
    size,
    text,
)
from powertrip.cards.message import Message, answer
from powertrip.cards.pages import turning
from powertrip.cards.text import show
from powertrip.domain.sources import NO_SOURCE, RecordVerdict, SourceReport, UnmatchedGroup, refused

SOURCES_PAGE_SIZE = 5
_ROOM_FOR_THE_COUNT = 500
"""Characters of JSON for the line that counts what finds no room, in the card and in its plain text."""
GROUPS_SHOWN = 15
EXAMPLE_LIMIT = 300
_NAME_LIMIT = 60
_COUNTED = {
    RecordVerdict.ACCEPTED: "accepted",
    RecordVerdict.MATCH: "events",
    RecordVerdict.SIGHTING: "of the HIDS",
    RecordVerdict.HEARTBEAT: "heartbeats",
    RecordVerdict.IGNORED: "ignored",
    RecordVerdict.QUARANTINE: "quarantined",
    RecordVerdict.UNMATCHED: "unmatched",
    RecordVerdict.DUPLICATE: "duplicates",
    RecordVerdict.SHARED_ID: "with the id of another",
    RecordVerdict.PUT_OFF: "times put off, for they take long to judge",
}
_ONLY_IF_ANY = (
    RecordVerdict.SIGHTING,
    RecordVerdict.HEARTBEAT,
    RecordVerdict.SHARED_ID,
    RecordVerdict.PUT_OFF,
)


def sources_card(
    reports: Sequence[SourceReport], page: int, pages: int, total: int, now: datetime, query: str
) -> Message:
    """One page of sources; `page` counts from 1, `query` is what its buttons ask for."""
    headline = words.count(total, "source")
    blocks: list[Block] = [header(headline)]
    lines: list[Line] = [[text(headline)]]
    for report in reports:
        newest = [[bold("Newest unmatched: "), *_group(group, now)] for group in report.unmatched[:1]]
        said = [*_lines(report), *newest]
        lines += said
        blocks.append(paragraph(said))
        if report.unmatched:
            blocks.append(preformatted(show(report.unmatched[0].message, EXAMPLE_LIMIT)))
    if not reports:
        blocks.append(paragraph([[text("None is configured, and nothing came.")]]))
    return answer(lines, [*blocks, *turning(page, pages, query)])


def source_card(report: SourceReport, now: datetime) -> Message:
    """One source, with every host and program whose records no rule took."""
    lines = _lines(report)
    blocks = [header(show(f"Source {report.name}", 120)), paragraph(lines)]
    room = MESSAGE_SIZE - sum(map(size, blocks))
    # The lines stand in the plain text as well.
    json_room = MESSAGE_JSON - 2 * json_size(blocks) - _ROOM_FOR_THE_COUNT
    shown = 0
    for group in report.unmatched[:GROUPS_SHOWN]:
        of_group = [paragraph([_group(group, now)]), preformatted(show(group.message, EXAMPLE_LIMIT))]
        room -= sum(map(size, of_group))
        json_room -= json_size(of_group) + json_size(of_group[0])
        if min(room, json_room) < 0:
            break
        blocks += of_group
        lines.append(_group(group, now))
        shown += 1
    if left := len(report.unmatched) - shown:
        rest = words.count(left, "more group")
        blocks.append(paragraph([[text(f"… and {rest}: bot.py sources {show(report.name, _NAME_LIMIT)}")]]))
    return answer(lines, blocks)


def _lines(report: SourceReport) -> list[Line]:
    name = "Names that no source has" if report.name == NO_SOURCE else show(report.name, _NAME_LIMIT)
    first: Line = [bold(name)]
    if report.heard_at is not None:
        first += [text(" · last record "), date(report.heard_at)]
    elif report.name != NO_SOURCE:
        first.append(text(" · no record yet"))
    if not report.is_configured and report.name != NO_SOURCE:
        first.append(text(" · not in the configuration"))
    lines: list[Line] = [first]
    if report.doubt:
        lines.append([text(f"⚠️ It is of {show(report.doubt, EXAMPLE_LIMIT)}")])
    if report.failing_since is not None:
        why = show(report.error or "not known", EXAMPLE_LIMIT)
        lines.append([text("⚠️ Its last round failed, since "), date(report.failing_since), text(f": {why}")])
    for label, counts in (("Last 24 h", report.day), ("Last 7 d", report.week)):
        lines.append([bold(f"{label}: "), text(counted(counts, is_source=report.name != NO_SOURCE))])
    return lines


def counted(counts: Mapping[str, int], *, is_source: bool) -> str:
    """What came of the records of one span of time; a name that no source has can only be refused."""
    parts = [
        f"{counts.get(verdict, 0):,} {word}"
        for verdict, word in _COUNTED.items()
        if is_source and (counts.get(verdict) or verdict not in _ONLY_IF_ANY)
    ]
    causes = refused(counts)
    why = f" ({', '.join(f'{cause}: {count:,}' for cause, count in causes.items())})" if causes else ""
    return " · ".join([*parts, f"{words.count(sum(causes.values()), 'request')} refused{why}"])


def _group(group: UnmatchedGroup, now: datetime) -> Line:
    ago = f", {words.duration(now - group.newest_at)} ago: {show(group.reason, EXAMPLE_LIMIT)}"
    if group.is_rest:
        return [text("all other programs and hosts"), text(f", {words.times(group.count)} in 7 d{ago}")]
    program = outside(group.program, _NAME_LIMIT) if group.program else text("no program")
    host = outside(group.host_name, _NAME_LIMIT) if group.host_name else text("an unnamed host")
    return [program, text(" on "), host, text(f", {words.times(group.count)} in 7 d{ago}")]
