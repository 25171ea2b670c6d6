"""A note to the security channel about what is wrong, or known of before, beyond any one event."""

from collections.abc import Sequence
from typing import Any

from powertrip.cards.blocks import (
    Block,
    Line,
    actions,
    as_text,
    button,
    confirm,
    header,
    paragraph,
    text,
    with_dates,
)
from powertrip.cards.message import Message
from powertrip.cards.text import one_line, show
from powertrip.domain.delivery import Choice, Question

TITLE_LIMIT = 120
LINE_LIMIT = 300


def security_note(title: str, lines: Sequence[str], *, quiet: bool = False) -> Message:
    """A headline and what there is to know, line by line; text from outside in it stays text."""
    return _card("📋" if quiet else "⚠️", title, lines)


def question_card(question: Question) -> Message:
    """A headline, what there is to know, and what can be done about it."""
    buttons = actions([_button(each, question.title) for each in question.choices])
    return _card(question.mark, question.title, question.lines, buttons)


def _card(mark: str, title: str, lines: Sequence[str], *below: Block) -> Message:
    headline = f"{mark} {show(title, TITLE_LIMIT)}"
    shown: list[Line] = [with_dates(show(one_line(line), LINE_LIMIT)) for line in lines]
    return Message(
        text=as_text([[text(headline)], *shown]),
        blocks=[header(headline), *([paragraph(shown)] if shown else []), *below],
    )


def _button(choice: Choice, title: str) -> dict[str, Any]:
    about = show(title, TITLE_LIMIT)
    if not choice.really:
        return button(choice.label, choice.action, choice.value, about=about)
    really = confirm(
        title=f"{choice.label}?", body=choice.really, yes=f"Yes, {choice.label.lower()}", no="Go back"
    )
    return button(choice.label, choice.action, choice.value, about=about, style="primary", confirm=really)
