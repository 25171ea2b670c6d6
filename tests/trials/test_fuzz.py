"""The trials by dice in short; `python -m tests.trials.fuzz all 100000` is the long form."""

from collections.abc import Iterator

import pytest

from powertrip.log import configure_logging
from tests.trials.fuzz.__main__ import TARGETS

CASES = {
    "rules": 200,
    "sources": 500,
    "decoding": 300,
    "judging": 300,
    "polls": 200,
    "origins": 300,
    "http": 120,
}
"""Of the others 60, for each works on a database, or reads long texts."""
SEED = 9


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    configure_logging("critical")
    yield
    configure_logging("critical")


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_no_promise_is_broken(name: str) -> None:
    cases = CASES.get(name, 60)

    outcomes = TARGETS[name](cases, SEED)

    assert sum(count for outcome, count in outcomes.items() if not outcome.startswith("then ")) == cases
    assert len(outcomes) > 1
