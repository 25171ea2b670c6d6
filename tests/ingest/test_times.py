"""Which moment a sender's time names."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.ingest.times import HeaderTime, parse_time

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def parse(value: object, *, now: datetime = NOW, zone: tzinfo | None = None) -> datetime | None:
    return parse_time(value, received_at=now, zone=zone)


@pytest.mark.parametrize(
    "value",
    [
        "2020-09-01T01:02:03Z",
        "2020-09-01T01:02:03+00:00",
        "2020-09-01T01:02:03+0000",
        "2020-09-01 01:02:03 +0000",
        "2020-09-01T03:02:03+02:00",
        "2020-08-31T18:02:03-07:00",
        " 2020-09-01T01:02:03.000000000Z ",
        1598922123,
        1598922123.0,
        1598922123000,
        1598922123000000,
        1598922123000000000,
        "1598922123",
        "1598922123.000",
        "1598922123000",
        "1598922123000000",
        "1598922123000000000",
    ],
)
def test_the_same_moment_is_read_from_every_form(value: object) -> None:
    assert parse(value) == datetime(2020, 9, 1, 1, 2, 3, tzinfo=UTC)


def test_fractions_of_a_second_are_kept_to_the_microsecond() -> None:
    expected = datetime(2026, 11, 22, 20, 8, 58, 759677, tzinfo=UTC)
    assert parse("2026-11-22T20:08:58.759677123+00:00") == expected
    assert parse("1795378138759677") == expected
    assert parse(1795378138759677123) == expected


def test_what_is_read_is_in_utc() -> None:
    moment = parse("2020-09-01T03:02:03+02:00")
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("Nov 22 20:08:58", NOW, datetime(2026, 11, 22, 20, 8, 58, tzinfo=UTC)),
        ("Dec  1 00:00:00", datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        ("Dec 31 23:59:58", datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC)),
        (
            "Jan  1 00:00:02",
            datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
            datetime(2027, 1, 1, 0, 0, 2, tzinfo=UTC),
        ),
        ("Feb 29 12:00:00", datetime(2028, 3, 1, tzinfo=UTC), datetime(2028, 2, 29, 12, tzinfo=UTC)),
    ],
    ids=["today", "padded", "last-year", "clock-ahead-over-new-year", "leap-day"],
)
def test_a_syslog_time_gets_the_year_nearest_to_its_arrival(
    text: str, now: datetime, expected: datetime
) -> None:
    assert parse(text, now=now) == expected


def test_a_syslog_time_is_taken_in_the_configured_zone() -> None:
    assert parse("Nov 22 21:08:58", zone=BERLIN) == datetime(2026, 11, 22, 20, 8, 58, tzinfo=UTC)


def test_a_time_without_zone_is_trusted_only_where_one_is_configured() -> None:
    assert parse("2020-09-01T01:02:03") is None
    assert parse("2020-09-01T03:02:03", zone=BERLIN) == datetime(2020, 9, 1, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "yesterday",
        "Nov 31 10:00:00",
        "2020-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        10**30,
        -(10**30),
        float("nan"),
        float("inf"),
        "9" * 60,
        ["2020-09-01T01:02:03Z"],
        {"time": 1},
        "2020-09-01T01:02:03Z" + " " * 1000,
    ],
)
def test_what_names_no_moment_is_none(value: Any) -> None:
    assert parse(value) is None


@given(st.text() | st.integers() | st.floats() | st.dates().map(str) | st.datetimes().map(str))
def test_no_value_raises(value: object) -> None:
    moment = parse(value, zone=BERLIN)
    assert moment is None or moment.tzinfo is UTC


NOVEMBER = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Nov  5 10:00:00",
        "nov 05 10:00:00",
        "2026 Nov  5 10:00:00",
        "Nov  5 2026 10:00:00",
        "Nov 5, 2026 10:00:00",
        "Nov  5 10:00:00 2026",
        "Thu Nov  5 10:00:00 UTC 2026",
        "Nov  5 11:00:00 CET",
        "Nov  5 05:00:00 EST",
        "Nov  5 11:00:00+01:00",
        "Nov  5 15:30:00 +0530",
        "Nov  5 10:00:00.000000000",
        "Nov  5 10:00:00,000",
        "2026-11-05 10:00:00,000",
        "2026-11-05 11:00:00.000000+0100",
        "2026-11-05 10:00:00 GMT",
        "Thu 2026-11-05 10:00:00 UTC",
        "2026/11/05 10:00:00",
        "2026-11-05_10:00:00",
        "20261105T100000Z",
        "2026-W45-4T10:00:00Z",
        "05/Nov/2026:11:00:00 +0100",
        "@1793872800",
    ],
)
def test_the_time_of_a_header_is_read_in_all_its_forms(text: str) -> None:
    assert parse(HeaderTime(text), now=NOVEMBER) == NOVEMBER


@pytest.mark.parametrize(
    "text", ["Nov  5 10:00:00 IST", "2026-11-05 10:00:00 CST", "Nov 31 10:00:00", "x", ""]
)
def test_a_time_that_may_be_several_is_none(text: str) -> None:
    assert parse(HeaderTime(text), now=NOVEMBER) is None


def test_a_header_without_a_zone_is_in_the_configured_one() -> None:
    for text in ("Nov  5 11:00:00", "2026-11-05 11:00:00", "2026-11-05T11:00:00"):
        assert parse(HeaderTime(text), now=NOVEMBER, zone=BERLIN) == NOVEMBER
        assert not HeaderTime(text).names_zone
    assert HeaderTime("Nov  5 11:00:00 CET").names_zone
    assert not HeaderTime("Nov  5 11:00:00 IST").names_zone


moments = st.integers(-300_000, 300_000).map(lambda minutes: NOW + timedelta(minutes=97 * minutes))


@given(moments, moments, st.sampled_from([None, UTC, BERLIN, ZoneInfo("Pacific/Auckland")]))
def test_a_time_without_a_year_is_in_the_year_that_puts_it_nearest(
    written: datetime, now: datetime, zone: tzinfo | None
) -> None:
    possible = []
    for year in (now.year - 1, now.year, now.year + 1):
        # 29 February is of a leap year.
        with suppress(ValueError):
            possible.append(written.replace(year=year, tzinfo=zone or UTC))

    nearest = min(possible, key=lambda moment: abs(moment - now), default=None)
    assert parse(f"{written:%b %e %H:%M:%S}", now=now, zone=zone) == nearest


@given(
    st.from_regex(
        r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,12})?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})",
        fullmatch=True,
    )
)
def test_a_time_of_rfc_3339_is_read_as_it_would_be_part_by_part(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("powertrip.ingest.times._RFC_3339", re.compile("(?!)"))
        part_by_part = parse(text)
    assert parse(text) == part_by_part
