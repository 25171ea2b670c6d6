"""The number of a real login approves it in Slack, also where it is told late; nothing else shows it."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.end_to_end.harness import SECRET, Process, Sender, asks, free_port, settings, write_config
from tests.system.pam_machine import ALICE, HOST_NAME, PamMachine, running_pam_machine
from tests.system.test_pam import ALICES_MESSAGES, System

pytestmark = pytest.mark.system

SHOWN = re.compile(r"your number is (\d{9})\.")


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """A server whose logins show a number of nine digits, which nothing else is by chance."""
    port = free_port()
    async with local_slack() as sandbox, Control(sandbox.url) as control:
        whole = settings(
            sandbox,
            tmp_path,
            ingest={"port": port},
            sources={"servers": {"type": "pam", "secret": SECRET}},
            rules=[{"use": "ssh"}, {"use": "pam-login"}],
            policy=[{"when": {"rule": "ssh_login"}, "require": ["session_number"]}],
        )
        powertrip = Process(write_config(tmp_path / "config.yaml", whole))
        address = f"http://127.0.0.1:{port}/ingest/servers"
        async with running_pam_machine(tmp_path / "machine", address, SECRET, "--number") as machine:
            try:
                yield System(machine, powertrip, port, control, tmp_path / "powertrip.db")
            finally:
                if powertrip.process is not None:
                    await powertrip.stop()


def logged(folder: Path) -> str:
    """What sshd has logged of the login."""
    lines = (folder / "machine" / "machine.log").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith("Accepted publickey for alice")]
    return line


async def shown_number(machine: PamMachine) -> str:
    await machine.change_script("number=$(draw)", "number=$(draw)$(draw)$(draw)")
    [number] = SHOWN.findall(await machine.shell(typed="sleep 1; exit"))
    return str(number)


async def test_a_record_that_waited_on_the_server_brings_the_number_that_approves_what_the_log_told_of(
    system: System, tmp_path: Path
) -> None:
    control, machine = system.control, system.machine
    # Powertrip is away, so the server keeps the login.
    number = await shown_number(machine)
    [record] = await machine.records()
    await system.start_powertrip()
    async with aiohttp.ClientSession() as session:
        line = {"message": logged(tmp_path), "host": HOST_NAME, "program": "sshd", "time": record["time"]}
        await Sender(system.port, session).post(line)
    card = await control.message_in(ALICES_MESSAGES, lambda m: m.shows("Was this you") and m.buttons)

    assert await machine.flush() == 0
    await control.wait_for(lambda s: s.message(card).shows("by 2 records of one login"))
    await control.press("U0ALICE", card.channel, card.ts, action_id="approve")
    state = await control.wait_for(lambda s: s.modal("U0ALICE"))
    assert "Type the number that your terminal shows" in str(state.modal("U0ALICE"))
    wrong = str(int(number) + 1)
    await control.submit("U0ALICE", {"typed": wrong})
    await control.wait_for(lambda s: (s.modal("U0ALICE") or {}).get("errors"))
    await control.submit("U0ALICE", {"typed": number})
    state = await control.wait_for(lambda s: not asks(s.message(card)))

    assert state.message(card).shows("the number that the terminal of this login shows")
    assert [row[0] for row in system.events()] == [ALICE]
    with closing(sqlite3.connect(system.database)) as database:
        kept = "\n".join(database.iterdump())
    said = str([*state.messages(), *state.messages(ephemeral=True)])
    outputs = kept + said + system.powertrip.output.read_text(encoding="utf-8")
    assert record["id"] in outputs
    assert [typed for typed in (number, wrong) if typed in outputs] == []
