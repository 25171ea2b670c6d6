"""The part of the Home tab that only reviewers see: what waits in all, and how Powertrip itself is."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from powertrip.cards import words
from powertrip.cards.blocks import (
    Block,
    Line,
    bold,
    date,
    divider,
    header,
    labelled,
    link,
    paragraphs,
    preformatted,
    text,
)
from powertrip.cards.table import table
from powertrip.cards.text import named, show
from powertrip.domain.event import Severity
from powertrip.domain.home import AGES, HeartbeatLine, HomeFacts, Queue, SilentVoice, StormLine

TROUBLE_LIMIT = 300
HEARTBEATS_SHOWN = 10
VERSIONS_SHOWN = 4

Link = Callable[[str, str], str | None]


def overview(facts: HomeFacts, link_to: Link, command: str, now: datetime) -> list[Block]:
    """The queue by age and severity, storms, silent sources, heartbeat, versions."""
    queue = facts.queue
    if queue is None:
        return []
    waits = words.does(queue.waits, "event waits", "events wait")
    headline = f"For reviewers: {queue.waits:,} {waits}" if queue.waits else "For reviewers: nothing waits"
    rows = [preformatted(_by_age(queue))] if queue.waits else []
    standing = [
        *(storm(each, link_to) for each in queue.storms),
        *_unconfirmed(queue, command),
        *_silent(queue),
        *_heartbeats(facts.heartbeats, now),
        *_versions(queue),
    ]
    return [divider(), header(headline), *rows, *paragraphs(standing)]


def _by_age(queue: Queue) -> str:
    head = ["severity", *(f"<{words.duration(age).replace(' ', '')}" for age in AGES), "older", "all"]
    rows = []
    # The gravest first: that is what the table is read for.
    for severity in reversed(Severity):
        counts = [queue.ages.get((severity, number), 0) for number in range(len(AGES) + 1)]
        if any(counts):
            cells = [f"{count:,}" if count else "·" for count in counts]
            rows.append([str(severity), *cells, f"{sum(counts):,}"])
    return table(head, rows, [10] * len(head))


def storm(storm: StormLine, link_to: Link) -> Line:
    """A storm, with the way to its card."""
    who = f" by {named(storm.who, words.NAME_LIMIT)}" if storm.who else ""
    waits = f"{storm.undone:,} of {words.count(storm.events, 'event')} to decide or to close"
    line = [
        bold("🌀 Storm: "),
        text(f"{show(storm.title, words.TITLE_LIMIT)}{who}, {waits} · {words.SEVERITY[storm.severity]}"),
    ]
    address = link_to(*storm.card) if storm.card else None
    return [*line, text(" · "), link(address, "its card decides")] if address else line


def _unconfirmed(queue: Queue, command: str) -> Iterator[Line]:
    if queue.unconfirmed:
        waits = words.does(queue.unconfirmed, "waits", "wait")
        number = words.count(queue.unconfirmed, "expectation")
        said = text(f"{number} {waits} for a reviewer's word: ")
        yield [bold("📝 "), said, text(f"{command} expectations", code=True)]


def _silent(queue: Queue) -> Iterator[Line]:
    for voice in queue.silent:
        heard = [text(", last heard "), date(voice.heard_at)] if voice.heard_at else [text(", never heard")]
        yield [bold("🔇 Silent: "), text(_voice(voice)), *heard]
    if (left := queue.silent_in_all - len(queue.silent)) > 0:
        yield [text(f"… and {left:,} more that are silent")]


def _voice(voice: SilentVoice) -> str:
    parts = [f"the source {named(voice.source, words.NAME_LIMIT)}"]
    for word, name in (("rule", voice.rule), ("program", voice.program), ("host", voice.host_name)):
        parts += [f"the {word} {named(name, words.NAME_LIMIT)}"] if name else []
    return ", ".join(parts)


def _heartbeats(heartbeats: Sequence[HeartbeatLine], now: datetime) -> Iterator[Line]:
    # What is broken comes first, for the others may not all be shown.
    ordered = sorted(heartbeats, key=lambda each: (each.trouble is None, each.source))
    for each in ordered[:HEARTBEATS_SHOWN]:
        source = named(each.source, words.NAME_LIMIT)
        if each.trouble:
            yield [bold("💔 Heartbeat of "), text(f"{source}: {show(each.trouble, TROUBLE_LIMIT)}")]
        elif each.received_at is None:
            yield [bold("💓 Heartbeat of "), text(f"{source}: the first is waited for")]
        else:
            ago = words.duration(max(now - each.received_at, timedelta()))
            yield [bold("💓 Heartbeat of "), text(f"{source}: {ago} ago")]
    if (left := len(ordered) - HEARTBEATS_SHOWN) > 0:
        yield [text(f"… and {left:,} more sources with a heartbeat")]


def _versions(queue: Queue) -> Iterator[Line]:
    if not queue.versions:
        return
    shown = list(queue.versions.items())[:VERSIONS_SHOWN]
    each = [f"{show(version, 30)} ({_processes(count)})" for version, count in shown]
    more = "; they differ: an update is not finished" if len(queue.versions) > 1 else ""
    yield labelled("Versions", text(f"{words.listed(each)}{more}"))


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count:,} processes"
