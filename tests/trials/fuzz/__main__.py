"""Runs from the command line; see the package."""

import sys
from collections.abc import Mapping
from time import perf_counter, process_time

from powertrip.log import configure_logging
from tests.trials.fuzz import (
    Target,
    configs,
    decoding,
    envelopes,
    in_slack,
    judging,
    outside,
    over_http,
    polls,
    pure,
    read_api,
    slack_answers,
)

TARGETS: Mapping[str, Target] = {
    "rules": pure.rules,
    "sources": pure.sources,
    "decoding": decoding.decoding,
    "judging": judging.judging,
    "cards": pure.cards,
    "origins": outside.origins,
    "config": configs.configs,
    "polls": polls.polls,
    "enrichers": outside.enrichers,
    "slack": slack_answers.slack_answers,
    "envelopes": envelopes.envelopes,
    "commands": in_slack.commands,
    "actions": in_slack.actions,
    "modals": in_slack.modals,
    "read_api": read_api.read_api,
    "http": over_http.http,
}


def main() -> None:
    """One target, or all."""
    configure_logging("critical")
    wanted, cases = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    for name in TARGETS if wanted == "all" else [wanted]:
        started, worked = perf_counter(), process_time()
        outcomes = TARGETS[name](cases, seed)
        # On a busy machine only the second says how fast they are.
        took, work = perf_counter() - started, process_time() - worked
        print(
            f"{name}: {cases:,} cases of seed {seed} in {took:.0f} s, {work:.0f} s of work, "
            f"none broke a promise",
            flush=True,
        )
        for outcome, count in outcomes.most_common():
            print(f"{count:10,} {outcome}")


if __name__ == "__main__":
    main()
