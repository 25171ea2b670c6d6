"""A month of ordinary work, with break-ins in it: how much people are asked, and what expectations change.

    python -m tests.trials.month [--days N] [--records N] [--seed N]

Twenty people, sixty hosts and two bots; no card is left out that Powertrip's own rules, judging, storms and
expectations make of it. Every break-in has to be asked about in each run.
"""

import argparse
import sys

from tests.trials.month.run import run, told
from tests.trials.month.script import month


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--records", type=int, default=8_000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    script = month(chosen.days, chosen.records, chosen.seed)
    runs = run(script, chosen.seed)
    sys.stdout.write(told(script, runs))
    return 0 if all(not each.missed for each in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
