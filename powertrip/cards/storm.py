"""The living card of a storm, and the word that reminds of it."""

from collections.abc import Mapping
from datetime import datetime

from powertrip.cards import address, address_lines, habits, to_do, words
from powertrip.cards.blocks import (
    Block,
    Line,
    actions,
    as_text,
    bold,
    button,
    calling,
    date,
    footer,
    header,
    labelled,
    link,
    outside,
    paragraph,
    paragraphs,
    preformatted,
    text,
    user,
)
from powertrip.cards.event_card import GREEN, GREY, RED, YELLOW
from powertrip.cards.message import CardView, Message
from powertrip.cards.table import table
from powertrip.cards.text import named, show
from powertrip.domain.event import NoticeKind, Status
from powertrip.domain.storm_view import Batch, StormView, Top
from powertrip.domain.storms import BulkSettings, StormKind

STORM = "storm"
REASON_LIMIT = 200
LEAST_RATE = 1
"""Records a second from which on their number says more than the two times do."""


def storm_card(
    view: StormView,
    shown: CardView,
    *,
    links: Mapping[str, str | None],
    bulk: BulkSettings,
    now: datetime,
) -> Message:
    """The one card of many events alike, as they stand now."""
    asked = headline(view)
    standing = _standing(view)
    groups = [
        [_summary(view), _since(view), *_network(view), standing],
        [*_batches(view)],
        # What does not fit comes before what is most of it: somebody may have hidden it among the rest.
        _outliers(view, links),
        _newest(view),
    ]
    rest = _how_to(view, bulk, shown.command)
    table_of = preformatted(_table(view))
    identity = [text(f"Storm {view.storm.id} · rule {show(view.storm.rule, 60)}")]
    due = view.storm.next_reminder_at
    undone = view.open or view.denied
    reminder: list[Line] = [[text("Next reminder: "), date(due)]] if due and due > now and undone else []
    return Message(
        text=as_text([[text(asked)], *(line for group in groups for line in group), *rest]),
        blocks=[
            header(asked),
            *paragraphs(*groups[:3]),
            table_of,
            *paragraphs(groups[3], rest),
            *_button(view, bulk),
        ],
        attachments=[{"color": _colour(view), "blocks": [footer([identity, *reminder])]}],
    )


def storm_reminder(view: StormView, shown: CardView) -> Message:
    """A word about a storm of which something waits, below its living card."""
    undone = view.open or view.denied
    call = calling(shown.mention) if undone else []
    if not undone:
        said = f"✅ {_decided(view)}: {_many(view)}"
    elif shown.kind is NoticeKind.OUTCOME:
        waiting = (
            f"{words.count(view.denied, 'denied event')} to look into and to close" if view.denied else ""
        )
        second = view.statuses.get(Status.HALF_APPROVED, 0)
        seconds = f"{words.count(second, 'event')} to be approved by a second person" if second else ""
        parts = [part for part in (waiting, seconds) if part]
        said = f"🚨 {_many(view)}: {words.listed(parts)}" if parts else f"⏳ {_many(view)}"
    else:
        number = view.open or view.denied
        wait = words.does(number, "waits", "wait")
        said = f"⏰ Reminder: {words.count(number, 'event')} of a storm still {wait}. {_many(view)}"
    lines: list[Line] = [[bold(said)]]
    if shown.first_link:
        lines.append([link(shown.first_link, "The card tells more, and decides.")])
    lines += to_do.lines(shown.checklist) if view.denied else []
    return Message(
        text=as_text([[text(said)], *call, *lines[1:]]), blocks=[*paragraphs(call), paragraph(lines)]
    )


def headline(view: StormView) -> str:
    """The question that is asked, or the outcome."""
    if view.open:
        return f"🌀 {words.count(view.events, 'event')} alike by {who(view)}. Are these expected?"
    if view.denied:
        return f"⛔ Denied: {words.count(view.denied, 'event')} by {who(view)} to look into"
    return f"✅ {_decided(view)}: {words.count(view.events, 'event')} by {who(view)}"


def _decided(view: StormView) -> str:
    # What does not fit may still wait, each on its own card.
    return "The usual ones are decided" if view.outliers else "All decided"


def who(view: StormView) -> str:
    """`oswaldo`, or `150 names from 192.0.2.9`."""
    storm = view.storm
    if storm.kind is StormKind.PERSON:
        return named(storm.user_name or "-", words.NAME_LIMIT)
    return (
        f"{words.count(view.users.different, 'name')} from {named(storm.source_ip or '-', words.NAME_LIMIT)}"
    )


def counted(events: int, records: int) -> str:
    """`60 events`, and of how many records they are where some were joined: `60 events (300 records)`."""
    more = f" ({words.count(records, 'record')})" if records > events else ""
    return f"{words.count(events, 'event')}{more}"


def _many(view: StormView) -> str:
    """`SSH login by oswaldo, 9,812 events on 41 hosts`."""
    hosts = f" on {words.count(view.hosts.different, 'host')}" if view.hosts.different else ""
    title = show(view.storm.title, words.TITLE_LIMIT)
    return f"{title} by {who(view)}, {words.count(view.events, 'event')}{hosts}"


def _summary(view: StormView) -> Line:
    storm = view.storm
    line = [bold(show(storm.title, words.TITLE_LIMIT)), text(" as ")]
    if storm.kind is StormKind.PERSON:
        line.append(outside(storm.user_name or "-", words.NAME_LIMIT, bold=True))
    else:
        line.append(text(words.count(view.users.different, "name")))
    line.append(text(f", {counted(view.events, view.records)}"))
    if view.hosts.different:
        line.append(text(f" on {words.count(view.hosts.different, 'host')}"))
    return line


