"""Powertrip as a process of its own beside a Slack of its own, to be killed and started again."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from powertrip.cli.demo.workspace import local_slack
from powertrip.pipeline.retry import LEASE
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.evidence import Evidence, assert_promises_kept, until
from tests.end_to_end.harness import START_TIMEOUT, Process, Sender, free_port, login, settings, write_config

HELD = 60.0
"""Seconds that a call is held: longer than any test waits for."""
SECURITY = "C0SECURITY"
ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"


@dataclass
class Scene:
    """All that a test of a crash acts on."""

    control: Control
    process: Process
    sender: Sender
    evidence: Evidence
    port: int
    accepted: set[str] = field(default_factory=set)
    """The ids of records that were answered 2xx."""

    async def log_in(self, user: str = "alice", record_id: str = "1", **about: Any) -> None:
        """Post one login; returns once it is acknowledged."""
        await self.sender.post(login(user, id=record_id, **about))
        self.accepted.add(record_id)

    async def card(self, words: str) -> SeenMessage:
        """The first message with buttons that shows these words."""
        # After a kill it is looked for twice before it is posted anew.
        state = await self.control.wait_for(
            lambda s: any(m.shows(words) and m.buttons for m in s.messages()), START_TIMEOUT
        )
        return next(m for m in state.messages() if m.shows(words) and m.buttons)

    async def hold(self, method: str, *, taken: bool = True) -> None:
        """Let the next call of a method go unanswered, with its work done or not."""
        await self.control.fault(method, "delay" if taken else "drop_before", delay=HELD)

    async def until_called(self, method: str, times: int = 1) -> None:
        """Wait until a method was called so many times in all."""
        await self.control.wait_for(lambda s: s.count(method) >= times)

    async def until_accepted(self, count: int) -> None:
        """Wait until so many records are acknowledged."""
        await until(lambda: len(self.accepted) >= count, f"{count} records accepted")

    async def until_logged(self, words: str) -> None:
        """Wait until the process has written these words to its log."""
        await until(lambda: words in self.log, f"{words!r} in the log")

    @property
    def log(self) -> str:
        """What the process has logged so far."""
        return self.process.output.read_text(encoding="utf-8")

    async def start(self) -> None:
        """Start the process, and wait until it accepts records and clicks."""
        await self.process.start(self.port)
        await self.control.connected()

    async def kill(self) -> None:
        """End the process as a crash would, and wait until Slack has seen its socket go."""
        await self.process.kill()
        await self.control.wait_for(lambda s: s.connections == 0)

    async def kill_and_restart(self) -> None:
        """A crash, and the next start with no fault in the way, when all leases have run out."""
        await self.kill()
        await self.control.clear_faults()
        self._let_leases_run_out()
        await self.start()

    def _let_leases_run_out(self) -> None:
        # Nobody has to sit them out; tests/store/test_worker_lock.py shows how long a post may be on its way.
        with closing(sqlite3.connect(self.evidence.path, timeout=10)) as connection, connection:
            connection.execute(
                "UPDATE delivery SET leased_until = leased_until - ? WHERE state = 'waiting'",
                (LEASE // timedelta(microseconds=1),),
            )

    async def settle(self) -> None:
        """Wait until there is nothing left to do, and look whether every promise was kept."""
        await self.evidence.until_idle()
        await assert_promises_kept(self.evidence, self.control, self.accepted)


@asynccontextmanager
async def scene_in(folder: Path, **changes: Any) -> AsyncIterator[Scene]:
    """A running scene; the process and the local Slack end with it."""
    port = free_port()
    async with (
        local_slack() as sandbox,
        Control(sandbox.url) as control,
        aiohttp.ClientSession() as session,
    ):
        ingest = {"port": port} | changes.pop("ingest", {})
        whole = settings(sandbox, folder, ingest=ingest, **changes)
        process = Process(write_config(folder / "config.yaml", whole))
        scene = Scene(control, process, Sender(port, session), Evidence(whole["database"]["url"]), port)
        try:
            await scene.start()
            yield scene
        finally:
            await process.kill()


async def deliver_until_acknowledged(scene: Scene, record_id: str, **about: Any) -> None:
    """Post a record as a log shipper does: again and again until it is acknowledged."""
    while record_id not in scene.accepted:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            await scene.log_in(record_id=record_id, **about)
            return
        await asyncio.sleep(0.05)
