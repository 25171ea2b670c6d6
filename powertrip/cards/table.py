"""Tables in monospaced text: the only ones that every Slack client shows aligned."""

from collections.abc import Sequence

from powertrip.cards.text import show, width

Row = Sequence[str]

GAP = "  "


def table(head: Row, rows: Sequence[Row], limits: Sequence[int]) -> str:
    """Columns of cells, each cut to its limit; a column is as wide as its widest cell."""
    cut = [[_cell(cell, limit) for cell, limit in zip(row, limits, strict=True)] for row in (head, *rows)]
    widths = [max(map(width, column)) for column in zip(*cut, strict=True)]
    return "\n".join(GAP.join(map(_padded, row, widths)).rstrip() for row in cut)


def _cell(value: str, limit: int) -> str:
    shown = show(value, max(limit * 4, 40))
    while width(shown) > limit:
        shown = shown.removesuffix("…")[:-1] + "…"
    return shown


def _padded(cell: str, columns: int) -> str:
    return cell + " " * (columns - width(cell))
