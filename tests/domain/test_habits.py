"""What earlier events say about a new one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from powertrip.domain.habits import HOURS_NEEDED, Seen, past_of
from tests.samples import NOW

NEVER = Seen(
    by_person=0,
    approved_from_address=0,
    approved_from_network=None,
    approved_from_country=None,
    recent_from_address=0,
    approved_at=(),
    denied_from_address_at=None,
    host_approved_at=None,
    host_approved_user=None,
)


def test_of_somebody_new_only_that_is_said() -> None:
    past = past_of(NEVER, NOW)
    assert past.first_of_person
    assert (past.first_from_address, past.first_from_network, past.first_from_country) == (False,) * 3


def test_an_address_without_approval_is_new_however_often_it_was_denied() -> None:
    past = past_of(replace(NEVER, by_person=5, denied_from_address_at=NOW), NOW)
    assert past.first_from_address
    assert past.denied_from_address_at == NOW


def test_network_and_country_are_new_only_where_they_are_known() -> None:
    unknown = past_of(replace(NEVER, by_person=1), NOW)
    known = past_of(replace(NEVER, by_person=1, approved_from_network=0, approved_from_country=0), NOW)
    assert (unknown.first_from_network, unknown.first_from_country) == (False, False)
    assert (known.first_from_network, known.first_from_country) == (True, True)


def test_the_new_one_is_counted_with_the_earlier_ones() -> None:
    assert past_of(replace(NEVER, by_person=33, recent_from_address=33), NOW).times_from_address == 34
    assert past_of(replace(NEVER, by_person=33), NOW).times_from_address == 0


@pytest.mark.parametrize(
    ("hours_off", "unusual"), [(0, False), (1, False), (-1, False), (2, True), (12, True), (23, False)]
)
def test_an_hour_far_from_all_earlier_ones_is_unusual(hours_off: int, unusual: bool) -> None:
    approved = [NOW - timedelta(days=day) for day in range(1, HOURS_NEEDED + 1)]
    seen = replace(NEVER, by_person=HOURS_NEEDED, approved_at=approved)
    assert past_of(seen, NOW + timedelta(hours=hours_off)).unusual_hour is unusual


def test_few_events_make_no_hours_usual() -> None:
    seen = replace(NEVER, by_person=1, approved_at=[NOW] * (HOURS_NEEDED - 1))
    assert not past_of(seen, NOW + timedelta(hours=12)).unusual_hour
