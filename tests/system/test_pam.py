"""A real login on a real sshd with PAM, told by the installed script, is asked about; also if told late."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.end_to_end.harness import SECRET, Process, free_port, settings, write_config
from tests.system.pam_machine import ALICE, BOB, HOST_NAME, HOSTILE, PamMachine, running_pam_machine

pytestmark = pytest.mark.system

SECURITY, ALICES_MESSAGES = "C0SECURITY", "D0ALICE"
LOGGED_IN = (0, "logged in\n")


@dataclass(frozen=True)
class System:
    """A server, a Powertrip that is started when the test wants it, and the Slack that it asks in."""

    machine: PamMachine
    powertrip: Process
    port: int
    control: Control
    database: Path

    async def start_powertrip(self) -> None:
        """Start it, and wait until it is connected."""
        await self.powertrip.start(self.port)
        await self.control.connected()

    def events(self) -> list[tuple[Any, ...]]:
        """User, host, address and rule of every event."""
        query = "SELECT user_name, host_name, source_ip, rule FROM event ORDER BY user_name"
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """All of it, with Powertrip not yet started."""
    port = free_port()
    source = {"servers": {"type": "pam", "secret": SECRET}}
    async with local_slack() as sandbox, Control(sandbox.url) as control:
        whole = settings(
            sandbox, tmp_path, ingest={"port": port}, sources=source, rules=[{"use": "pam-login"}]
        )
        powertrip = Process(write_config(tmp_path / "config.yaml", whole))
        address = f"http://127.0.0.1:{port}/ingest/servers"
        async with running_pam_machine(tmp_path / "machine", address, SECRET) as machine:
            try:
                yield System(machine, powertrip, port, control, tmp_path / "powertrip.db")
            finally:
                if powertrip.process is not None:
                    await powertrip.stop()


class Silent:
    """Takes connections in Powertrip's place and says nothing."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.given_up = asyncio.Event()

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep one connection until its other side ends it."""
        self.asked.set()
        while await reader.read(4096):
            pass
        self.given_up.set()
        writer.close()


async def test_a_real_login_is_asked_about(system: System) -> None:
    await system.start_powertrip()

    assert await system.machine.log_in(ALICE) == LOGGED_IN

    card = await system.control.message_in(ALICES_MESSAGES, lambda m: m.shows("Was this you") and m.buttons)
    for words in ("Login", ALICE, HOST_NAME, "127.0.0.1", "sshd"):
        assert card.shows(words)
    assert system.events() == [(ALICE, HOST_NAME, "127.0.0.1", "pam_login")]


async def test_a_user_whose_shell_does_nothing_is_asked_about_too(system: System) -> None:
    await system.start_powertrip()

    assert await system.machine.log_in(BOB) == (1, "")

    await system.control.message_in("D0BOB", lambda m: m.shows(HOST_NAME) and m.buttons)


async def test_a_hostile_user_name_is_nobody_elses(system: System) -> None:
    await system.start_powertrip()

    assert await system.machine.log_in(HOSTILE) == LOGGED_IN

    await system.control.message_in(SECURITY, lambda m: m.shows(HOST_NAME) and m.buttons)
    assert system.events() == [(HOSTILE, HOST_NAME, "127.0.0.1", "pam_login")]


async def test_a_login_while_powertrip_is_down_is_let_in_and_told_later(system: System) -> None:
    assert await system.machine.log_in(ALICE) == LOGGED_IN
    await system.machine.until_one_waits()
    assert await system.machine.flush() == 1

    await system.start_powertrip()
    assert await system.machine.flush() == 0

    await system.control.message_in(ALICES_MESSAGES, lambda m: m.shows("Was this you") and m.buttons)
    assert await system.machine.waiting() == 0
    assert system.events() == [(ALICE, HOST_NAME, "127.0.0.1", "pam_login")]


async def test_a_login_ends_while_powertrip_still_owes_an_answer(system: System) -> None:
    silent = Silent()
    async with await asyncio.start_server(silent.hold, "127.0.0.1", system.port):
        assert await system.machine.log_in(ALICE) == LOGGED_IN
        await silent.asked.wait()
        assert not silent.given_up.is_set()
        assert await system.machine.waiting() == 1
        await silent.given_up.wait()

    await system.start_powertrip()
    assert await system.machine.flush() == 0
    await system.control.message_in(ALICES_MESSAGES, lambda m: m.shows("Was this you") and m.buttons)
