"""Whatever stands around a genuine login, somebody hears of it, and hears the truth."""

import os
from collections import Counter

from tests.rules.support import rules_of
from tests.shapes.fuzz import run

CASES = int(os.environ.get("POWERTRIP_FUZZ_CASES", "2000"))
"""A long run has 200,000: `make fuzz`."""
SEED = int(os.environ.get("POWERTRIP_FUZZ_SEED", "8"))


def test_no_change_around_a_login_makes_it_silent_or_another() -> None:
    outcomes = run(rules_of("- use: ssh"), CASES, SEED)

    assert sum(outcomes.values()) == CASES
    # Each way to Powertrip has had its share, and not only of what is put into quarantine.
    ways: Counter[str] = Counter()
    for outcome, count in outcomes.items():
        ways[outcome.rpartition(": ")[0]] += count
    assert min(ways.values()) > CASES / 500
    assert sum(count for outcome, count in outcomes.items() if outcome.endswith(": asked")) > CASES / 10
