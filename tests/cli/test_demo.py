"""`make demo` shows what Powertrip does, all of it on this machine."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.console import Console

from powertrip.cli.demo.stage import run_sandbox
from powertrip.cli.demo.workspace import STORY, local_slack
from powertrip.errors import PowertripError
from slack_emulator.control import Control
from slack_emulator.seen import SeenMessage
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import ROOT, free_port

ALICE, BOB, CAROL, DANA = "U0ALICE", "U0BOB", "U0CAROL", "U0DANA"
PATIENCE = 60.0
GREEN, YELLOW, RED = "2eb67d", "ecb22e", "e01e5a"


class Demo:
    """The running demo: its Slack, and what it tells on the terminal."""

    def __init__(self, address: str, control: Control, output: Path) -> None:
        self.address = address
        self.control = control
        self._output = output

    @property
    def told(self) -> str:
        """The terminal, with the breaks of its lines taken out."""
        return " ".join(self._output.read_text(encoding="utf-8").split())

    async def card(self, *words: str) -> SeenMessage:
        """The first message that shows all these words."""
        state = await self.control.wait_for(
            lambda s: any(all(m.shows(word) for word in words) for m in s.messages()), PATIENCE
        )
        return next(m for m in state.messages() if all(m.shows(word) for word in words))


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo, hurried."""
    async with playing(tmp_path, pace=0.02) as running:
        yield running


@pytest.fixture
async def slow_demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo as it waits for whoever plays it."""
    async with playing(tmp_path, pace=0.5) as running:
        yield running


@asynccontextmanager
async def playing(tmp_path: Path, *, pace: float) -> AsyncIterator[Demo]:
    """The demo as a process of its own."""
    port, output = free_port(), tmp_path / "demo.log"
    arguments = ["demo", "--no-browser", "--port", str(port), "--pace", str(pace)]
    with output.open("wb") as terminal:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "bot.py"), *arguments, stdout=terminal, stderr=terminal
        )
    try:
        await until(lambda: "Powertrip is running" in output.read_text(), "the demo runs", PATIENCE)
        address = f"http://127.0.0.1:{port}"
        async with Control(address) as control:
            yield Demo(address, control, output)
    finally:
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    assert "Nothing is left behind." in output.read_text()


def colour(card: SeenMessage) -> str:
    """The colour of its bar."""
    return str(card.raw["attachments"][0]["color"])


async def test_the_demo_shows_three_colours_a_hids_cloudtrail_and_sudo(demo: Demo) -> None:
    green = await demo.card("alice on bastion-1", "4 of 100 by Threat Jammer", "Example Broadband")
    yellow = await demo.card("oswaldo", "51 of 100 by Threat Jammer")
    red = await demo.card("bob", "84 of 100 by Threat Jammer", "3 lists of password guessing")
    assert [colour(card) for card in (green, yellow, red)] == [GREEN, YELLOW, RED]
    await demo.card("sudo to root: “/usr/bin/systemctl stop auditd” as alice on db-1")
    await demo.card("as bob on aws:111122223333", "AWS console")
    await demo.control.press(ALICE, green.channel, green.ts, action_id="approve")
    await demo.control.wait_for(lambda s: s.message(green).shows("told what was decided"), PATIENCE)
    await until(lambda: "HIDS is told: approved by Alice" in demo.told, "the terminal tells of it", PATIENCE)
    await until(lambda: "approve by Alice, now approved" in demo.told, "and of who decided", PATIENCE)
    await demo.card("bob on web-2", "The log pipeline missed this: only wazuh saw it.")
    assert not any(m.shows("203.0.113.99") for m in (await demo.control.state()).messages())


async def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    async with local_slack() as taken:
        port = int(taken.url.rpartition(":")[2])
        with pytest.raises(PowertripError, match="address already in use; name another --port"):
            await run_sandbox(local_slack(port=port), Console())


async def test_the_scene_that_takes_two_people_can_be_played_to_its_end(demo: Demo) -> None:
    asked = await demo.card("SSH login as root on db-1")
    await demo.control.press(CAROL, asked.channel, asked.ts, action_id="approve")
    await demo.control.wait_for(lambda s: s.modal(CAROL))
    await demo.control.submit(CAROL, {"text": "Planned"})
    second = await demo.card("Approved by Carol, one more person is needed")
    await demo.control.press(DANA, second.channel, second.ts, action_id="approve")
    await demo.control.wait_for(lambda s: s.modal(DANA))
    await demo.control.submit(DANA, {"text": "Seen with Carol"})
    await demo.card("Approved by Carol and Dana")


async def test_the_story_is_told_on_the_page_and_ticks_off_what_was_done(demo: Demo) -> None:
    asked = await demo.card("Was this you, Alice?", "alice on bastion-1")
    step = "Be *Alice*, open her messages from Powertrip, and press *Approve*."
    assert (await demo.card(f"◻️ {step}")).channel == STORY
    await demo.control.press(ALICE, asked.channel, asked.ts, action_id="approve")
    assert (await demo.card(f"✅ {step}")).channel == STORY
