"""What a trial runs on: a Slack with many people, a database, and Powertrip's own programs beside them."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import aiohttp
import yaml

from powertrip.cli.demo.workspace import local_slack
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from slack_emulator.entities import User
from tests.end_to_end.evidence import Evidence
from tests.end_to_end.harness import ROOT, Process, Sender, free_port, settings, write_config
from tests.postgres_server import Server, a_postgres
from tests.proxy import Proxy

Kind = Literal["sqlite", "postgresql"]
PEOPLE = 200
"""So many that nobody is asked often enough for it to count as a burst."""
WEBS, WORKERS = 2, 3
STARTS = 4
START = 120.0
"""Seconds that a program may take to start on a busy machine."""

TOKEN = "a-token-for-readiness-in-trials"
CALM: dict[str, Any] = {
    "reminders": {"remind_after": "10m", "remind_every": "10m"},
    "log": {"format": "human", "level": "info"},
}


def name_of(number: int) -> str:
    """The login name of one of the people."""
    return f"user{number:03}"


@dataclass
class Stage:
    """All that acts in a trial."""

    kind: Kind
    folder: Path
    slack: SlackEmulator
    control: Control
    session: aiohttp.ClientSession
    evidence: Evidence
    database: Proxy | None
    """Between Powertrip and PostgreSQL; None for SQLite."""
    api: Proxy
    """Between Powertrip and Slack."""
    postgres: Server | None
    standby: Server | None
    """Follows PostgreSQL, where a trial wants one."""
    config: dict[str, Any]
    webs: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    """On SQLite the one program is both."""
    senders: list[Sender] = field(default_factory=list)

    @property
    def programs(self) -> list[Process]:
        """Every program, once."""
        return [*self.webs, *(worker for worker in self.workers if worker not in self.webs)]

    async def start(self, program: Process) -> None:
        """Start one program that has ended, and wait until it listens, if it does."""
        for left in reversed(range(STARTS)):
            try:
                await program.start(self.port_of(program), START)
                break
            except RuntimeError:
                # A platform starts again what ended at once, as where the database was too slow to answer.
                if not left:
                    raise

    def port_of(self, program: Process) -> int | None:
        """The port that the program takes records on."""
        if program not in self.webs:
            return None
        return int(self.senders[self.webs.index(program)].url.rsplit(":", 1)[1])

    async def start_all(self) -> None:
        """Start what has ended; web programs first, which migrate."""
        for web in self.webs:
            if has_ended(web):
                await self.start(web)
        await asyncio.gather(*(self.start(worker) for worker in self.workers if has_ended(worker)))
        await self.control.connected(len(self.workers), timeout=START)

    async def ready(self, web: int = 0) -> tuple[int, str]:
        """Status and body of /readyz."""
        try:
            async with asyncio.timeout(15):
                return await self.senders[web].get("/readyz")
        except (aiohttp.ClientError, TimeoutError) as error:
            return 0, type(error).__name__

    def logs(self) -> str:
        """What all programs have logged."""
        files = {program.output for program in self.programs if program.output.exists()}
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(files))


def has_ended(program: Process) -> bool:
    """Whether it is not running now."""
    return program.process is None or program.process.returncode is not None


def _populate(slack: SlackEmulator) -> dict[str, Any]:
    """People in the local Slack, and the same as Powertrip's configuration names them."""
    people: dict[str, Any] = {"oswaldo": {"bot": True, "team": "Platform"}}
    for number in range(PEOPLE):
        name = name_of(number)
        slack.world.users[f"U0{name.upper()}"] = User(f"U0{name.upper()}", name, name.capitalize())
        people[name] = {"slack": f"U0{name.upper()}"}
    return people


@asynccontextmanager
async def a_stage(
    kind: Kind,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    webs: int = WEBS,
    workers: int = WORKERS,
    breakable: bool = False,
    has_standby: bool = False,
    root: Path = ROOT,
    python: str = sys.executable,
    only: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """A stage on which everything runs; it ends with the block. The programs get the environment too.

    What is `breakable` goes through proxies, which break what is between the programs. A standby follows
    PostgreSQL where it `has_standby`, and the address of the database names both.
    On SQLite one program is all, whatever `webs` and `workers` say. `root` is where their code is, `python`
    what runs it, and `only` leaves of the settings those that it knows.
    """
    async with AsyncExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="powertrip-trial-")))
        slack = await stack.enter_async_context(local_slack())
        people = _populate(slack)
        control = await stack.enter_async_context(Control(slack.url))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        )
        api = await stack.enter_async_context(Proxy(int(slack.url.rsplit(":", 1)[1])))
        whole = settings(slack, folder, **(CALM | {"people": people} | changes))
        if breakable:
            whole["slack"]["base_url"] = f"http://127.0.0.1:{api.port}/api/"
        postgres, standby, database = None, None, None
        if kind == "postgresql":
            postgres = await asyncio.to_thread(lambda: stack.enter_context(a_postgres()))
            database = await stack.enter_async_context(Proxy(postgres.port))
            url = postgres.new_database("trial")
            port = database.port if breakable else postgres.port
            whole["database"] = {"url": url.replace(str(postgres.port), str(port))}
            if has_standby:
                standby = await asyncio.to_thread(postgres.copy, postgres.folder.with_name("standby"))
                stack.callback(standby.stop, "immediate")
                # Not through the proxy: each program finds by itself which of the two takes writes.
                both = f"{postgres.port},127.0.0.1:{standby.port}"
                url = url.replace(str(postgres.port), both) + "?target_session_attrs=read-write"
                whole["database"] = {"url": url}
        else:
            url = whole["database"]["url"]
        stage = Stage(
            kind, folder, slack, control, session, Evidence(url), database, api, postgres, standby, whole
        )
        _add_programs(stage, environment or {}, webs=webs, workers=workers)
        for program in stage.programs:
            program.root, program.python = root, python
            write_config(program.config, only(read_settings(program.config)))
            stack.push_async_callback(_end, program)
        await stage.start_all()
        yield stage


def read_settings(config: Path) -> dict[str, Any]:
    """A configuration as it is written."""
    found: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    return found


def _add_programs(stage: Stage, environment: Mapping[str, str], *, webs: int, workers: int) -> None:
    is_one = stage.kind == "sqlite"
    for number in range(1 if is_one else webs):
        port = free_port()
        whole = stage.config | {"ingest": {"host": "127.0.0.1", "port": port}}
        path = write_config(stage.folder / f"web{number}.yaml", whole)
        stage.webs.append(Process(path, command="run" if is_one else "web", environment=environment))
        stage.senders.append(Sender(port, stage.session))
    if is_one:
        stage.workers = list(stage.webs)
        return
    for number in range(workers):
        path = write_config(stage.folder / f"worker{number}.yaml", stage.config)
        stage.workers.append(Process(path, command="worker", environment=environment))


async def _end(program: Process) -> None:
    # The last word is a kill, for a program that hangs must not hold the trial.
    with contextlib.suppress(ProcessLookupError):
        await program.kill()


def text_table(rows: Sequence[Sequence[object]]) -> str:
    """Rows of cells as a Markdown table, the first row its head."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in cells
    ]
    return "\n".join([lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]])
