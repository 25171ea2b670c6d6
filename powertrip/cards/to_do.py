"""What is to be done about many denied events, where no line of it can be ticked."""

from collections.abc import Sequence

from powertrip.cards.blocks import Line, bold, text
from powertrip.cards.text import show

LINE_LIMIT = 150


def lines(checklist: Sequence[str]) -> list[Line]:
    """The list by rule, to go by."""
    if not checklist:
        return []
    numbered = [f"{number}. {show(line, LINE_LIMIT)}" for number, line in enumerate(checklist, 1)]
    return [[bold("To do for them:")], *([text(line)] for line in numbered)]
