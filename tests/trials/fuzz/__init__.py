"""What the outside may send, changed by the dice: whatever comes, no exception of ours, and no lie.

    python -m tests.trials.fuzz TARGET CASES [SEED]     TARGET is one below, or all

Each target is a function of a number of cases and a seed. It raises AssertionError, which says the case and
the seed, at the first that breaks a promise, and counts what the others came to. `make test` runs some
hundreds of each; a long run has a million.
"""

from collections import Counter
from collections.abc import Callable

Target = Callable[[int, int], Counter[str]]
