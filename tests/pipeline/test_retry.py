"""When a delivery that failed is tried again, and what is known of the attempt that failed."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.errors import (
    Rejected,
    SlackAmbiguous,
    SlackRefused,
    SlackUnavailable,
    StoreUnavailable,
    Unavailable,
)
from powertrip.pipeline.context import Context
from powertrip.pipeline.retry import LeaseLost, attempt, doubled
from tests.pipeline.contexts import context
from tests.samples import NOW, SECURITY, later


class Outbox:
    """Writes down what is postponed: for how many seconds, and whether it may have arrived."""

    def __init__(self) -> None:
        self.postponed: list[tuple[float, bool]] = []

    async def postpone(self, delivery: Delivery, until: Any, why: str, *, may_have_arrived: bool) -> None:
        assert why
        assert delivery.uid == "uid"
        self.postponed.append(((until - NOW).total_seconds(), may_have_arrived))


async def tried(
    error: Exception | None, attempts: int = 0, *, leased_for: float = 30
) -> tuple[float, list[tuple[float, bool]]]:
    """The pause of the lane after one attempt, and what was postponed."""
    outbox = Outbox()
    of_step = context(SimpleNamespace(deliveries=outbox), lambda: NOW)
    delivery = Delivery(
        id=1,
        uid="uid",
        kind=DeliveryKind.NOTE,
        lane=SECURITY,
        channel=SECURITY,
        ts=None,
        event_ids=(),
        payload=None,
        attempts=attempts,
        attempted_at=None,
        created_at=NOW,
        leased_until=later(seconds=leased_for),
    )

    async def work(used: Context, about: Delivery) -> bool:
        assert (used, about) == (of_step, delivery)
        if error is not None:
            raise error
        return True

    return await attempt(of_step, delivery, work), outbox.postponed


async def test_what_was_sent_is_not_tried_again() -> None:
    assert await tried(None) == (0.0, [])


@pytest.mark.parametrize(("attempts", "wait"), [(0, 1), (1, 2), (5, 32), (9, 300), (1000, 300)])
async def test_waits_double_up_to_five_minutes(attempts: int, wait: float) -> None:
    assert await tried(Unavailable("503"), attempts) == (0.0, [(wait, True)])


@pytest.mark.parametrize(("asked", "wait"), [(30.0, 30), (0.5, 0.5), (86_400.0, 300)])
async def test_the_other_side_names_the_wait_within_our_limit(asked: float, wait: float) -> None:
    assert await tried(Unavailable("503", asked), 3) == (wait, [(wait, True)])


async def test_a_retry_after_of_zero_does_not_end_the_backoff() -> None:
    assert await tried(Unavailable("503", 0.0), 3) == (0.0, [(8, True)])


@pytest.mark.parametrize(
    ("error", "may_have_arrived"),
    [
        (SlackUnavailable("away"), False),
        (SlackRefused("no_text", "no"), False),
        (SlackAmbiguous("no answer"), True),
        (Rejected("401"), True),
        (TimeoutError(), True),
    ],
)
async def test_only_a_clear_no_means_that_nothing_arrived(error: Exception, may_have_arrived: bool) -> None:
    assert await tried(error) == (0.0, [(1, may_have_arrived)])


async def test_a_database_that_is_away_is_told_to_the_loop() -> None:
    with pytest.raises(StoreUnavailable):
        await tried(StoreUnavailable("away"))


def test_no_number_of_failures_is_too_large() -> None:
    assert doubled(timedelta(seconds=1), 10**9, timedelta(minutes=5)) == timedelta(minutes=5)


async def test_an_attempt_that_could_not_end_before_its_lease_is_not_begun() -> None:
    broken = AssertionError("it was begun")
    assert await tried(broken, leased_for=5) == (0.0, [])
    with pytest.raises(AssertionError):
        await tried(broken, leased_for=5.1)


async def test_what_another_worker_has_taken_over_is_left_to_it() -> None:
    assert await tried(LeaseLost()) == (0.0, [])
