"""The chart of `/powertrip stats`: events a day, and the median time to a decision."""

import io
from datetime import date, datetime, timedelta
from statistics import median

from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from powertrip.ports import Numbers

BARS = "#4a6fa5"
LINE = "#c8553d"
DAYS_AT_MOST = 120
"""Older days are left off: their bars would be thinner than a pixel."""


def draw_chart(numbers: Numbers, now: datetime) -> bytes:
    """A PNG of 900 by 420 pixels; days are UTC, times to decision in minutes."""
    days = _days(numbers.since.date(), now.date())
    figure = Figure(figsize=(9, 4.2), dpi=100, layout="constrained")
    events = figure.add_subplot()
    counts = [numbers.opened_per_day.get(f"{day}", 0) for day in days]
    events.bar(_axis(days), counts, color=BARS, label="events")
    events.xaxis_date()
    events.set_ylabel("events a day", color=BARS)
    events.yaxis.set_major_locator(MaxNLocator(integer=True))
    waits = events.twinx()
    decided = [day for day in days if numbers.seconds_per_day.get(f"{day}")]
    minutes = [median(numbers.seconds_per_day[f"{day}"]) / 60 for day in decided]
    waits.plot(_axis(decided), minutes, color=LINE, marker="o", label="median minutes to a decision")
    waits.set_ylabel("median minutes to a decision", color=LINE)
    waits.set_ylim(bottom=0)
    events.set_title(f"Powertrip, {days[0]} to {days[-1]} (UTC)", loc="left")
    figure.autofmt_xdate()
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _axis(days: list[date]) -> list[float]:
    return [float(date2num(day)) for day in days]


def _days(first: date, last: date) -> list[date]:
    count = min((last - first).days + 1, DAYS_AT_MOST)
    return [last - timedelta(days=back) for back in reversed(range(count))]
