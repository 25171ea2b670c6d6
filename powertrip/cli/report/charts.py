"""Charts of the report's page: each says something of three answers as well as of three thousand."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

from powertrip.domain.statistics import Waits

WIDTH, HEIGHT, LEFT, BELOW = 860, 240, 44, 28
COLOURS = ("#35608f", "#b3742f", "#2f7d5b")
TICKS = (
    *((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h")),
    *((14_400, "4 h"), (86_400, "1 day"), (604_800, "1 week")),
)
DOTS_MOST = 60
"""Answers of one group that have a dot each; of more, the line is enough."""


def answered_within(groups: Mapping[str, Waits]) -> str:
    """The share of answers that had come after each time, a line a group; the time is logarithmic."""
    room, right = HEIGHT - BELOW - 10, WIDTH - 24
    shapes = []
    for part in (0, 25, 50, 75, 100):
        y = HEIGHT - BELOW - part / 100 * room
        shapes.append(
            f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{part}%</text>'
        )
    for seconds, name in TICKS:
        x = _x(seconds, right)
        shapes.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="10" y2="{HEIGHT - BELOW}" class="grid"/>'
            f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{name}</text>'
        )
    for colour, (name, waits) in zip(COLOURS, groups.items(), strict=False):
        shapes.append(_steps(name, waits, colour, right, room))
    label = "Share of answers by the time from the card to the click"
    return (
        f"<figure><figcaption>{label}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(shapes)}</svg>'
        "</figure>"
        f'<p class="soft">{"".join(map(_key, COLOURS, groups))}</p>'
    )


def _steps(name: str, waits: Waits, colour: str, right: int, room: int) -> str:
    total, passed, path, dots = sum(waits.values()), 0, f"M {LEFT} {HEIGHT - BELOW}", ""
    for seconds, count in sorted(waits.items()):
        passed += count
        x, y = _x(seconds, right), HEIGHT - BELOW - passed / total * room
        path += f" H {x:.1f} V {y:.1f}"
        if total <= DOTS_MOST:
            dots += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    title = f"<title>{escape(name)}: {total:,} answers</title>"
    return f'<path d="{path} H {right}" fill="none" stroke="{colour}" stroke-width="2">{title}</path>{dots}'


def _x(seconds: int, right: int) -> float:
    longest = TICKS[-1][0]
    return LEFT + log10(min(max(seconds, 1), longest)) / log10(longest) * (right - LEFT)


def _key(colour: str, name: str) -> str:
    return f'<span class="key" style="background:{colour}"></span>{escape(name)}'


def bars(rows: Sequence[tuple[str, int, int]]) -> str:
    """Rules by how often they asked, and how much of that was denied."""
    top = max((asked for _, asked, _ in rows), default=1)
    shown = "".join(
        f'<div class="rule"><span>{name}</span><span class="track">'
        f'<i style="width:{_percent(asked - denied, top)}%;background:{COLOURS[0]}"></i>'
        f'<i style="width:{_percent(denied, top)}%;background:#b3372f"></i></span>'
        f"<b>{asked:,}</b></div>"
        for name, asked, denied in rows
    )
    return (
        f'<figure class="bars"><figcaption>Events asked about, red where denied</figcaption>{shown}</figure>'
    )


def _percent(value: int, top: int) -> str:
    # Of what is there at all something is seen.
    return f"{max(0.6, 100 * value / top):.1f}" if value else "0"
