"""The fault matrix: what surrounds Powertrip breaks for a while, under records and clicks.

    python -m tests.trials.faults                     # all, as root for those of the disk
    python -m tests.trials.faults slack-down clock    # those whose names begin so
    python -m tests.trials.faults --list

Each fault runs on a stage of its own. The table says what was lost, what was done twice, how long it took
until all was judged and told, and what an operator saw. Ends with status 1 where a promise was broken.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from slack_emulator.faults import FaultKind
from tests.end_to_end.evidence import until
from tests.trials.crowd import Crowd
from tests.trials.stage import Kind, Stage, a_stage, text_table
from tests.trials.verdict import QUIET, Verdict, until_quiet, until_settled, verdict

RATE = 5.0
"""Records a second; a busy machine may not keep up with so many, and then it is that which is measured."""
BEFORE, AFTER = 4.0, 4.0
"""Seconds of ordinary work before a fault and after it."""
EVERY_CALL = 100_000
LOGGED = 20_000
"""Characters of the log that are printed where something does not end."""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
LINE = re.compile(r"\[(warning|error)\s*\] (.*?)(?:  +|$)")
"""A line of the log for people: its level, and what it says before its fields."""

Break = Callable[[Stage], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks, for how long, and on which database it is tried."""

    broken: Break
    seconds: float
    kinds: tuple[Kind, ...] = ("sqlite",)
    never_comes_back: bool = False
    fakes_time: bool = False
    """Whether the programs' clock is set, by libfaketime."""
    has_standby: bool = False
    """Whether PostgreSQL has a second server, which takes over."""
    comes_late: bool = False
    """Whether Slack carries out calls that were given up; what is there twice then is taken away later."""


@dataclass
class Seen:
    """What an operator could see during a fault."""

    ready: Counter[str] = field(default_factory=Counter)
    log: Counter[str] = field(default_factory=Counter)


# Slack


def _calls(method: str, kind: FaultKind, *, count: int = EVERY_CALL, delay: float = 0.0) -> Break:
    @asynccontextmanager
    async def broken(stage: Stage) -> AsyncIterator[None]:
        await stage.control.fault(method, kind, count=count, delay=delay, retry_after=3)
        yield
        await stage.control.clear_faults()

    return broken


def _ten_times(act: Callable[[Stage], Awaitable[None]]) -> Break:
    @asynccontextmanager
    async def broken(stage: Stage) -> AsyncIterator[None]:
        async def each_second() -> None:
            for _ in range(10):
                await act(stage)
                await asyncio.sleep(1)

        acting = asyncio.create_task(each_second())
        yield
        await acting

    return broken


async def _drop_sockets(stage: Stage) -> None:
    await stage.control.drop_sockets()


@asynccontextmanager
async def _handshakes_refused(stage: Stage) -> AsyncIterator[None]:
    await stage.control.refuse_handshakes(4)
    await stage.control.drop_sockets()
    yield


@asynccontextmanager
async def _acks_slow(stage: Stage) -> AsyncIterator[None]:
    await stage.control.slow_acks(5.0, 30)
    yield


@asynccontextmanager
async def _envelopes_twice(stage: Stage) -> AsyncIterator[None]:
    await stage.control.deliver_twice(60)
    yield


@asynccontextmanager
async def _slack_half_open(stage: Stage) -> AsyncIterator[None]:
    stage.api.hold()
    yield
    stage.api.forward()


@asynccontextmanager
async def _slack_down(stage: Stage) -> AsyncIterator[None]:
    stage.api.refuse()
    yield
    stage.api.forward()


@asynccontextmanager
async def _slack_down_an_hour(stage: Stage) -> AsyncIterator[None]:
    stage.api.refuse()
    await asyncio.sleep(BEFORE)
    # What is put off is put off by this clock, which nobody has to wait for.
    _set_clock(stage, "+1h")
    yield
    stage.api.forward()


# PostgreSQL


@asynccontextmanager
async def _postgres_restarted(stage: Stage) -> AsyncIterator[None]:
    assert stage.postgres is not None
    postgres = stage.postgres

    def restart() -> None:
        for mode in ("fast", "immediate", "fast"):
            postgres.stop(mode)
            postgres.start()
            time.sleep(2)

    restarting = asyncio.create_task(asyncio.to_thread(restart))
    yield
    await restarting


@asynccontextmanager
async def _postgres_down(stage: Stage) -> AsyncIterator[None]:
    assert stage.postgres is not None
    await asyncio.to_thread(stage.postgres.stop)
    yield
    await asyncio.to_thread(stage.postgres.start)


@asynccontextmanager
async def _postgres_failed_over(stage: Stage) -> AsyncIterator[None]:
    assert stage.postgres is not None
    assert stage.standby is not None
    await asyncio.to_thread(stage.postgres.stop, "immediate")
    # Whoever watches both needs a while to be certain.
    await asyncio.sleep(5)
    await asyncio.to_thread(stage.standby.promote)
    yield


