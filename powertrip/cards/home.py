"""The Home tab: what waits for its reader, with the buttons of the cards, and what there is of theirs.

A view may have 100 blocks and 250 kB. What has a fixed size is drawn first; events get the room that is left,
one's own before the queue, and what finds none is counted.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from powertrip.cards import address_lines, buttons, follow_up, home_proofs, home_queue, words
from powertrip.cards.alike import told_apart
from powertrip.cards.blocks import (
    Block,
    Line,
    actions,
    bold,
    button,
    date,
    divider,
    footer,
    header,
    labelled,
    paragraph,
    paragraphs,
    text,
)
from powertrip.cards.message import Message
from powertrip.cards.pages import past
from powertrip.cards.text import show
from powertrip.domain import expectation_words
from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.home import HomeFacts, Mine

END = "home:end"
BLOCKS = 100
"""Blocks that Slack takes in a view."""
VIEW_BYTES = 240_000
"""Bytes of a view as it is sent: Slack takes 250 kB."""
LEFT = 4
"""Blocks kept for the lines that count what finds no room."""
ANSWER_BLOCKS = 6
"""Blocks of the answer to a click that are shown above all else."""
SCOPE_LIMIT = 300

View = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """From where a Home tab is looked at, and when."""

    command: str
    version: str
    now: datetime
    link: Callable[[str, str], str | None]
    """The address of a message, by its channel and ts."""
    answer: Message | None = None
    """What became of the click after which it is drawn."""


def home(facts: HomeFacts, view: HomeView) -> View:
    """The Home tab of a member."""
    above = [*view.answer.blocks[:ANSWER_BLOCKS], divider()] if view.answer else []
    mine, queue = facts.mine, facts.queue
    for_reviewers = home_queue.overview(facts, view.link, view.command, view.now) if queue else []
    below = [
        *_expected(mine.expected, view.command),
        *_past(mine, view),
        *home_proofs.proofs(facts, view.command, view.now),
        *_help(view),
    ]
    above += [_headline(mine), *paragraphs([home_queue.storm(each, view.link) for each in mine.storms])]
    fixed = [*above, *for_reviewers, *below]
    room = _Room(blocks=BLOCKS - LEFT - len(fixed), fixed=fixed)
    apart = told_apart([*mine.waiting, *(queue.first if queue else ())])
    waiting = _events(mine.waiting, mine.waits - mine.in_storms, room, view, apart, "pending me")
    first: list[Block] = []
    if queue and queue.first:
        first = _events(queue.first, len(queue.first), room, view, apart, "pending all")
    return {
        "type": "home",
        "blocks": [*above, *waiting, *for_reviewers, *first, *below],
    }


def home_without(title: str, sentence: str) -> View:
    """The Home tab of somebody who is shown nothing, with why."""
    return {"type": "home", "blocks": [header(title), paragraph([[text(show(sentence, 600))]])]}


class _Room:
    """What is left of a view."""

    def __init__(self, *, blocks: int, fixed: Sequence[Block]) -> None:
        self._blocks = blocks
        self._bytes = VIEW_BYTES - _size(fixed)

    def take(self, blocks: Sequence[Block]) -> bool:
        """Whether these blocks still fit; their room is gone then."""
        size = _size(blocks)
        if len(blocks) > self._blocks or size > self._bytes:
            return False
        self._blocks -= len(blocks)
        self._bytes -= size
        return True


def _size(blocks: Sequence[Block]) -> int:
    # With escapes, as the SDK sends it: a character beyond ASCII is of six or twelve bytes then.
    return len(json.dumps(list(blocks)))


def _headline(mine: Mine) -> Block:
    if not mine.waits:
        return header("✅ Nothing waits for you")
    alarm = words.alarm(mine.waiting[0]) if mine.waiting else ""
    waits = words.does(mine.waits, "waits", "wait")
    return header(f"{alarm}{words.count(mine.waits, 'question')} {waits} for you")


def _events(
    events: Sequence[Event], total: int, room: _Room, view: HomeView, apart: Mapping[str, str], query: str
) -> list[Block]:
    """Events with their buttons, and how many there are besides."""
    rows: list[Block] = []
    shown = 0
    for event in events:
        entry = address_lines.entry(event, view.now, apart[event.id])
        # Whoever can only close a denied event closes it before anybody has looked into it.
        pair = [paragraph([entry]), *follow_up.taking_on(event), *buttons.for_status(event)]
        if not room.take(pair):
            break
        rows += pair
        shown += 1
    typed = text(f"{view.command} {query}", code=True)
    if left := total - shown:
        rows.append(paragraph([[text(f"… and {left:,} more: "), typed]]))
    elif query == "pending all":
        rows.append(paragraph([[text("All that waits: "), typed]]))
    return rows


def _expected(expected: Sequence[Expectation], command: str) -> list[Block]:
    """The work that is announced, each with its end."""
    if not expected:
        return []
    blocks: list[Block] = [divider(), header("Your trust and announced work")]
    for each in expected:
        blocks += [
            paragraph(_expectation(each)),
            actions([button("End now", END, each.id, about=f"the expectation {each.id}")]),
        ]
    blocks.append(paragraph([[text("All, with their ids: "), text(f"{command} expectations", code=True)]]))
    return blocks


def _expectation(each: Expectation) -> list[Line]:
    waits = "" if each.confirmed_at else ", to be confirmed by a reviewer: it covers nothing yet"
    whose = f"{'✅' if each.confirmed_at else '⏳'} Work of {show(each.person, words.NAME_LIMIT)}"
    used = f"{each.uses:,} of at most {words.count(each.max_uses, 'record')} approved without asking"
    return [
        [bold(whose), text(f"{waits} · {each.id}")],
        [text(show(expectation_words.scope(each), SCOPE_LIMIT))],
        labelled("Until", date(each.until), text(f" · {used}")),
    ]


def _past(mine: Mine, view: HomeView) -> list[Block]:
    """What there was of its reader in the last day."""
    typed = text(f"{view.command} history", code=True)
    apart = told_apart(list(mine.past))
    lines: list[Line] = [past(event, view.now, apart[event.id]) for event in mine.past]
    if not lines:
        lines.append([text("There was nothing of yours.")])
    lines.append([text("All that there was: "), typed])
    # Whoever has proven who they are sees further back.
    title = "Your latest" if mine.has_proven else "Your last 24 hours"
    return [divider(), header(title), paragraph(lines)]


def _help(view: HomeView) -> list[Block]:
    usages = (
        ("show ID", "all that is known of an event; ids stand at the ends of the lines above"),
        ("approve ID, deny ID, unsure ID", "decide, where you cannot press"),
        ("help", "all that can be typed"),
        ("whoami", "who you are to Powertrip"),
    )
    lines: list[Line] = [
        [text(f"{view.command} {usage}", code=True), text(f"  {meaning}")] for usage, meaning in usages
    ]
    as_of = footer([[text("As of "), date(view.now)], [text(f"Powertrip {show(view.version, 30)}")]])
    return [divider(), header("Help"), paragraph(lines), as_of]
