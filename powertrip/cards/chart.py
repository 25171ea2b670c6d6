"""The chart of `/powertrip stats`: events a day above, the median time to a decision below."""

import io
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from powertrip.domain.statistics import Numbers, share_up_to

BLUE, ORANGE = "#2f6db5", "#d9622b"
INK, SOFT, GRID = "#1d1c1d", "#616061", "#e4e4e4"
DAYS_AT_MOST = 120
"""Older days are left off: their bars would be thinner than a pixel."""
DAYS_AT_LEAST = 7
"""The axis spans at least these, so that a single day's bar stays a bar."""
LABELS_AT_MOST = 10
_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


def draw_chart(numbers: Numbers, now: datetime) -> bytes:
    """A PNG of 1,600 by 900 pixels; days are UTC. `numbers.since` is no later than `now`."""
    last = now.date()
    count = min((last - numbers.since.date()).days + 1, DAYS_AT_MOST)
    days = [last - timedelta(days=back) for back in reversed(range(count))]
    # Not pyplot, which keeps every figure and is not safe in a thread.
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(8, 4.5), dpi=200, layout=layout, facecolor="white")
    events, waits = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _draw_events(events, days, numbers)
    _draw_waits(waits, days, numbers)
    for axes in (events, waits):
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(SOFT)
        axes.tick_params(colors=SOFT, labelsize=8, length=0)
        axes.grid(axis="y", color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
    # Labels are counted back from today, which is what a reader looks for.
    labelled = days[:: -ceil(len(days) / LABELS_AT_MOST)]
    waits.set_xticks(_axis(labelled), [f"{day:%b} {day.day}" for day in labelled])
    missing = max(0, DAYS_AT_LEAST - len(days))
    waits.set_xlim(date2num(days[0]) - 0.6 - missing, date2num(days[-1]) + 0.6)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _draw_events(axes: Any, days: list[date], numbers: Numbers) -> None:
    counts = [numbers.opened_per_day.get(f"{day}", 0) for day in days]
    axes.bar(_axis(days), counts, width=0.8, color=BLUE)
    # At least four, so that one event is no bar of full height.
    axes.set_ylim(0, max(*counts, 4) * 1.1)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    _title(axes, f"Events a day: {sum(counts):,} from {days[0]} to {days[-1]} (UTC)")
    if not any(counts):
        _say(axes, "No events in this time")


def _draw_waits(axes: Any, days: list[date], numbers: Numbers) -> None:
    medians = {day: share_up_to(waits, 0.5) for day in days if (waits := numbers.waits_per_day.get(f"{day}"))}
    longest = max(medians.values(), default=60)
    # The largest unit of which the longest wait is at least two.
    unit, size = next((unit for unit in _UNITS if longest >= 2 * unit[1]), _UNITS[-1])
    values = [seconds / size for seconds in medians.values()]
    axes.plot(_axis(list(medians)), values, color=ORANGE, marker="o", markersize=4, linewidth=1.8)
    axes.set_ylim(0, max([*values, 1]) * 1.2)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    _title(axes, f"Median time from arrival to the decision, in {unit}")
    if not medians:
        _say(axes, "Nothing decided in this time")


def _title(axes: Any, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=10, color=INK, fontweight="bold")


def _say(axes: Any, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=SOFT)


def _axis(days: list[date]) -> list[float]:
    return [float(date2num(day)) for day in days]
