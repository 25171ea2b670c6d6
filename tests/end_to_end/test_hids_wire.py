"""The four cases against a stub that speaks Wazuh 4's documented API and sends its alerts."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from powertrip.hids.wazuh4 import LOGIN
from powertrip.runtime.app import Running
from slack_emulator import SlackEmulator
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.evidence import Evidence, until
from tests.end_to_end.harness import SECRET, Process, Sender, free_port, login, settings, write_config
from tests.end_to_end.test_hids import wazuh_alert
from tests.hids.conftest import Said, Server
from tests.outside import serving

SECURITY = "C0SECURITY"
ALICE = "U0ALICE"

Started = tuple[Running, Sender]


@pytest.fixture
async def hids() -> AsyncIterator[Server]:
    """Wazuh's API on this machine."""
    server = Server()
    server.answers = {
        LOGIN: [Said(200, {"data": {"token": "jwt"}, "error": 0})],
        "/events": [Said(200, {"data": {}, "error": 0})],
    }
    async with serving(server.handle) as server.url:
        yield server


def with_hids(hids: Server, **origin: Any) -> dict[str, Any]:
    """The settings that compare Wazuh's alerts and tell it by its API."""
    tell = {"type": "wazuh4", "url": hids.url, "user": "powertrip", "password": "a-password"}
    return {
        "sources": {"wazuh": {"type": "wazuh4", "secret": SECRET}},
        "origins": {"wazuh": {"sources": ["wazuh"], "grace": "1h", "tell": tell} | origin},
    }


@pytest.fixture
def origin() -> dict[str, Any]:
    """Settings of the origin that a test wants otherwise."""
    return {}


@pytest.fixture
def changes(hids: Server, origin: dict[str, Any]) -> dict[str, Any]:
    """Powertrip knows the HIDS."""
    return with_hids(hids, **origin)


def told(hids: Server) -> list[dict[str, str]]:
    """What Wazuh was told, in order."""
    bodies = [json.loads(call.body) for call in hids.calls if call.path == "/events"]
    return [json.loads(event)["powertrip"] for body in bodies for event in body["events"]]


async def card_of(control: Control, words: str = "alice") -> SeenMessage:
    """The first card that shows these words and can be decided."""
    state = await control.wait_for(lambda s: any(m.shows(words) and m.buttons for m in s.messages()))
    return next(m for m in state.messages() if m.shows(words) and m.buttons)


async def test_pending_it_is_told_when_the_decision_falls(
    running: Started, control: Control, hids: Server
) -> None:
    record = login(id="1")
    await running[1].post(record)
    card = await card_of(control)
    await running[1].post(wazuh_alert(record["message"]), source="wazuh")
    await control.wait_for(lambda s: s.message(card).shows("pending, will be told"))
    assert told(hids) == []
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.message(card).shows("told what was decided"))
    (verdict,) = told(hids)
    assert (verdict["verdict"], verdict["approver"]) == ("approved", ALICE)
    assert verdict["alert_id"] == "wazuh-1:1768478399.1549653"


async def test_decided_it_is_told_at_once(running: Started, control: Control, hids: Server) -> None:
    record = login(id="1")
    await running[1].post(record)
    card = await card_of(control)
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.message(card).shows("Approved by"))
    await running[1].post(wazuh_alert(record["message"]), source="wazuh")
    await control.wait_for(lambda s: s.message(card).shows("told what was decided"))
    assert [verdict["verdict"] for verdict in told(hids)] == ["approved"]


@pytest.mark.parametrize("origin", [{"grace": "1s"}])
async def test_what_it_alone_saw_is_an_event_of_its_own(
    running: Started, control: Control, hids: Server
) -> None:
    await running[1].post(wazuh_alert(login()["message"]), source="wazuh")
    card = await card_of(control)
    assert card.shows("The log pipeline missed this: only wazuh saw it.")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    await until(lambda: told(hids), "Wazuh is told of the denial")
    assert told(hids)[0]["verdict"] == "denied"


@pytest.mark.parametrize("origin", [{"grace": "1s", "expects": ["ssh_login"]}])
async def test_what_it_did_not_see_is_said_once(running: Started, control: Control, hids: Server) -> None:
    await running[1].post(login(id="1"))
    card = await card_of(control)
    await control.wait_for(lambda s: s.message(card).shows("the HIDS did not see this"))
    state = await control.wait_for(lambda s: s.messages(SECURITY))
    assert [m.shows("did not see an event") for m in state.messages(SECURITY)] == [True]
    assert told(hids) == []


async def test_a_verdict_survives_a_hids_that_is_down_and_a_powertrip_that_is_killed(
    sandbox: SlackEmulator, control: Control, hids: Server, tmp_path: Path
) -> None:
    hids.answers["/events"] = [Said(503)]
    port, record = free_port(), login(id="1")
    whole = settings(sandbox, tmp_path, **with_hids(hids), ingest={"port": port})
    process = Process(write_config(tmp_path / "config.yaml", whole))
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    await process.start(port)
    await control.connected()
    try:
        async with aiohttp.ClientSession() as session:
            sender = Sender(port, session)
            await sender.post(record)
            card = await card_of(control)
            await sender.post(wazuh_alert(record["message"]), source="wazuh")
            await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until(lambda: told(hids), "an attempt at telling")
        await process.kill()
        hids.answers["/events"] = [Said(200, {"data": {}, "error": 0})]
        await process.start(port)
        await control.wait_for(lambda s: s.message(card).shows("told what was decided"), 60)
        assert evidence.column("SELECT state FROM delivery WHERE kind = 'origin'") == ["done"]
    finally:
        await process.kill()


async def test_a_wrong_password_is_on_the_card_and_not_in_it(
    running: Started, control: Control, hids: Server
) -> None:
    hids.answers[LOGIN] = [Said(401)]
    record = login(id="1")
    await running[1].post(record)
    card = await card_of(control)
    await running[1].post(wazuh_alert(record["message"]), source="wazuh")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    state = await control.wait_for(lambda s: s.message(card).shows("failed, not told what was decided"))
    assert state.message(card).shows("check user and password")
    assert not state.message(card).shows("a-password")
