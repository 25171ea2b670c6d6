"""A login is asked about with what services know of its address, and never waits long for them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from powertrip.enrichment import lookup_queue
from powertrip.pipeline import enrich
from powertrip.runtime import loops
from powertrip.runtime.app import Running
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.evidence import Evidence, assert_promises_kept, until
from tests.end_to_end.harness import ALICES_DM, Sender, login, powertrip_here, settings, write_config
from tests.end_to_end.scene import scene_in
from tests.enrichment.world import FakeService, Said
from tests.outside import serving

ALICE = "U0ALICE"
SECURITY = "C0SECURITY"
SLACK_ITSELF = 5.0
"""Seconds that everything but the hold may take on a busy machine."""

Started = tuple[Running, Sender]


def answer(path: str, _body: Any) -> Said:
    """What a Threat Jammer says of every address."""
    if "/assess/" in path:
        return Said(
            {
                "score": 72,
                "risk": "HIGH",
                "reason": "Found in 2 lists",
                "asn": "/v1/asn/64496",
                "datasets": [],
            }
        )
    if "/asn/" in path:
        return Said({"name": "EXAMPLE-AS", "description": "Example Networks", "country_code": "IE"})
    return Said({"city_name": "Dublin", "country_iso_code": "IE", "time_zone": "Europe/Dublin"})


@pytest.fixture
async def service() -> AsyncIterator[FakeService]:
    """A Threat Jammer on this machine."""
    fake = FakeService(answer=answer)
    async with serving(fake.handle) as fake.url:
        yield fake


@pytest.fixture
def changes(service: FakeService) -> dict[str, Any]:
    """The service is asked, about documentation addresses too."""
    return {
        "enrichment": {
            "services": ["threat_jammer"],
            "ask_about_documentation": True,
            "threat_jammer": {"token": "a-token", "base_url": service.url, "per_minute": 100},
        }
    }


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """The database of the running Powertrip."""
    return Evidence(f"sqlite:///{tmp_path}/powertrip.db")


async def test_the_first_card_shows_what_the_services_know(
    running: Started, control: Control, evidence: Evidence
) -> None:
    await running[1].post(login("alice", id="1"))
    card = await control.message_in(ALICES_DM)
    for words in ("72 of 100 by Threat Jammer", "Found in 2 lists", "AS64496", "EXAMPLE-AS", "Dublin"):
        assert card.shows(words)
    await evidence.until_idle()
    assert (await control.state()).count("chat.update") == 0
    await assert_promises_kept(evidence, control, {"1"})


async def test_the_security_channel_gets_a_copy_of_what_comes_from_a_red_address(
    running: Started, control: Control, evidence: Evidence
) -> None:
    await running[1].post(login("alice", id="1"))
    card = await control.message_in(SECURITY)
    assert card.shows("Alice is asked about this")
    assert card.shows("critical severity")
    assert card.mentions == []
    asked = await control.message_in(ALICES_DM)
    await control.press(ALICE, ALICES_DM, asked.ts, action_id="approve")
    await control.wait_for(lambda s: s.message(card).shows("Approved by"))
    await evidence.until_idle()
    assert not (await control.state()).message(card).buttons
    await assert_promises_kept(evidence, control, {"1"})


@pytest.mark.parametrize(
    "also_tell",
    [[{"channel": "#general", "when": {"rule": "ssh_login"}}], [{"channel": "C0GENERAL"}]],
)
async def test_a_channel_hears_of_every_login_at_once(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, also_tell: list[dict[str, Any]]
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, also_tell=also_tell))
    async with powertrip_here(path) as (_, sender):
        await control.connected()
        await sender.post(login("alice", id="1"), login("oswaldo", id="2"))
        state = await control.wait_for(lambda s: len(s.messages("C0GENERAL")) == 2)
    shown = [message.text for message in state.messages("C0GENERAL")]
    assert sorted(text.split("\n")[0] for text in shown) == [
        "Alice is asked about this",
        "oswaldo is asked about this",
    ]
    assert [len(state.messages(channel)) for channel in (ALICES_DM, SECURITY)] == [1, 1]


async def test_a_channel_that_takes_no_copy_does_not_lose_it(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    await control.channel("C0GENERAL", is_archived=True)
    path = write_config(
        tmp_path / "config.yaml", settings(sandbox, tmp_path, also_tell=[{"channel": "#general"}])
    )
    async with powertrip_here(path) as (_, sender):
        await control.connected()
        await sender.post(login("alice", id="1"))
        copy = await control.message_in(SECURITY)
    assert copy.shows("Alice is asked about this")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is asked again at once."""
    monkeypatch.setattr(lookup_queue, "FAILURE_KEPT", timedelta())
    monkeypatch.setattr(enrich, "RETRY_FIRST", timedelta(milliseconds=10))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "failed",
    [Said({}, status=500), Said(raw=b"<html>"), Said("text"), Said({}), Said({"score": [], "risk": 7})],
    ids=["500", "html", "text", "empty", "nonsense"],
)
async def test_a_service_that_failed_once_is_asked_again_and_its_score_comes(
    running: Started, control: Control, service: FakeService, failed: Said
) -> None:
    service.answer = lambda _path, _body: failed
    await running[1].post(login("alice", id="1"))
    await control.message_in(ALICES_DM, lambda card: card.shows("Threat Jammer unavailable"))
    service.answer = answer
    await control.wait_for(lambda s: s.messages(ALICES_DM)[0].shows("72 of 100 by Threat Jammer"))


