"""`python -m slack_emulator`, as a process of its own."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import BOT_TOKEN, SlackEmulator
from slack_emulator.__main__ import main
from slack_emulator.tests.conftest import MANIFEST

ROOT = Path(__file__).parents[2]


async def test_it_serves_what_its_arguments_name_until_it_is_told_to_stop() -> None:
    workspace = ("--person", "ann", "--person", "ben", "--channel", "ops:ann", "--group", "on-call:ben")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "slack_emulator", "--port", "0", "--manifest", str(MANIFEST), *workspace),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout
    _, api_line = await process.stdout.readline(), (await process.stdout.readline()).decode()
    web = AsyncWebClient(BOT_TOKEN, base_url=api_line.split()[3])
    names = {member["name"] for member in (await web.users_list())["members"]}
    assert names == {"ann", "ben", "doorman", "slackbot"}
    assert (await web.conversations_members(channel="C0OPS"))["members"] == ["U0ANN", "U0DOORMAN"]
    assert (await web.usergroups_users_list(usergroup="S0ONCALL"))["users"] == ["U0BEN"]
    process.send_signal(signal.SIGTERM)
    rest, _ = await process.communicate()
    assert (process.returncode, rest.decode().splitlines()[-1]) == (0, "Ctrl-C ends it.")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--manifest", "/nonexistent.yaml"], "/nonexistent.yaml"),
        (["--channel", "ops:zed"], "not among the people: zed"),
    ],
)
def test_wrong_arguments_are_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


async def test_a_port_that_is_taken_is_said_in_a_sentence(
    emulator: SlackEmulator, capsys: pytest.CaptureFixture[str]
) -> None:
    port = emulator.url.rpartition(":")[2]
    # In a thread, for it runs a loop of its own; signals are for the main thread, so it stops before them.
    assert await asyncio.to_thread(main, ["--port", port]) == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in capsys.readouterr().err
