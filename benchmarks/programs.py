"""Powertrip as a user starts it, on a Slack and a database of its own."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp

from benchmarks.kit import Run
from powertrip.cli.demo.workspace import local_slack
from powertrip.domain.record import Record
from powertrip.ingest.contract import IngestRequest
from powertrip.settings import Config, load_config
from powertrip.store import inbox
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.databases import provide_database
from tests.end_to_end.evidence import Evidence, until
from tests.end_to_end.harness import (
    BEARER,
    ROOT,
    Process,
    Sender,
    free_port,
    settings,
    write_config,
)
from tests.postgres_server import Server, a_postgres

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")
NAMES: dict[Kind, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
START = 60.0
PATIENCE = 180.0
LOOK = 0.1
"""Seconds between two looks at the database while a program works: each look costs it something."""

OVERRIDDEN = ("storms", "bursts", "reminders", "log")
"""Sections that the tests' configuration has for the tests, and that a user leaves as they are."""
PACE = ("channel_interval", "posts_per_minute", "update_interval")


def as_shipped(whole: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The tests' configuration with a user's defaults; `changes` are laid over its sections."""
    left: dict[str, Any] = {name: section for name, section in whole.items() if name not in OVERRIDDEN}
    left["slack"] = {name: value for name, value in left["slack"].items() if name not in PACE}
    for name, section in changes.items():
        left[name] = left.get(name, {}) | section if isinstance(section, Mapping) else section
    return left


@dataclass
class Stage:
    """What a benchmark measures on."""

    kind: Kind
    url: str
    folder: Path
    slack: SlackEmulator
    control: Control
    evidence: Evidence
    sender: Sender
    config: Path
    programs: list[Process] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where records are taken."""
        return int(self.sender.url.rsplit(":", 1)[1])

    @property
    def pids(self) -> list[int]:
        """Of the programs that run."""
        processes = [program.process for program in self.programs]
        return [each.pid for each in processes if each is not None and each.returncode is None]

    def settings(self) -> Config:
        """The configuration as the programs read it."""
        return load_config(self.config, {})

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """The programs do nothing inside, so that the other side has the machine."""
        pids = self.pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    async def until_judged(self, patience: float = PATIENCE) -> None:
        """Wait until no record waits to be judged."""
        waiting = "SELECT count(*) FROM inbox WHERE judged_at IS NULL"
        await until(lambda: not self.evidence.number(waiting), "all judged", patience, poll=LOOK)


def postgres(run: Run) -> Server:
    """The server of this run, which waits for the disk; the first who asks starts it."""
    server: Server | None = run.shared.get("postgres")
    if server is None:
        server = run.shared["postgres"] = run.stack.enter_context(a_postgres())
        run.watch.add(int((server.folder / "postmaster.pid").read_text().splitlines()[0]))
    return server


def new_database(run: Run, kind: Kind, name: str) -> str:
    """The URL of a new database with Powertrip's tables."""
    if kind == "postgresql":
        url = postgres(run).new_database(name)
        migrate(open_database(url))
    else:
        url = f"sqlite:///{run.folder}/{name}.db"
        provide_database(url)
    return url


@asynccontextmanager
async def a_stage(
    run: Run,
    kind: Kind,
    name: str,
    *,
    commands: Sequence[str] | None = None,
    url: str | None = None,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """Programs on a database of their own, or on that of `url`; they end with the block.

    On SQLite one program is all; on PostgreSQL there are two, unless `commands` say otherwise.
    """
    url = url or new_database(run, kind, name)
    folder = run.folder / name
    folder.mkdir()
    if commands is None:
        commands = ["run"] if kind == "sqlite" else ["web", "worker"]
    port = free_port()
    async with local_slack() as slack, Control(slack.url) as control, aiohttp.ClientSession() as session:
        whole = as_shipped(settings(slack, folder), **changes)
        whole["database"] = {"url": url}
        whole["ingest"] = whole["ingest"] | {"port": port}
        config = write_config(folder / "config.yaml", whole)
        stage = Stage(kind, url, folder, slack, control, Evidence(url), Sender(port, session), config)
        try:
            for number, command in enumerate(commands):
                program = Process(write_config(folder / f"{command}{number}.yaml", whole), command=command)
                stage.programs.append(program)
                await program.start(port if command in ("run", "web") else None, START)
            works = sum(command in ("run", "worker") for command in commands)
            if works:
                await control.connected(works, timeout=START)
            yield stage
        finally:
            for program in stage.programs:
                if program.process is not None:
                    await program.kill()


class Filler:
    """Leaves records that wait to be judged, as the web process would, all at once."""

    def __init__(self, stage: Stage) -> None:
        self._source = stage.settings().sources["syslog"]
        self._thread = DatabaseThread(open_database(stage.url))

    def read(self, body: bytes) -> Sequence[Record]:
        """The records of a body that a sender posts."""
        request = IngestRequest(headers=BEARER, body=body, received_at=datetime.now(UTC), source="syslog")
        return self._source.read(request).records

    async def fill(self, records: Sequence[Record]) -> None:
        """Commit them together, so that all workers find all of them at the same moment."""
        await self._thread.run(inbox.append, [records])

    async def close(self) -> None:
        await self._thread.close()


async def ready_after(program: Process, sender: Sender, patience: float = START) -> float:
    """Start a program, and return the seconds until it says that it is ready."""
    began = time.perf_counter()
    await program.start()
    async with asyncio.timeout(patience):
        while True:
            try:
                status, _ = await sender.get("/readyz")
            except aiohttp.ClientError:
                status = 0
            if status == 200:
                return time.perf_counter() - began
            if program.process is None or program.process.returncode is not None:
                raise RuntimeError(program.output.read_text(encoding="utf-8"))
            await asyncio.sleep(0.01)


@asynccontextmanager
async def a_bare(run: Run, mode: str, *arguments: str) -> AsyncIterator[int]:
    """One of the programs of `bare`; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", mode, str(port), *arguments]
    with (run.folder / f"bare-{mode}.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output, cwd=ROOT)
    try:
        await until(lambda: process.returncode is not None or _listens(port), "it listens", START)
        if process.returncode is not None:
            raise RuntimeError((run.folder / f"bare-{mode}.log").read_text(encoding="utf-8"))
        yield port
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
