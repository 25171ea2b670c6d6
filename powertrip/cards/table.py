"""Tables in monospaced text: the only ones that every Slack client shows aligned."""

from collections.abc import Sequence

from powertrip.cards.text import show, width

Row = Sequence[str]

GAP = "  "


def table(head: Row, rows: Sequence[Row], limits: Sequence[int]) -> str:
    """Columns of cells, each cut to its limit; a column is as wide as its widest cell."""
    cut = [[_cell(cell, limit) for cell, limit in zip(row, limits, strict=True)] for row in (head, *rows)]
    widths = [max(map(width, column)) for column in zip(*cut, strict=True)]
    lines = []
    for row in cut:
        # Not str.ljust: a wide character takes two columns.
        padded = [cell + " " * (columns - width(cell)) for cell, columns in zip(row, widths, strict=True)]
        lines.append(GAP.join(padded).rstrip())
    return "\n".join(lines)


def _cell(value: str, limit: int) -> str:
    # A rough cut first: taking characters off one by one would be slow for a long cell.
    shown = show(value, max(limit * 4, 40))
    while width(shown) > limit:
        shown = shown.removesuffix("…")[:-1] + "…"
    return shown
