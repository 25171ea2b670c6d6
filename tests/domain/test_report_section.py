"""When a weekly report is due: at the same time on the wall, in summer as in winter."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError

from powertrip.domain.report_section import ReportSection


def section(every: str = "monday 09:00", zone: str = "Europe/Berlin", **more: str) -> ReportSection:
    return ReportSection.model_validate({"every": every, "time_zone": zone, **more})


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_it_is_due_each_week_at_that_time() -> None:
    weekly = section()
    # Monday the 12th, and 9 in Berlin is 8 in UTC.
    assert weekly.next(utc(2026, 1, 6, 12)) == utc(2026, 1, 12, 8)
    assert weekly.next(utc(2026, 1, 12, 7, 59)) == utc(2026, 1, 12, 8)
    assert weekly.next(utc(2026, 1, 12, 8)) == utc(2026, 1, 19, 8)
    assert weekly.last(utc(2026, 1, 12, 8)) == utc(2026, 1, 12, 8)
    assert weekly.last(utc(2026, 1, 12, 7, 59)) == utc(2026, 1, 5, 8)


def test_its_week_is_an_hour_shorter_or_longer_where_the_clocks_are_set() -> None:
    weekly = section()
    spring, autumn = utc(2026, 3, 30, 7), utc(2026, 10, 26, 8)
    assert weekly.next(spring - timedelta(days=2)) == spring
    assert spring - weekly.week_before(spring) == timedelta(days=7, hours=-1)
    assert weekly.next(autumn - timedelta(days=2)) == autumn
    assert autumn - weekly.week_before(autumn) == timedelta(days=7, hours=1)


@pytest.mark.parametrize("every", ["sunday 02:30", "sunday 02:00", "sunday 03:00", "monday 00:00"])
def test_through_two_years_it_is_due_104_times_also_where_clocks_show_a_time_twice_or_never(
    every: str,
) -> None:
    weekly, now = section(every), utc(2026, 1, 1)
    found: list[datetime] = []
    while (at := weekly.next(now)) is not None and at < utc(2028, 1, 1):
        # A moment later nothing is due anew, and what was due is known for a week.
        assert weekly.last(at) == at
        assert weekly.week_before(at) == (found[-1] if found else weekly.last(now))
        found, now = [*found, at], at
    assert len(found) == 104
    assert {later - sooner for sooner, later in pairwise(found)} <= {
        timedelta(days=7, hours=hours) for hours in (-1, 0, 1)
    }


def test_without_a_time_none_is_ever_due() -> None:
    off = ReportSection()
    assert (off.next(utc(2026, 1, 1)), off.last(utc(2026, 1, 1))) == (None, None)


@pytest.mark.parametrize("every", ["daily", "monday", "monday 24:00", "monday 9:00", "mon 09:00", "1w", 9])
def test_a_time_that_is_none_is_refused_with_one_that_is(every: object) -> None:
    with pytest.raises(ValidationError, match="write one such as monday 09:00"):
        ReportSection.model_validate({"every": every})


@pytest.mark.parametrize(("to", "is_fine"), [("security", True), ("#weekly", True), ("C0WEEKLY", True)])
def test_it_goes_to_a_channel(to: str, is_fine: bool) -> None:
    assert (section(to=to).to == to) is is_fine


def test_it_goes_to_no_person() -> None:
    with pytest.raises(ValidationError, match="cannot be used"):
        section(to="U0ALICE")
