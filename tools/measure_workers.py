"""Measures how much two workers judge in the time of one: processes that write records on PostgreSQL.

    python tools/measure_workers.py --url postgresql://… [--records 6000] [--rounds 3]

The database must be empty: it is migrated, and rows stay in it. Each worker claims and writes batches of 200
as the judge does, in a process of its own, until nothing is left; rules are left out, and no records join.
Wall time is of no use on a machine whose cores are busy with something else: look at the load first.
"""

import argparse
import asyncio
import multiprocessing
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from powertrip.net import utc_now
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history.verify import verify
from powertrip.store.migrating import migrate
from tests.samples import NOW, ask, event, record

LEASE = timedelta(seconds=30)
BATCH = 200
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Worked:
    """What one worker did."""

    records: int
    began_at: float
    ended_at: float
    cpu_seconds: float


def work(url: str, start_at: float) -> Worked:
    """Judge until nothing waits; begins at a moment of the monotonic clock, when all are ready."""
    return asyncio.run(_work(url, start_at))


async def _work(url: str, start_at: float) -> Worked:
    thread = DatabaseThread(open_database(url))
    store, judged = Store(thread), 0
    await store.inbox.backlog(1)
    await asyncio.sleep(max(start_at - time.monotonic(), 0.0))
    began_at, cpu = time.monotonic(), time.process_time()
    while claimed := await store.inbox.claim(BATCH, utc_now, LEASE):
        await store.judging.apply(
            [ask(item, event(id=f"e{item.inbox_id}", fold_key=f"{item.inbox_id}")) for item in claimed], NOW
        )
        judged += len(claimed)
    worked = Worked(judged, began_at, time.monotonic(), time.process_time() - cpu)
    await thread.close()
    return worked


async def fill(url: str, records: int, label: str) -> None:
    """Leave records that wait to be judged."""
    thread = DatabaseThread(open_database(url))
    for start in range(0, records, AT_ONCE):
        ids = range(start, min(start + AT_ONCE, records))
        part = [replace(record(), record_id=f"{label}.{number}") for number in ids]
        await thread.run(inbox.append, [part])
    await thread.close()


async def check(url: str) -> None:
    """End where the history is broken: what was measured is of no use then."""
    thread = DatabaseThread(open_database(url))
    if (await thread.run(lambda: verify(thread.database, NOW + timedelta(days=1)))).faults:
        raise SystemExit("the history is broken: what was measured is of no use")
    await thread.close()


def measure(url: str, workers: int, records: int, label: str) -> float:
    """Print a line; returns records a second."""
    asyncio.run(fill(url, records, label))
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        jobs = [(url, time.monotonic() + 6.0)] * workers
        worked = pool.starmap(work, jobs)
    wall = max(each.ended_at for each in worked) - min(each.began_at for each in worked)
    cpu = sum(each.cpu_seconds for each in worked)
    shares = ", ".join(str(each.records) for each in worked)
    rate = sum(each.records for each in worked) / wall
    took = f"{cpu:.1f} CPU s of Python in {wall:.1f} s"
    print(f"{workers} workers: {rate:.0f} records/s, {took}, shares {shares}")
    return rate


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True)
    parser.add_argument("--records", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    migrate(open_database(given.url))
    for number in range(given.rounds):
        one = measure(given.url, 1, given.records, f"{number}.1")
        two = measure(given.url, 2, given.records, f"{number}.2")
        print(f"two do {two / one:.2f} times one")
    asyncio.run(check(given.url))


if __name__ == "__main__":
    main()
