"""The crash matrix in short; `python -m tests.trials.crashes` is the long one."""

import signal

import pytest

from tests.trials.crashes import RATE, run
from tests.trials.stage import Kind

KILLS = 8


@pytest.mark.system
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_kills_under_load_lose_nothing_and_repeat_nothing(kind: Kind) -> None:
    found, killer, _ = await run(kind, kills=KILLS, seed=9, rate=RATE[kind])
    assert found.acknowledged > 0
    assert killer.killed >= KILLS - killer.statuses.total()
    # Who is asked to end while it still loads its libraries ends at once, with nothing begun.
    assert set(killer.statuses) <= {0, -signal.SIGTERM}
    # An acknowledgement comes before its decision is written: see docs/operations.md.
    assert {name: count for name, count in found.broken().items() if name != "clicks_without_a_word"} == {
        name: 0 for name in found.broken() if name != "clicks_without_a_word"
    }