@asynccontextmanager
async def _postgres_half_open(stage: Stage) -> AsyncIterator[None]:
    assert stage.database is not None
    stage.database.hold()
    yield
    stage.database.mend()


async def _cut_postgres(stage: Stage) -> None:
    assert stage.database is not None
    stage.database.cut()


@asynccontextmanager
async def _worker_frozen(stage: Stage) -> AsyncIterator[None]:
    process = stage.workers[0].process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    yield
    process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def _no_worker(stage: Stage) -> AsyncIterator[None]:
    for worker in stage.workers:
        await worker.kill()
    yield
    await asyncio.gather(*(worker.start() for worker in stage.workers))


# SQLite


@asynccontextmanager
async def _locked(stage: Stage) -> AsyncIterator[None]:
    other = sqlite3.connect(stage.evidence.path, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@asynccontextmanager
async def _disk_full(stage: Stage) -> AsyncIterator[None]:
    filler = stage.folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    yield
    filler.unlink()


@asynccontextmanager
async def _read_only(stage: Stage) -> AsyncIterator[None]:
    # A folder that is open for writing cannot be made read-only; so the file itself becomes immutable.
    # Not what SQLite maps into memory: a write to that ends the process by SIGBUS, with no database at fault.
    files = [
        str(file) for file in stage.evidence.path.parent.glob("powertrip.db*") if file.suffix != ".db-shm"
    ]
    subprocess.run(["chattr", "+i", *files], check=True)  # noqa: ASYNC221
    yield
    subprocess.run(["chattr", "-i", *files], check=True)  # noqa: ASYNC221


@asynccontextmanager
async def _corrupt(stage: Stage) -> AsyncIterator[None]:
    with stage.evidence.path.open("r+b") as file:
        file.write(b"no database any more" * 4096)
    stage.evidence.path.with_name("powertrip.db-wal").write_bytes(b"")
    yield


# The clock


def _set_clock(stage: Stage, step: str) -> None:
    (stage.folder / "faketime").write_text(step, encoding="utf-8")


def _clock(step: str) -> Break:
    @asynccontextmanager
    async def broken(stage: Stage) -> AsyncIterator[None]:
        _set_clock(stage, step)
        yield
        _set_clock(stage, "+0")

    return broken


BOTH: tuple[Kind, ...] = ("sqlite", "postgresql")
POSTGRESQL: tuple[Kind, ...] = ("postgresql",)
FAULTS: dict[str, Fault] = {
    "slack-500": Fault(_calls("*", "http_error"), 16),
    "slack-500-posts": Fault(_calls("chat.postMessage", "http_error"), 16),
    "slack-429": Fault(_calls("*", "ratelimited"), 16),
    "slack-429-posts": Fault(_calls("chat.postMessage", "ratelimited"), 16, BOTH),
    "slack-taken-unanswered": Fault(
        _calls("chat.postMessage", "timeout_after_taken", count=40, delay=0.5), 16, BOTH
    ),
    "slack-taken-late": Fault(
        _calls("chat.postMessage", "taken_late", count=12, delay=10.0), 16, BOTH, comes_late=True
    ),
    "slack-sockets-dropped": Fault(_ten_times(_drop_sockets), 12, BOTH),
    "slack-handshakes-refused": Fault(_handshakes_refused, 10),
    "slack-acks-slow": Fault(_acks_slow, 12),
    "slack-envelopes-twice": Fault(_envelopes_twice, 12, BOTH),
    "slack-half-open": Fault(_slack_half_open, 45, comes_late=True),
    "slack-down": Fault(_slack_down, 60, BOTH),
    "slack-down-an-hour": Fault(_slack_down_an_hour, 30, fakes_time=True),
    "postgres-restarted": Fault(_postgres_restarted, 15, POSTGRESQL),
    "postgres-down": Fault(_postgres_down, 30, POSTGRESQL),
    "postgres-failed-over": Fault(_postgres_failed_over, 5, POSTGRESQL, has_standby=True),
    "postgres-half-open": Fault(_postgres_half_open, 45, POSTGRESQL),
    "postgres-cut": Fault(_ten_times(_cut_postgres), 12, POSTGRESQL),
    "worker-frozen": Fault(_worker_frozen, 45, POSTGRESQL),
    "no-worker": Fault(_no_worker, 30, POSTGRESQL),
    "sqlite-locked": Fault(_locked, 30),
    "sqlite-disk-full": Fault(_disk_full, 12),
    "sqlite-read-only": Fault(_read_only, 12),
    "sqlite-corrupt": Fault(_corrupt, 12, never_comes_back=True),
    "clock-forward-and-back": Fault(_clock("+1h"), 15, BOTH, fakes_time=True),
    "clock-back": Fault(_clock("-1h"), 15, BOTH, fakes_time=True),
}


async def run(name: str, kind: Kind, *, seed: int, rate: float) -> tuple[Verdict | None, list[object]]:
    """Try one fault; returns what came of it and its row of the table."""
    fault, seen = FAULTS[name], Seen()
    with TemporaryDirectory(prefix="powertrip-fault-") as top:
        folder = Path(top)
        with _small_disk(folder) if name == "sqlite-disk-full" else contextlib.nullcontext():
            environment = _faked_time(folder) if fault.fakes_time else {}
            async with a_stage(
                kind, folder, environment=environment, breakable=True, has_standby=fault.has_standby
            ) as stage:
                crowd = Crowd(stage, random.Random(seed), rate)  # noqa: S311
                try:
                    return await _try(stage, crowd, name, fault, seen)
                except TimeoutError:
                    print(stage.logs()[-LOGGED:])
                    raise


async def _try(
    stage: Stage, crowd: Crowd, name: str, fault: Fault, seen: Seen
) -> tuple[Verdict | None, list[object]]:
    crowd.start()
    await asyncio.sleep(BEFORE)
    logged, watching = len(stage.logs()), asyncio.create_task(_watch(stage, seen))
    async with fault.broken(stage):
        await asyncio.sleep(fault.seconds)
        if fault.never_comes_back:
            watching.cancel()
            _read_log(stage, logged, seen)
            accepted = len(crowd.acknowledged)
            await crowd.give_up()
            return None, _row(name, stage, crowd, seen, f"never; {accepted} accepted", None)
    ended = time.monotonic()
    watching.cancel()
    recovered = await _until_a_new_card(stage, crowd)
    await asyncio.sleep(AFTER)
    await crowd.stop()
    await until_quiet(stage)
    quiet = time.monotonic() - ended
    if fault.comes_late:
        await until_settled(stage)
    _read_log(stage, logged, seen)
    found = await verdict(stage, crowd)
    return found, _row(name, stage, crowd, seen, f"{recovered:.1f} / {quiet:.0f}", found)


async def _until_a_new_card(stage: Stage, crowd: Crowd) -> float:
    """Seconds until a record that is acknowledged from now on is shown to somebody."""
    began, known = time.monotonic(), set(crowd.acknowledged)
    sql = "SELECT o.record_id FROM occurrence o JOIN notice n ON n.event_id = o.event_id"

    def is_shown() -> bool:
        return not known.issuperset(crowd.acknowledged.keys() & set(stage.evidence.column(sql)))

    await until(is_shown, "a new card", QUIET)
    return time.monotonic() - began


async def _watch(stage: Stage, seen: Seen) -> None:
    while True:
        status, body = await stage.ready()
        checks = json.loads(body)["checks"] if body.startswith("{") else []
        said = [f"{check['name']}: {check.get('detail')}" for check in checks if not check["ok"]] or [body]
        seen.ready[f"{status} {'; '.join(said) if status != 200 else ''}"[:120].strip()] += 1
        await asyncio.sleep(1)


def _read_log(stage: Stage, offset: int, seen: Seen) -> None:
    for level, words in LINE.findall(stage.logs()[offset:]):
        seen.log[f"{level}: {words}"] += 1


def _row(
    name: str, stage: Stage, crowd: Crowd, seen: Seen, recovered: str, found: Verdict | None
) -> list[object]:
    broken = {k: v for k, v in found.broken().items() if v} if found else {}
    ready = "; ".join(f"{words} ({count})" for words, count in seen.ready.most_common(2))
    log = "; ".join(
        f"{words} ({count})" for words, count in seen.log.most_common(2) if "request" not in words
    )
    refused = ", ".join(f"{how}: {count}" for how, count in crowd.refused.items()) or "-"
    return [
        name,
        stage.kind,
        len(crowd.acknowledged),
        broken or "none",
        recovered,
        f"{refused} ({crowd.slowest_refusal:.1f} s)",
        ready,
        log,
    ]


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _faked_time(folder: Path) -> dict[str, str]:
    if not FAKETIME.exists():
        raise SystemExit("the clock needs libfaketime: apt-get install libfaketime")
    (folder / "faketime").write_text("+0", encoding="utf-8")
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "faketime"),
        # A step is seen within a second, and what counts seconds is not stepped.
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        # Or each timed wait ends at once, and threads that take turns spin: thirty times slower, measured.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


HEAD = ("fault", "database", "acknowledged", "broken promises", "card / quiet after, s", "refused (slowest)")


def main() -> int:
    """The exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser("faults", description=__doc__)
    parser.add_argument("names", nargs="*", help="how the names of those to try begin")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--rate", type=float, default=RATE, help="records a second")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    wanted = [name for name in FAULTS if not options.names or name.startswith(tuple(options.names))]
    if options.list:
        print("\n".join(wanted))
        return 0
    rows: list[list[object]] = [[*HEAD, "/readyz", "log"]]
    is_kept = True
    for name in wanted:
        for kind in FAULTS[name].kinds:
            try:
                found, row = asyncio.run(run(name, kind, seed=options.seed, rate=options.rate))
            except TimeoutError as error:
                found, row, is_kept = None, [name, kind, "-", f"not quiet: {error}", *"----"], False
            is_kept = is_kept and (found is None or found.is_kept)
            rows.append(row)
            print(text_table([rows[0], row]), flush=True)
    print(text_table(rows))
    return 0 if is_kept else 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
