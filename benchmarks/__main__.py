"""`python -m benchmarks [NAME ...] [--rounds N] [--json FILE] [--smoke]`: measures, and prints a table."""

import argparse
import asyncio
import importlib
import json
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.kit import ROUNDS, Result, Run
from benchmarks.machine import description
from benchmarks.table import as_json, as_text

BENCHMARKS = {
    "judging": "judging and writing records, beside writing the very same rows",
    "workers": "two and three workers on PostgreSQL, beside one",
    "ingest": "taking records, beside a server that stores nothing",
    "stalls": "how long the event loop does nothing else",
    "rules": "rules on lines of a log, beside fail2ban and beside themselves",
    "peers": "what a team would run instead: a script at login, pygrok, ElastAlert2",
    "starting": "`--help`, and a start until it is ready",
    "idling": "memory, CPU time and wake-ups of a program that has nothing to do",
    "latency": "from a webhook to Slack and from a click to the card, beside bare calls",
    "growth": "what must not grow with the history",
    "audit": "verifying the history, beside its digests alone",
    "memory": "memory after many records",
}
"""The modules, in the order in which they run."""
LIMIT = 15 * 60
"""Seconds that all of them together may take."""


def arguments() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    listed = "\n".join(f"  {name:10} {what}" for name, what in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="of the benchmarks; all of them by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write it there")
    parser.add_argument("--smoke", action="store_true", help="tiny and once: whether all works, no figures")
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS", help="of all together")
    return parser


async def measure(name: str, run: Run) -> list[Result]:
    """Run one benchmark."""
    # Each loads what it measures, and what it measures with, only where it is asked for.
    found: list[Result] = await importlib.import_module(f"benchmarks.{name}").measure(run)
    return found


async def measure_all(names: Sequence[str], run: Run) -> tuple[dict[str, Any], bool]:
    """Run them one by one, and print each table; returns what the JSON holds, and whether all went well."""
    told, is_well = dict[str, Any](), True
    for name in names:
        began = time.monotonic()
        try:
            results = await measure(name, run)
        except Exception:  # noqa: BLE001 (the others are measured all the same, and the end says it)
            traceback.print_exc()
            print(f"## {name}: FAILED after {time.monotonic() - began:.0f} s\n", flush=True)
            told[name], is_well = {"failed": traceback.format_exc()}, False
            continue
        seconds = time.monotonic() - began
        print(f"## {name} ({seconds:.0f} s)\n\n{as_text(results)}\n", flush=True)
        told[name] = {"seconds": round(seconds, 1), "rows": [as_json(result) for result in results]}
    return told, is_well


def main() -> int:
    """The exit status: 1 where one could not be measured, whatever the figures are."""
    given = arguments().parse_args()
    names = given.names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        raise SystemExit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    with TemporaryDirectory(prefix="powertrip-bench-") as folder, ExitStack() as stack:
        run = Run(
            Path(folder),
            rounds=1 if given.smoke else given.rounds,
            is_smoke=given.smoke,
            ends_at=time.monotonic() + given.limit,
            stack=stack,
        )
        machine = description()
        told, is_well = asyncio.run(measure_all(names, run))
    if given.json is not None:
        whole = {
            "machine": machine,
            "smoke": run.is_smoke,
            "rounds": run.rounds,
            "benchmarks": told,
        }
        given.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return 0 if is_well else 1


if __name__ == "__main__":
    # As Ctrl-C does: the programs that were started, and their databases, end with this one.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
