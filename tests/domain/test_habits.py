"""What earlier events say about a new one."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from powertrip.domain.habits import HOURS_NEEDED, Past, past_of
from tests.samples import NOW


def past(occurred_at: datetime = NOW, **seen: Any) -> Past:
    """The past of an event before which nothing was seen but this."""
    nothing: dict[str, Any] = {
        "by_person": 0,
        "approved_from_address": 0,
        "approved_from_network": None,
        "approved_from_country": None,
        "recent_from_address": 0,
        "counted_all": True,
        "approved_at": (),
        "denied_from_address_at": None,
        "host_approved_at": None,
        "host_approved_user": None,
    }
    return past_of(occurred_at, **(nothing | seen))


def test_of_somebody_new_only_that_is_said() -> None:
    new = past()
    assert new.first_of_person
    assert (new.first_from_address, new.first_from_network, new.first_from_country) == (False,) * 3


def test_an_address_without_approval_is_new_however_often_it_was_denied() -> None:
    denied = past(by_person=5, denied_from_address_at=NOW)
    assert denied.first_from_address
    assert denied.denied_from_address_at == NOW


def test_network_and_country_are_new_only_where_they_are_known() -> None:
    unknown = past(by_person=1)
    known = past(by_person=1, approved_from_network=0, approved_from_country=0)
    assert (unknown.first_from_network, unknown.first_from_country) == (False, False)
    assert (known.first_from_network, known.first_from_country) == (True, True)


def test_the_new_one_is_counted_with_the_earlier_ones() -> None:
    assert past(by_person=33, recent_from_address=33).times_from_address == 34
    assert past(by_person=33).times_from_address == 0
    assert not past(by_person=33, counted_all=False).or_more_times


@pytest.mark.parametrize(
    ("hours_off", "unusual"), [(0, False), (1, False), (-1, False), (2, True), (12, True), (23, False)]
)
def test_an_hour_far_from_all_earlier_ones_is_unusual(hours_off: int, unusual: bool) -> None:
    approved = [NOW - timedelta(days=day) for day in range(1, HOURS_NEEDED + 1)]
    new = past(NOW + timedelta(hours=hours_off), by_person=HOURS_NEEDED, approved_at=approved)
    assert new.unusual_hour is unusual


def test_few_events_make_no_hours_usual() -> None:
    new = past(NOW + timedelta(hours=12), by_person=1, approved_at=[NOW] * (HOURS_NEEDED - 1))
    assert not new.unusual_hour
