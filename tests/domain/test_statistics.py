"""Waits, as they are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.domain.statistics import rounded, share_up_to


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        (-5.0, 0),
        (0.4, 0),
        (97.4, 97),
        (99.6, 100),
        (109.0, 100),
        (999.0, 990),
        (12_345.0, 12_000),
        (86_400.0 * 365, 31_000_000),
    ],
)
def test_a_wait_keeps_two_figures(seconds: float, kept: int) -> None:
    assert rounded(seconds) == kept


@given(st.floats(min_value=0, max_value=1e10))
def test_no_wait_is_off_by_more_than_a_tenth_and_half_a_second(seconds: float) -> None:
    assert seconds * 0.9 - 0.5 <= rounded(seconds) <= seconds + 0.5


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1))
def test_half_were_decided_within_the_median(waits: list[int]) -> None:
    counted = {seconds: waits.count(seconds) for seconds in waits}
    half = share_up_to(counted, 0.5)
    assert 2 * sum(seconds <= half for seconds in waits) >= len(waits)
    assert 2 * sum(seconds < half for seconds in waits) < len(waits) or half == min(waits)


@pytest.mark.parametrize("waits", [{}, {5: 0}])
def test_of_no_decision_there_is_no_median(waits: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="nothing to take a share of"):
        share_up_to(waits, 0.5)