def _since(view: StormView) -> Line:
    storm = view.storm
    lasted = (storm.last_at - storm.opened_at).total_seconds()
    rate = view.records / max(lasted, 1)
    often = f" ({rate:,.0f}/s)" if rate >= LEAST_RATE else ""
    if storm.ended_at is None:
        # Not that it goes on: the card stands as it is until something comes.
        return labelled(
            "Since", date(storm.opened_at), text(", the newest "), date(storm.last_at), text(often)
        )
    return labelled(
        "When", date(storm.opened_at), text(" to "), date(storm.last_at), text(f"{often}; it is over.")
    )


def _network(view: StormView) -> list[Line]:
    where = view.storm.source_ip or view.storm.network
    return [labelled("From", outside(where, words.NAME_LIMIT))] if where else []


def _standing(view: StormView) -> Line:
    """How many wait, and what became of the others."""
    waits = {Status.PENDING: "", Status.HALF_APPROVED: " for a second person"}
    parts = [
        f"{count:,} {words.does(count, 'waits', 'wait')}{waits[status]}"
        if status in waits
        else f"{count:,} {words.STATUS[status]}"
        for status in Status
        if (count := view.statuses.get(status, 0))
    ]
    return labelled("Now", text(words.listed(parts) or "none"), text(f"; severity {view.storm.severity}"))


def _batches(view: StormView) -> list[Line]:
    return [_batch(batch) for batch in view.batches[-TOP_BATCHES:]]


TOP_BATCHES = 5
"""Decisions that a card tells of; the history has all."""


def _batch(batch: Batch) -> Line:
    verb = words.DONE[batch.verdict]
    agent = [text(", for "), outside(batch.agent_name, words.NAME_LIMIT)] if batch.agent_name else []
    return [
        bold(f"{verb} {words.count(batch.count, 'event')} together: "),
        user(batch.actor_id),
        *agent,
        text(", "),
        date(batch.at),
        text(": "),
        outside(batch.reason, REASON_LIMIT),
    ]


def _table(view: StormView) -> str:
    """What is most of it: hosts or, of an address, names."""
    of_person = view.storm.kind is StormKind.PERSON
    top, head = (view.hosts, "Host") if of_person else (view.users, "Name")
    return tabled(top, head)


def tabled(top: Top, head: str) -> str:
    """The most frequent values and how many records each has; says how many values are left."""
    rows = [(name, f"{count:,}") for name, count in top.most]
    left = top.different - len(rows)
    lines = table((head, "Records"), rows, (40, 12))
    return f"{lines}\n… and {left:,} more" if left > 0 else lines


def _newest(view: StormView) -> list[Line]:
    """What is known of the newest event, for all share its person and network."""
    if view.newest is None:
        return []
    event = view.newest
    risk = words.risk(event)
    known = [
        *([labelled("Risk", text(risk))] if risk else []),
        *address_lines.failed(event),
        *habits.unusual(event),
        *address.lines(event),
    ]
    return [[text("The newest of them: ", italic=True)], *known] if known else []


def _outliers(view: StormView, links: Mapping[str, str | None]) -> list[Line]:
    """What does not fit, each with its reason and its own card."""
    if not view.outlier_count:
        return []
    count = words.count(view.outlier_count, "event")
    each = words.does(view.outlier_count, "with", "each with")
    lines: list[Line] = [[bold(f"⚠️ {count} not like the others, {each} a card of its own:")]]
    for item in view.outliers:
        line = [text("• "), text(words.summary(item.event)), text(f": {item.why}")]
        where = links.get(item.event.id)
        if where:
            line += [text(" · "), link(where, "its card")]
        elif item.asked_in is None:
            line.append(text(" · its card is on its way"))
        lines.append(line)
    left = view.outlier_count - len(view.outliers)
    if left > 0:
        lines.append([text(f"… and {left:,} more, decided or in the list")])
    return lines


def _how_to(view: StormView, bulk: BulkSettings, command: str) -> list[Line]:
    """What can be done with it, and what with none of it."""
    if not (view.open or view.denied):
        return []
    lines: list[Line] = []
    if view.unasked:
        first = f"{words.count(view.unasked, 'event')} that {words.does(view.unasked, 'does', 'do')} not fit"
        shown = words.does(view.unasked, "has its own card", "have their own cards")
        lines.append([text(f"✋ The usual ones can be decided together once {first} {shown}.")])
    later = view.open - view.open_covered
    if later > 0 and view.open_covered:
        lines.append(
            [
                text(
                    f"{later:,} of those that wait {words.does(later, 'is', 'are')} too new for the button; "
                    f"it will cover {words.does(later, 'it', 'them')} soon."
                )
            ]
        )
    if view.open_covered > bulk.max:
        lines.append([text(f"One decision covers {bulk.max:,} at most, the oldest first.")])
    lines.append([text("Each can be decided on its own too: "), text(f"{command} pending all", code=True)])
    return lines


def _button(view: StormView, bulk: BulkSettings) -> list[Block]:
    if not view.is_offered:
        return []
    number = min(view.open_covered or view.denied_covered, bulk.max)
    label = f"Decide the usual {number:,}…" if view.open_covered else f"Close the {number:,} denied…"
    about = f"{words.count(number, 'event')} by {who(view)}"
    return [actions([button(label, STORM, f"{view.storm.id}.{view.watermark}", about=about)])]


def _colour(view: StormView) -> str:
    if view.open:
        return YELLOW
    if view.denied:
        return RED
    return GREEN if view.statuses.get(Status.APPROVED) else GREY
