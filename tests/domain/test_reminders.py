"""When the next reminder is due."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.domain import reminders
from powertrip.domain.reminders import Reminders
from tests.samples import NOW

MINUTES = timedelta(minutes=1)


def schedule(**changes: object) -> Reminders:
    """Ten minutes, then every hour."""
    fields: dict[str, object] = {"remind_after": 10 * MINUTES, "remind_every": 60 * MINUTES}
    return Reminders.model_validate(fields | changes)


def test_the_first_reminder_comes_after_remind_after() -> None:
    assert reminders.first_due(schedule(), NOW) == NOW + 10 * MINUTES


@pytest.mark.parametrize(
    ("sent", "minutes"),
    [
        (1, 60),  # 60 * 2**0
        (2, 120),  # 60 * 2**1
        (3, 240),  # 60 * 2**2
        (4, 300),  # 60 * 2**3 = 480, held at 5 h
        (1_000_000, 300),
    ],
)
def test_each_interval_grows_by_the_backoff_up_to_the_longest(sent: int, minutes: int) -> None:
    growing = schedule(backoff=2.0, remind_every_max=300 * MINUTES)
    assert reminders.next_due(growing, sent, NOW) == NOW + minutes * MINUTES


def test_a_longest_interval_below_the_first_does_not_shorten_it() -> None:
    odd = schedule(remind_every_max=1 * MINUTES)
    assert reminders.next_due(odd, 5, NOW) == NOW + 60 * MINUTES


@given(
    sent=st.integers(1, 10**9),
    every=st.timedeltas(timedelta(milliseconds=1), timedelta(days=3650)),
    longest=st.timedeltas(timedelta(milliseconds=1), timedelta(days=3650)),
    backoff=st.floats(1, 10),
)
def test_a_next_reminder_always_comes(
    sent: int, every: timedelta, longest: timedelta, backoff: float
) -> None:
    due = reminders.next_due(
        schedule(remind_every=every, remind_every_max=longest, backoff=backoff), sent, NOW
    )
    assert NOW < due <= NOW + max(every, longest)
    assert due.tzinfo is not None


def test_a_slow_backoff_reaches_the_longest_interval_too() -> None:
    slow = schedule(backoff=1.01, remind_every_max=300 * MINUTES)
    # 60 * 1.01**99 = 160.68; 60 * 1.01**162 = 300.8, held at 300
    assert reminders.next_due(slow, 100, NOW) - NOW == pytest.approx(160.68 * MINUTES, abs=0.01 * MINUTES)
    assert reminders.next_due(slow, 163, NOW) == NOW + 300 * MINUTES


@pytest.mark.parametrize(("number", "mentions"), [(1, False), (2, True), (3, True)])
def test_the_reviewers_are_mentioned_from_mention_after_on(number: int, mentions: bool) -> None:
    assert reminders.mentions_reviewers(schedule(mention_after=2), number) is mentions
