"""Charts as SVG within the page; plain enough to be read without colours."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import escape

COLOURS = {
    "approved": "#2f7d5b",
    "denied": "#b3372f",
    "closed": "#8a5a44",
    "pending": "#d9a521",
    "half_approved": "#8fae6b",
}
WIDTH, HEIGHT, LEFT, BELOW = 860, 220, 44, 28
BARS_MOST = 120
"""Bars that can be told apart; days of a longer span are put together."""
WAITS = (("1 min", 60), ("5 min", 300), ("15 min", 900), ("1 h", 3600), ("4 h", 14400), ("1 day", 86400))
"""Times to an answer, up to which each bar counts."""


def by_day(days: Mapping[str, Counter[str]], first: date, last: date) -> str:
    """Events a day by what became of them, stacked."""
    span = max(1, (last - first).days + 1)
    together = -(-span // BARS_MOST)
    bars: list[tuple[str, Counter[str]]] = []
    for number in range(span):
        day = f"{first + timedelta(days=number):%Y-%m-%d}"
        if number % together == 0:
            bars.append((day, Counter()))
        bars[-1][1].update(days.get(day, Counter()))
    label = "Events a day, by what became of them"
    return _bars(bars, label if together == 1 else f"Events in {together} days each, by what became of them")


def by_wait(waits: Sequence[float]) -> str:
    """How many decisions came within which time."""
    bars: list[tuple[str, Counter[str]]] = []
    before = -1.0
    for name, limit in (*WAITS, ("longer", float("inf"))):
        count = sum(before < wait <= limit for wait in waits)
        bars.append((f"≤ {name}" if limit != float("inf") else name, Counter({"approved": count})))
        before = limit
    return _bars(bars, "Decisions by the time from the record to the answer", colour="#35608f")


def _bars(bars: Sequence[tuple[str, Counter[str]]], label: str, colour: str | None = None) -> str:
    top = max([1, *(sum(counts.values()) for _, counts in bars)])
    room, step = HEIGHT - BELOW - 10, (WIDTH - LEFT) / len(bars)
    shapes = [_line(top, room, value) for value in sorted({0, top // 2, top})]
    for number, (name, counts) in enumerate(bars):
        x, y = LEFT + number * step, float(HEIGHT - BELOW)
        for status, own in COLOURS.items():
            if not counts[status]:
                continue
            height = counts[status] / top * room
            y -= height
            title = f"{name}: {counts[status]}" + ("" if colour else f" {status.replace('_', ' ')}")
            shapes.append(
                f'<rect x="{x + step * 0.1:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}" '
                f'fill="{colour or own}"><title>{escape(title)}</title></rect>'
            )
        if number % max(1, -(-len(bars) // 8)) == 0:
            shapes.append(
                f'<text x="{x + step / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(name)}</text>'
            )
    return (
        f"<figure><figcaption>{escape(label)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{''.join(shapes)}</svg></figure>"
    )


def _line(top: int, room: float, value: int) -> str:
    y = HEIGHT - BELOW - value / top * room
    return (
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>'
    )
