"""The places for records that wait: one that floods never takes those of the others."""

from collections import Counter

import pytest

from powertrip.domain.backlog import Backlog


def filled(backlog: Backlog, waiting: Counter[str], sender: str) -> int:
    """How many records of a sender wait once it has sent one by one until it was refused."""
    while backlog.admits(sender, waiting):
        waiting[sender] += 1
    return waiting[sender]


@pytest.mark.parametrize("total", [1, 2, 3, 100])
def test_one_sender_alone_has_all_places(total: int) -> None:
    assert filled(Backlog(total), Counter(), "only") == total


def test_whoever_floods_leaves_to_each_other_what_is_reserved_for_it() -> None:
    backlog, waiting = Backlog(600, senders=30), Counter[str]()

    assert filled(backlog, waiting, "loud") == 310
    assert [filled(backlog, waiting, f"quiet{number}") for number in range(29)] == [10] * 29
    assert waiting.total() == 600


def test_what_is_judged_makes_room_again() -> None:
    backlog = Backlog(100, senders=2)
    assert not backlog.admits("loud", {"loud": 75})
    assert backlog.admits("loud", {"loud": 74})
    assert backlog.admits("quiet", {"loud": 75, "quiet": 24})
    assert not backlog.admits("quiet", {"loud": 75, "quiet": 25})
