"""What the outside may send, changed by the dice: whatever comes, no exception of ours, and no lie.

    python -m tests.trials.fuzz TARGET CASES [SEED]     TARGET is one below, or all

What each promises is its docstring:

    rules, sources, cards (`pure`), decoding       texts and bodies, without a socket or a database
    http (`over_http`), read_api                   requests; those of schemathesis, too
    judging                                        records of every source, to their end in a database
    commands, actions, modals (`in_slack`)         what people type and press
    envelopes                                      what comes over Slack's socket
    slack (`slack_answers`), origins, enrichers (`outside`), polls     answers of others
    config (`configs`)                             the configuration file

Each target is a function of a number of cases and a seed. It raises AssertionError, which says the case and
the seed, at the first that breaks a promise, and counts what the others came to. `make test` runs some
hundreds of each; a long run has a million. The counts show how deep the cases get: a target that only sees
refusals tries little.
"""

from collections import Counter
from collections.abc import Callable

Target = Callable[[int, int], Counter[str]]
