"""Measures how long one batch of judged records holds the database, in statements and milliseconds.

    python tools/measure_batch.py [--url postgresql://…] [--records 200] [--rounds 6]

Without `--url` it works on a SQLite file in a temporary folder. A database named by `--url` must be empty: it
is migrated, and rows stay in it. Distinct records each make an event; records of few fold keys join them.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import peewee

from powertrip.domain.judgement import Judgement
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history.verify import verify
from powertrip.store.migrating import migrate
from tests.samples import NOW, ask, event, record

LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One kind of batch."""

    milliseconds: float
    """The median of all rounds but the first, which also fills caches."""
    cpu_milliseconds: float
    """Likewise, of the database thread alone; it says more on a busy machine."""
    statements: int | None
    """Of one more batch, a row of an `executemany` counting as one; unknown on PostgreSQL."""


async def measure(thread: DatabaseThread, *, records: int, fold_keys: int, rounds: int) -> Measured:
    """Judge and write `rounds` batches whose records are spread over so many fold keys each."""
    store, times, cpu_times, seen = Store(thread), [], [], list[str]()
    for number in range(rounds):
        batch = await _batch(thread, store, records, fold_keys, label=f"{fold_keys}.{number}")
        began_at, cpu_began_at = time.perf_counter(), await thread.run(time.thread_time)
        await store.judging.apply(batch, NOW)
        times.append((time.perf_counter() - began_at) * 1000)
        cpu_times.append((await thread.run(time.thread_time) - cpu_began_at) * 1000)
    batch = await _batch(thread, store, records, fold_keys, label=f"{fold_keys}.traced")
    await thread.run(_trace, thread.database, seen.append)
    await store.judging.apply(batch, NOW)
    await thread.run(_trace, thread.database, None)
    if (await thread.run(lambda: verify(thread.database, NOW + timedelta(days=1)))).faults:
        raise SystemExit("the history is broken: what was measured is of no use")
    return Measured(
        milliseconds=statistics.median(times[1:]),
        cpu_milliseconds=statistics.median(cpu_times[1:]),
        statements=len(seen) or None,
    )


def _trace(opened: Any, callback: Callable[[str], None] | None) -> None:
    if isinstance(opened, peewee.SqliteDatabase):
        opened.connection().set_trace_callback(callback)


async def _batch(
    thread: DatabaseThread, store: Store, records: int, fold_keys: int, *, label: str
) -> Sequence[Judgement]:
    arrived = [replace(record(), record_id=f"{label}.{number}") for number in range(records)]
    await thread.run(inbox.append, [arrived])
    claimed = await store.inbox.claim(records, lambda: NOW, LEASE)
    return [
        ask(item, event(id=f"e{label}.{number}", fold_key=f"{label}.{number % fold_keys}"))
        for number, item in enumerate(claimed)
    ]


async def run(url: str, *, records: int, rounds: int) -> None:
    """Print a line for each kind of batch."""
    opened = open_database(url)
    migrate(opened)
    thread = DatabaseThread(opened)
    for fold_keys in (records, max(records // 10, 1)):
        found = await measure(thread, records=records, fold_keys=fold_keys, rounds=rounds)
        counted = f", {found.statements} statements" if found.statements else ""
        took = f"{found.milliseconds:.1f} ms, of it {found.cpu_milliseconds:.1f} ms CPU"
        print(f"{records} records, {fold_keys} fold keys: {took}{counted}")
    await thread.close()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url")
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{Path(folder)}/batch.db"
        asyncio.run(run(url, records=given.records, rounds=given.rounds))


if __name__ == "__main__":
    main()
