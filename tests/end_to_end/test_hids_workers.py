"""The two sides are compared exactly once, with two workers on one database and across crashes."""

import asyncio
from pathlib import Path
from typing import Any

from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.evidence import Evidence, assert_no_message_twice, until
from tests.end_to_end.harness import ANY_RATE, SECRET, Sender, login
from tests.end_to_end.scene import scene_in
from tests.end_to_end.test_races import a_web_and_two_workers

SOURCES = {"alerts": {"type": "json", "secret": SECRET, "keys": {"id": "id"}}}


def an_origin(grace: str) -> dict[str, Any]:
    """Settings with a HIDS whose other side is waited for so long."""
    return {
        "sources": SOURCES,
        "origins": {"wazuh": {"sources": "alerts", "grace": grace, "expects": "ssh_login"}},
    }


def address(number: int) -> str:
    """An address of its own for each login."""
    return f"198.51.100.{number}"


async def alert(sender: Sender, *numbers: int) -> None:
    """The HIDS tells of these logins."""
    records = [login(address=address(n), id=f"alert-{n}", host="bastion-1.example.com") for n in numbers]
    await sender.post(*records, source="alerts")


@ANY_RATE
async def test_two_workers_find_every_counterpart_whichever_came_first(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    evidence = Evidence(shared_database)
    changes = an_origin("1h") | {"database": {"url": shared_database}}
    async with a_web_and_two_workers(sandbox, control, tmp_path, **changes) as (sender, workers):
        posts = [sender.post(login(address=address(n), id=f"p{n}")) for n in range(100)]
        alerts = [alert(sender, *range(n, n + 5)) for n in range(0, 100, 5)]
        await asyncio.gather(*posts, *alerts)
        await evidence.until_idle(60)
        for worker in workers:
            assert "step failed" not in worker.output.read_text(encoding="utf-8")
    assert evidence.column("SELECT state FROM sighting") == ["matched"] * 100
    assert evidence.column("SELECT state FROM expectation") == ["seen"] * 100
    pairs = evidence.rows(
        "SELECT s.source_ip, o.source_ip FROM sighting s JOIN occurrence o ON o.id = s.occurrence_id"
    )
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert_no_message_twice(evidence, await control.state())


@ANY_RATE
async def test_two_workers_ask_once_about_what_the_hids_alone_saw(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    evidence = Evidence(shared_database)
    changes = an_origin("2s") | {"database": {"url": shared_database}}
    async with a_web_and_two_workers(sandbox, control, tmp_path, **changes) as (sender, _):
        await alert(sender, *range(12))
        await control.wait_for(lambda s: len(s.messages()) == 12, timeout=30)
        await evidence.until_idle()
    assert evidence.number("SELECT count(*) FROM event") == 12
    assert_no_message_twice(evidence, await control.state())


async def test_killed_while_the_other_side_is_waited_for(tmp_path: Path) -> None:
    async with scene_in(tmp_path, **an_origin("2s")) as scene:
        await alert(scene.sender, 1)
        await until(lambda: scene.evidence.column("SELECT state FROM sighting"), "the sighting kept")
        await scene.kill_and_restart()
        card = await scene.card("only wazuh saw it")
        assert card.shows(address(1))
        await scene.settle()


async def test_killed_after_what_the_hids_alone_saw_became_an_event(tmp_path: Path) -> None:
    async with scene_in(tmp_path, **an_origin("1s")) as scene:
        await scene.hold("conversations.open")
        await alert(scene.sender, 1)
        await scene.until_called("conversations.open")
        assert scene.evidence.statuses() == ["pending"]
        await scene.kill_and_restart()
        await scene.card("only wazuh saw it")
        await scene.settle()
        assert scene.evidence.number("SELECT count(*) FROM event") == 1