async def test_a_service_that_hangs_delays_the_card_by_the_hold_and_its_facts_come_later(
    running: Started, control: Control, evidence: Evidence, service: FakeService
) -> None:
    service.held = asyncio.Event()
    await running[1].post(login("alice", id="1"))
    state = await control.wait_for(lambda s: s.messages(), enrich.HOLD.total_seconds() + SLACK_ITSELF)
    (card,) = state.messages()
    assert card.shows("Still asking Threat Jammer about the address.")
    times = "SELECT created_at, done_at FROM delivery WHERE kind = 'first' AND done_at IS NOT NULL"
    await until(lambda: evidence.rows(times), "the outcome of the post is written down")
    ((created, posted),) = evidence.rows(times)
    assert posted - created >= 1_000_000
    service.held.set()
    await control.wait_for(lambda s: s.messages()[0].shows("72 of 100 by Threat Jammer"), 30)
    await evidence.until_idle()
    assert not (await control.state()).messages()[0].shows("Still asking")
    await assert_promises_kept(evidence, control, {"1"})


@pytest.fixture
def slow_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lookup takes longer than anybody waits for, and no tick comes to the sender's help."""
    monkeypatch.setattr("powertrip.pipeline.enrich.WITHIN", timedelta(minutes=1))
    monkeypatch.setattr(loops, "TICK", timedelta(hours=1))


@pytest.mark.usefixtures("slow_lookups")
async def test_a_hold_ends_in_time_while_the_lookup_of_another_goes_on(
    running: Started, control: Control, service: FakeService
) -> None:
    service.held = asyncio.Event()
    await running[1].post(login("alice", id="1"))
    await until(lambda: bool(service.calls), "the service asked")
    await running[1].post(login("bob", address="192.0.2.11", id="2"))
    patience = enrich.HOLD.total_seconds() + SLACK_ITSELF
    await control.wait_for(lambda s: len(s.messages()) == 2, patience)
    service.held.set()


async def test_killed_between_an_event_and_its_facts(
    tmp_path: Path, changes: dict[str, Any], service: FakeService
) -> None:
    service.held = asyncio.Event()
    async with scene_in(tmp_path, **changes) as scene:
        await scene.log_in("alice")
        await until(lambda: bool(service.calls), "the service asked")
        assert scene.evidence.statuses() == ["pending"]
        await scene.kill_and_restart()
        card = await scene.card("alice")
        assert not card.shows("72 of 100 by Threat Jammer")
        service.held.set()
        await scene.control.wait_for(lambda s: s.messages()[0].shows("72 of 100 by Threat Jammer"), 40)
        await scene.settle()


async def test_late_facts_reach_a_card_that_was_decided_meanwhile(
    running: Started, control: Control, service: FakeService, evidence: Evidence
) -> None:
    service.held = asyncio.Event()
    await running[1].post(login("alice", id="1"))
    state = await control.wait_for(lambda s: s.messages(), enrich.HOLD.total_seconds() + SLACK_ITSELF)
    (card,) = state.messages()
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.messages()[0].shows("Approved"))
    service.held.set()
    state = await control.wait_for(lambda s: s.messages()[0].shows("EXAMPLE-AS"), 30)
    assert state.messages()[0].shows("Approved by")
    assert not state.messages()[0].buttons
    await evidence.until_idle()


async def test_a_service_that_refuses_the_token_is_named_and_nothing_else_suffers(
    running: Started, control: Control, service: FakeService
) -> None:
    service.answer = lambda _path, _body: Said({"detail": "no"}, status=401)
    await running[1].post(login("alice", id="1"))
    state = await control.wait_for(lambda s: s.messages())
    (card,) = state.messages()
    assert card.shows("Threat Jammer unavailable")
    assert card.shows("enrichment.threat_jammer.token")
    assert not card.shows("a-token")


async def test_an_approval_is_remembered_when_the_same_person_comes_again(
    running: Started, control: Control
) -> None:
    await running[1].post(login("alice", id="1"))
    state = await control.wait_for(lambda s: s.messages(ALICES_DM))
    (card,) = state.messages(ALICES_DM)
    assert card.shows("Nothing of this kind was seen of alice before.")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.messages(ALICES_DM)[0].shows("Approved by"))
    await running[1].post(login("alice", id="2"))
    state = await control.wait_for(lambda s: len(s.messages(ALICES_DM)) == 2)
    assert state.messages(ALICES_DM)[1].shows("The 2nd time from this address in 30 days.")
