"""The chart that comes with the statistics."""

import struct
from collections import Counter
from datetime import datetime, timedelta

import pytest

from powertrip.domain.statistics import Numbers
from tests.samples import NOW


def draw_chart(numbers: Numbers, now: datetime) -> bytes:
    """The chart; what draws it takes a while to load, which each worker of the tests would wait for."""
    from powertrip.cards import chart  # noqa: PLC0415

    return chart.draw_chart(numbers, now)


def numbers(days: int, opened: int, seconds: tuple[int, ...]) -> Numbers:
    """The same on each of the last `days` days, seen since then."""
    dates = [f"{NOW - timedelta(days=back):%Y-%m-%d}" for back in range(days)]
    return Numbers(
        since=NOW - timedelta(days=days),
        events=(),
        tallies={},
        quarantined=0,
        deciders={},
        opened_per_day=dict.fromkeys(dates, opened) if opened else {},
        waits_per_day={day: Counter(seconds) for day in dates} if seconds else {},
    )


@pytest.mark.parametrize(
    ("days", "opened", "seconds"),
    [
        (0, 0, ()),
        (1, 1, (0,)),
        (7, 5, (90, 4000)),
        (30, 0, ()),
        (200, 1, (10**9,)),
    ],
)
def test_every_stretch_of_time_makes_a_picture_of_the_same_size(
    days: int, opened: int, seconds: tuple[int, ...]
) -> None:
    picture = draw_chart(numbers(days, opened, seconds), NOW)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    # A PNG's header holds width and height as big-endian numbers after 16 bytes.
    assert struct.unpack(">II", picture[16:24]) == (1600, 900)


def test_what_is_shown_changes_the_picture() -> None:
    pictures = {draw_chart(numbers(7, opened, (60 * opened,)), NOW) for opened in (1, 2, 30)}
    assert len(pictures) == 3
