"""The window that decides the usual events of a storm together, and what became of that."""

from typing import Any

from powertrip.cards import storm, words
from powertrip.cards.answers import note
from powertrip.cards.blocks import Block, Line, bold, date, labelled, paragraphs, plain, preformatted, text
from powertrip.cards.message import Message
from powertrip.cards.modals import AGENT_BLOCK, AGENT_INPUT, INPUT, INPUT_BLOCK, TYPED_LIMIT
from powertrip.cards.text import show
from powertrip.domain.agents import NAME_LIMIT
from powertrip.domain.decision import FOR_AGENT, Verdict
from powertrip.domain.storm_view import Coverage, StormView, Top
from powertrip.domain.storms import StormKind

STORM_CALLBACK = "decide_storm"
VERDICT_BLOCK, VERDICT = "verdict", "choice"
COUNT_BLOCK, COUNT = "count", "typed"


def storm_modal(
    view: StormView, coverage: Coverage, verdict: Verdict, private_metadata: str
) -> dict[str, Any]:
    """The window that decides many events: what it covers and what not, a reason, the count to be typed."""
    is_open = verdict is not Verdict.CLOSE
    title = "Decide together" if is_open else "Close together"
    question = "Why, for all of them?" if is_open else "What was found, and what was done?"
    return {
        "type": "modal",
        "callback_id": STORM_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain(title, 24),
        "submit": plain("Decide" if is_open else "Close them", 24),
        "close": plain("Go back", 24),
        "blocks": [
            *paragraphs(_covered(view, coverage), _left_out(view, coverage)),
            preformatted(storm.tabled(*_most(view, coverage))),
            *([_choice(), _which_agent()] if is_open else []),
            _typing(INPUT_BLOCK, INPUT, question, multiline=True, limit=TYPED_LIMIT),
            _typing(COUNT_BLOCK, COUNT, f"Type {coverage.count} to decide that many", limit=12),
        ],
    }


def _most(view: StormView, coverage: Coverage) -> tuple[Top, str]:
    return (coverage.hosts, "Host") if view.storm.kind is StormKind.PERSON else (coverage.users, "Name")


def _covered(view: StormView, coverage: Coverage) -> list[Line]:
    lines = [
        [bold(f"Covered: {storm.counted(coverage.count, coverage.records)}")],
        [
            text(show(view.storm.title, words.TITLE_LIMIT)),
            text(f" by {storm.who(view)}, all as the card showed them."),
        ],
    ]
    if coverage.first_at and coverage.last_at:
        lines.append(
            labelled("When", date(coverage.first_at), text(" to "), date(coverage.last_at)),
        )
    return lines


def _left_out(view: StormView, coverage: Coverage) -> list[Line]:
    """What stays as it is, whatever is decided here."""
    stay = ("it stays open", "they stay open")
    parts = [
        (
            view.outlier_count,
            "not like the others",
            ("it has a card of its own", "each has a card of its own"),
        ),
        (coverage.later, "that came, or changed, after the card was drawn", stay),
        (coverage.beyond, "beyond what one decision covers", stay),
    ]
    lines: list[Line] = [
        [text(f"• {count:,} {which}: {words.does(count, *what)}")] for count, which, what in parts if count
    ]
    return [[bold("Not covered:")], *lines] if lines else []


def _choice() -> Block:
    said = {
        Verdict.APPROVE.value: "Approve: all of them are expected",
        FOR_AGENT: "Approve: an agent or a script of ours did all of them",
        Verdict.DENY.value: "Deny: somebody has to look into them",
    }
    return {
        "type": "input",
        "block_id": VERDICT_BLOCK,
        "label": plain("Your decision on all of them", 100),
        "element": {
            "type": "radio_buttons",
            "action_id": VERDICT,
            "options": [{"text": plain(label, 75), "value": value} for value, label in said.items()],
        },
    }


def _which_agent() -> Block:
    asked = _typing(AGENT_BLOCK, AGENT_INPUT, "Which agent or script, if one did?", limit=NAME_LIMIT)
    return asked | {"optional": True}


def _typing(block_id: str, action_id: str, label: str, *, limit: int, multiline: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 100),
        "element": {
            "type": "plain_text_input",
            "action_id": action_id,
            "multiline": multiline,
            "min_length": 1,
            "max_length": limit,
        },
    }


def storm_answer(
    verdict: Verdict, decided: int, missed: int, refused: tuple[tuple[str, int], ...], left: int
) -> Message:
    """What became of one decision on many events, for whoever took it."""
    said = [f"{words.DONE[verdict]} {words.count(decided, 'event')} together."]
    said += [f"{words.count(count, 'event')} left {_as_is(count)}: {sentence}" for sentence, count in refused]
    if missed:
        meanwhile = "had been decided, or had changed, meanwhile"
        said.append(f"{words.count(missed, 'event')} {meanwhile}: left {_as_is(missed)}.")
    if left:
        wait = words.does(left, "waits", "wait")
        said.append(f"{words.count(left, 'event')} of this storm still {wait}.")
    return note(" ".join(said))


def _as_is(number: int) -> str:
    return words.does(number, "as it is", "as they are")
