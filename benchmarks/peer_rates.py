"""How fast a peer recognises lines; runs in an environment of the peers' own, and knows nothing of Powertrip.

    python benchmarks/peer_rates.py {grok1,grok100,elastalert} FILE

Prints, as JSON, `rate` in lines a CPU second and `hits`. What is loaded and compiled before is not counted.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

LOGIN = "^Accepted %{WORD:method} for %{USERNAME:user} from %{IP:address} port %{INT:port} ssh2"


def grok(count: int) -> Callable[[Sequence[str]], int]:
    """So many patterns, of which the last knows logins: pygrok has no set, so they are tried one by one."""
    from pygrok import Grok  # type: ignore[import-not-found] # noqa: PLC0415 (each peer is only loaded where asked for)

    others = [f"^Deploy {number} by %{{WORD:user}}$" for number in range(count - 1)]
    patterns = [Grok(pattern) for pattern in (*others, LOGIN)]

    def judge(lines: Sequence[str]) -> int:
        return sum(any(pattern.match(line) is not None for pattern in patterns) for line in lines)

    return judge


def elastalert() -> Callable[[Sequence[str]], int]:
    """The rule type `any`, given what a search has returned: to find it is Elasticsearch's work."""
    from elastalert.ruletypes import AnyRule  # type: ignore[import-not-found] # noqa: PLC0415

    rule, now = AnyRule({"timestamp_field": "@timestamp", "query_key": None}), datetime.now(UTC)

    def judge(lines: Sequence[str]) -> int:
        rule.add_data([{"@timestamp": now, "message": line} for line in lines])
        return len(rule.matches)

    return judge


def main() -> None:
    """Measure one peer."""
    name, file = sys.argv[1:]
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    judge = {"grok1": lambda: grok(1), "grok100": lambda: grok(100), "elastalert": elastalert}[name]()
    began = time.process_time()
    hits = judge(lines)
    print(json.dumps({"rate": len(lines) / (time.process_time() - began), "hits": hits}))


if __name__ == "__main__":
    main()
