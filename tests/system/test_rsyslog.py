"""A real rsyslogd with the documented file feeds a real Powertrip, also through a crash of either."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.end_to_end.harness import SECRET, Process, free_port, settings, write_config
from tests.system.rsyslog import Rsyslog, furnished, where_rsyslog_is

pytestmark = pytest.mark.system

SOURCES = {"servers": {"type": "syslog", "secret": SECRET}}
PATIENCE = 60.0


def login(number: int) -> str:
    """What sshd says of one login; each comes from an address of its own."""
    return f"Accepted publickey for alice from 192.0.2.{number} port 50000 ssh2: ED25519 SHA256:{'k' * 43}"


@pytest.fixture
async def rsyslog(tmp_path: Path) -> AsyncIterator[Rsyslog]:
    """A daemon that is not started yet."""
    root = where_rsyslog_is()
    if root is None:
        complain = pytest.fail if os.environ.get("POWERTRIP_REQUIRE_SYSTEM") == "1" else pytest.skip
        complain("this machine lacks rsyslogd; .ci/run unpacks it below build/rsyslog")
    daemon = Rsyslog(tmp_path / "rsyslog", root)
    yield daemon
    if daemon.process is not None:
        await daemon.end()


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """What the database of the running Powertrip answers."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


async def until(holds: Callable[[], bool]) -> None:
    """Return once it holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if holds():
                return
            await asyncio.sleep(0.1)


async def test_no_login_is_lost_while_powertrip_is_away_and_rsyslog_crashes(
    rsyslog: Rsyslog, tmp_path: Path
) -> None:
    port, database = free_port(), tmp_path / "powertrip.db"
    furnished(rsyslog.folder, f"http://127.0.0.1:{port}/ingest/servers", SECRET)
    async with local_slack() as sandbox, Control(sandbox.url) as control:
        whole = settings(sandbox, tmp_path, ingest={"port": port}, sources=SOURCES)
        powertrip = Process(write_config(tmp_path / "config.yaml", whole))
        try:
            await powertrip.start(port)
            await control.connected()
            await rsyslog.start()
            await rsyslog.log(login(1))
            await control.message_in("D0ALICE", lambda m: m.shows("192.0.2.1") and m.buttons)

            await powertrip.kill()
            for number in range(2, 12):
                await rsyslog.log(login(number))
            await rsyslog.until_on_disk("from 192.0.2.11 ")
            await rsyslog.end(signal.SIGKILL)
            await rsyslog.start()
            for number in range(12, 22):
                await rsyslog.log(login(number))
            await rsyslog.log(login(66), priority="user.notice")
            await rsyslog.log("alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id", tag="sudo")

            await powertrip.start(port)
            await until(lambda: len(rows(database, "SELECT id FROM event")) == 21)
            await until(lambda: len(rows(database, "SELECT id FROM quarantine")) == 2)
        finally:
            await powertrip.stop()

    found = {address for (address,) in rows(database, "SELECT source_ip FROM event")}
    assert found == {f"192.0.2.{number}" for number in range(1, 22)}
    # The rules are those for ssh: sudo's line arrived, and is quarantined as the forged one is.
    assert rows(database, "SELECT count(*) FROM inbox WHERE program = 'sudo'") == [(1,)]
    assert rows(database, "SELECT count(*) FROM inbox") == [(23,)]


async def test_a_line_keeps_its_parts_on_the_way(rsyslog: Rsyslog, tmp_path: Path) -> None:
    port, database = free_port(), tmp_path / "powertrip.db"
    furnished(rsyslog.folder, f"http://127.0.0.1:{port}/ingest/servers", SECRET)
    message = 'alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/echo "zoë" \\ {"a": 1}'
    async with local_slack() as sandbox:
        rules = [{"use": "sudo"}]
        whole = settings(sandbox, tmp_path, ingest={"port": port}, sources=SOURCES, rules=rules)
        powertrip = Process(write_config(tmp_path / "config.yaml", whole))
        try:
            await powertrip.start(port)
            await rsyslog.start()
            await rsyslog.log(f"   {message}", tag="sudo", priority="authpriv.notice")
            await until(lambda: len(rows(database, "SELECT id FROM event")) == 1)
        finally:
            await powertrip.stop()

    assert rows(database, "SELECT rule, user_name, host_name FROM event") == [
        ("sudo_root", "alice", os.uname().nodename)
    ]
    [(kept,)] = rows(database, "SELECT message FROM inbox")
    assert kept.strip() == message
