"""Slack is down: the backup channels are told once, nothing is lost, and the cards say where it was told."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from powertrip.runtime.app import Running
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.evidence import Evidence, assert_promises_kept, until
from tests.end_to_end.harness import (
    Process,
    Sender,
    free_port,
    login,
    powertrip_here,
    settings,
    write_config,
)

SECURITY = "C0SECURITY"
EVENTS = 50
GAP = 0.05
FOREVER = 1_000_000


class Pager:
    """What Apprise's `json://` posts to; it can refuse."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.refusals = 0
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        """Keep a message, or refuse it while told to."""
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=500)
        self.messages.append(await request.json())
        return web.Response()

    @property
    def alarms(self) -> list[str]:
        """The bodies of the messages that tell of events."""
        return [m["message"] for m in self.messages if "Slack is back" not in m["title"]]

    @property
    def digests(self) -> list[str]:
        """The bodies of the messages that tell that it is over."""
        return [m["message"] for m in self.messages if "Slack is back" in m["title"]]

    def addresses_told(self) -> Counter[str]:
        """How often each source address was told."""
        return Counter(re.findall(r"^SSH login .* from ([0-9.]+)", "\n".join(self.alarms), re.MULTILINE))


@pytest.fixture
async def pager() -> AsyncIterator[Pager]:
    """A backup channel on this machine."""
    pager, app = Pager(), web.Application()
    app.router.add_post("/page", pager.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pager.port = runner.addresses[0][1]
    yield pager
    await runner.cleanup()


@pytest.fixture
def changes(pager: Pager) -> dict[str, Any]:
    """A backup channel that is used after a second."""
    return {
        "backup": {"after": "1s", "channels": {"pager": {"url": f"json://127.0.0.1:{pager.port}/page"}}},
        "slack": {"channel_interval": f"{int(GAP * 1000)}ms"},
    }


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """The database of the running Powertrip."""
    return Evidence(f"sqlite:///{tmp_path}/powertrip.db")


async def slack_goes(control: Control) -> None:
    """Slack answers nothing any more, and takes no connection."""
    await control.fault("*", "drop_before", count=FOREVER)
    await control.refuse_handshakes(FOREVER)
    await control.drop_sockets()


async def slack_comes_back(control: Control) -> None:
    """Slack is as it was."""
    await control.clear_faults()
    await control.refuse_handshakes(0)


def logins() -> list[dict[str, Any]]:
    """Logins of strangers and of Alice, each from an address of its own."""
    users = ("stranger", "alice")
    return [login(users[n % 2], address=f"203.0.113.{n}", id=str(n)) for n in range(EVENTS)]


async def test_events_are_told_once_by_the_backup_channel_and_asked_in_slack_afterwards(
    running: tuple[Running, Sender], control: Control, pager: Pager, evidence: Evidence
) -> None:
    await slack_goes(control)
    await running[1].post(*logins())
    await until(lambda: sum(pager.addresses_told().values()) >= EVENTS, "every event is told", 30)
    assert set(pager.addresses_told().values()) == {1}
    assert not (await control.state()).messages()
    await slack_comes_back(control)
    await until(lambda: evidence.number("SELECT count(*) FROM notice") == EVENTS, "every card is posted", 60)
    await until(lambda: pager.digests, "the digest is told", 30)
    await evidence.until_idle(60)
    state = await control.state()
    assert len(state.messages()) == EVENTS
    assert all(m.shows("Told by the backup channel pager") for m in state.messages())
    await assert_promises_kept(evidence, control, {str(n) for n in range(EVENTS)})
    assert set(pager.addresses_told().values()) == {1}
    assert len(pager.digests) == 1
    assert pager.digests[0].count("pending") == EVENTS
    posted = sorted(float(message.ts) for message in state.messages(SECURITY))
    assert min(later - earlier for earlier, later in pairwise(posted)) >= GAP


async def test_slack_that_is_well_leaves_the_backup_channel_alone(
    running: tuple[Running, Sender], control: Control, pager: Pager, evidence: Evidence
) -> None:
    await running[1].post(login("alice", id="1"))
    await control.wait_for(lambda s: s.messages())
    await evidence.until_idle()
    assert evidence.number("SELECT count(*) FROM delivery WHERE kind = 'backup'") == 0
    assert pager.messages == []


async def test_a_backup_channel_that_fails_is_tried_again(
    running: tuple[Running, Sender], control: Control, pager: Pager
) -> None:
    pager.refusals = 2
    await slack_goes(control)
    await running[1].post(login("alice", id="1"))
    await until(lambda: pager.alarms, "it is told at last", 30)
    assert pager.refusals == 0
    assert "SSH login as alice on bastion-1" in pager.messages[0]["title"]


async def test_powertrip_starts_and_tells_the_backup_channel_while_slack_is_away(
    sandbox: SlackEmulator, control: Control, pager: Pager, tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path):
        await control.connected()
    await slack_goes(control)
    async with powertrip_here(path) as (_, sender):
        await sender.post(login("alice", id="1"))
        await until(lambda: pager.alarms, "it is told", 30)
        await slack_comes_back(control)
        await control.wait_for(lambda s: s.messages(), 60)
        await until(lambda: pager.digests, "the digest is told", 30)


async def test_a_killed_powertrip_tells_the_rest_after_its_restart(
    sandbox: SlackEmulator, control: Control, pager: Pager, tmp_path: Path, changes: dict[str, Any]
) -> None:
    port = free_port()
    whole = settings(sandbox, tmp_path, **changes, ingest={"port": port})
    process = Process(write_config(tmp_path / "config.yaml", whole))
    await process.start(port)
    await control.connected()
    await slack_goes(control)
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    pager.refusals = FOREVER
    async with aiohttp.ClientSession() as session:
        await Sender(port, session).post(*logins()[:5])
    await until(
        lambda: evidence.number("SELECT count(*) FROM delivery WHERE kind = 'backup' AND attempts > 0"),
        "the pager was tried",
        30,
    )
    await process.kill()
    pager.refusals = 0
    await process.start(port)
    await until(lambda: sum(pager.addresses_told().values()) >= 5, "all five are told", 60)
    assert set(pager.addresses_told().values()) == {1}
    await process.stop()
