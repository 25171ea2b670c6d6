"""Measures what records cost a whole program: CPU seconds and bytes, which do not depend on what else runs.

    python tools/measure_costs.py [--postgres] [--records 100000] [--events 5000]

Starts `bot.py web` and `bot.py run` on a Slack of its own, on SQLite, or on a PostgreSQL of its own, whose
own work is not counted. CPU seconds are user and system, of all threads of the process.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks.machine import cpu_of, memory_of
from powertrip.cli.demo.workspace import local_slack
from powertrip.domain.event import Status
from powertrip.net import utc_now
from powertrip.settings import load_config
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history.verify import verify
from powertrip.store.migrating import migrate
from slack_emulator import APP_TOKEN, BOT_TOKEN
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import Process, Sender, free_port, login, settings, write_config
from tests.postgres_server import a_postgres
from tests.samples import record
from tests.store.busy import Busy

BATCH = 100
SINGLES = 2000
LINES = 20_000
PATIENCE = 900.0
AT_ONCE = 16
"""Requests, as of so many senders: what comes together is committed together."""
SETTLED = 10.0
"""Seconds after which a program has loaded all that it loads after its start."""
NOISE = (
    "Connection closed by 192.0.2.10 port 50000 [preauth], and some more words for an ordinary length of line"
)
MIB = 1 << 20


def memory_in_words(pid: int) -> str:
    """What a program holds now, and held at most."""
    now, most = memory_of(pid)
    return f"{now:.0f} MiB now, {most:.0f} MiB at most"


def pid_of(process: Process) -> int:
    """Its number in the system."""
    if process.process is None:
        raise RuntimeError("it was not started")
    return process.process.pid


@asynccontextmanager
async def a_program(folder: Path, url: str, command: str) -> AsyncIterator[tuple[Process, Sender]]:
    """`bot.py COMMAND`, and who posts to it."""
    port = free_port()
    async with local_slack() as slack, aiohttp.ClientSession() as session:
        whole = settings(slack, folder, ingest={"port": port, "backlog_limit": 10_000_000})
        whole["database"] = {"url": url}
        program = Process(write_config(folder / f"{command}.yaml", whole), command=command)
        await program.start(port)
        await asyncio.sleep(SETTLED)
        try:
            yield program, Sender(port, session)
        finally:
            await program.stop()


async def accept(folder: Path, url: str, records: int) -> None:
    """What it costs the web process to take records, one and a hundred a request."""
    async with a_program(folder, url, "web") as (program, sender):
        for size, count in ((1, SINGLES), (BATCH, records // 4)):
            began = cpu_of(pid_of(program))
            for start in range(0, count, size * AT_ONCE):
                numbers = range(start, min(start + size * AT_ONCE, count), size)
                await asyncio.gather(*(sender.post(*logins(size, number)) for number in numbers))
            told(f"accept, {size} a request", cpu_of(pid_of(program)) - began, count)


def logins(size: int, number: int) -> Iterator[dict[str, Any]]:
    """So many records, none of which was sent before."""
    return (login(id=f"{size}.{number}.{each}") for each in range(size))


async def live(folder: Path, url: str, records: int) -> None:
    """What it costs a whole program to take and judge what no rule knows, and what it then holds."""
    async with a_program(folder, url, "run") as (program, sender):
        print(f"idle: {memory_in_words(pid_of(program))}")
        began, size = cpu_of(pid_of(program)), size_of(url)
        for number in range(0, records, BATCH):
            noise = ({**login(id=f"n{number}.{each}"), "message": f"{NOISE} {each}"} for each in range(BATCH))
            await sender.post(*noise)
        await until(partial(all_judged, url), "all judged", PATIENCE)
        told(f"accept by {BATCH} and judge what no rule knows", cpu_of(pid_of(program)) - began, records)
        print(f"after {records} records: {memory_in_words(pid_of(program))}")
        kept = (size_of(url) - size) / records
        print(f"disk: {kept:.0f} bytes a record in the inbox, with lines of {len(NOISE) + 3}")


async def history(url: str, events: int) -> None:
    """What events cost on the disk, opened and decided, and what it costs to verify their history."""
    migrate(open_database(url))
    thread = DatabaseThread(open_database(url))
    busy = Busy(thread)
    names = [f"e{number:06d}" for number in range(events)]
    sizes = [size_of(url)]
    for name in names:
        await busy.opened(name)
    sizes.append(size_of(url))
    await busy.send()
    for name in names:
        await busy.decide(name, Status.APPROVED)
    await busy.send()
    sizes.append(size_of(url))
    opened, decided = ((after - before) / events for before, after in pairwise(sizes))
    print(f"disk: {opened:.0f} bytes to open an event, {decided:.0f} more for its card and its decision")
    began = time.process_time()
    found = await thread.run(lambda: verify(thread.database, utc_now()))
    if found.faults:
        raise SystemExit(f"the history is broken: {found.faults}")
    seconds = time.process_time() - began
    print(f"verify: {seconds * 100_000 / found.lines:.1f} CPU s for 100,000 lines ({found.lines} were read)")
    await thread.close()


def judge(folder: Path) -> None:
    """What a line costs the rules."""
    path = write_config(folder / "rules.yaml", {"rules": [{"use": "ssh"}, {"use": "sudo"}]})
    tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
    rules = load_config(path, tokens).rules
    for what, message in (("a line that no rule knows", NOISE), ("a login", str(login()["message"]))):
        lines = [record(f"{message}") for _ in range(LINES)]
        began = time.process_time()
        for each in lines:
            rules.judge(each)
        told(f"rules, {what}", time.process_time() - began, LINES)


def told(what: str, seconds: float, count: int) -> None:
    """Print what each of so many cost."""
    print(f"{what}: {seconds / count * 1e6:.0f} CPU µs each ({seconds:.1f} CPU s for {count})")


def query(url: str, statement: str) -> Any:
    """The first value of a statement."""
    opened = open_database(url)
    with opened.connection_context():
        return opened.execute_sql(statement).fetchone()[0]


def all_judged(url: str) -> bool:
    """Whether no record waits to be judged."""
    return not query(url, "SELECT count(*) FROM inbox WHERE judged_at IS NULL")


def size_of(url: str) -> int:
    """Bytes of the database, with what its log has yet to put in its place."""
    if url.startswith("sqlite"):
        return int(query(url, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
    return int(query(url, "SELECT pg_database_size(current_database())"))


async def run(folder: Path, urls: list[str], records: int, events: int) -> None:
    """All of it, each on a database of its own."""
    await accept(folder, urls[0], records)
    await live(folder, urls[1], records)
    await history(urls[2], events)


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5000)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    names = ("accept", "live", "history")
    with TemporaryDirectory(prefix="powertrip-costs-") as name:
        folder = Path(name)
        judge(folder)
        if given.postgres:
            with a_postgres() as server:
                urls = [server.new_database(each) for each in names]
                asyncio.run(run(folder, urls, given.records, given.events))
        else:
            urls = [f"sqlite:///{folder}/{each}.db" for each in names]
            asyncio.run(run(folder, urls, given.records, given.events))


if __name__ == "__main__":
    main()
