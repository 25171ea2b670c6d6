"""The HIDS and the log pipeline check each other, and the HIDS is told what was decided."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.hids import OriginVerdict
from powertrip.domain.judgement import Applied, ToAsk
from powertrip.errors import Rejected, Unavailable
from powertrip.store.hids.alerts import Sightings
from slack_emulator import SlackEmulator
from slack_emulator.control import Control, SeenMessage
from tests.cli.running import bot_process
from tests.end_to_end.evidence import Evidence, until
from tests.end_to_end.harness import ANY_RATE, SECRET, Sender, login, powertrip_here, settings, write_config
from tests.end_to_end.test_main_path import ARTICLES_BODY

SECURITY = "C0SECURITY"
ALICE, CAROL = "U0ALICE", "U0CAROL"
LONG = "1h"


class Hids:
    """A HIDS that can be told; what it answers is for the test to say."""

    def __init__(self) -> None:
        self.told: list[OriginVerdict] = []
        self.attempts = 0
        self.answer: Exception | None = None

    async def tell(self, verdict: OriginVerdict) -> None:
        """Take a verdict, or fail as the test wants it."""
        self.attempts += 1
        if self.answer is not None:
            raise self.answer
        self.told.append(verdict)


@pytest.fixture
def hids() -> Hids:
    """A HIDS that takes everything."""
    return Hids()


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """What the database holds."""
    return Evidence(f"sqlite:///{tmp_path}/powertrip.db")


@pytest.fixture
def running(sandbox: SlackEmulator, control: Control, tmp_path: Path, hids: Hids) -> "Running":
    """What starts Powertrip with an origin."""
    return Running(sandbox, control, tmp_path, hids)


class Running:
    """Starts Powertrip with the HIDS as an origin."""

    def __init__(self, sandbox: SlackEmulator, control: Control, folder: Path, hids: Hids) -> None:
        self._sandbox = sandbox
        self._control = control
        self._folder = folder
        self._hids = hids

    @asynccontextmanager
    async def __call__(self, source: Mapping[str, Any] | None = None, **origin: Any) -> AsyncIterator[Sender]:
        """Powertrip with these settings of the origin, and of the source of its records."""
        alerts = {"secret": SECRET, **(source or {"type": "json", "keys": {"id": "id"}})}
        whole = settings(
            self._sandbox,
            self._folder,
            sources={"alerts": alerts},
            origins={"wazuh": {"sources": "alerts", "grace": LONG} | origin},
        )
        path = write_config(self._folder / "config.yaml", whole)
        async with powertrip_here(path, {"wazuh": self._hids}) as (_, sender):
            await self._control.connected()
            yield sender


async def alert(sender: Sender, alert_id: str = "alert-1", **about: Any) -> None:
    """The HIDS tells of a login, with its own id and its own name for the host."""
    await sender.post(login(host="bastion-1.example.com", id=alert_id, **about), source="alerts")


async def card_of(control: Control, words: str = "alice") -> SeenMessage:
    """The first card that shows these words."""
    state = await control.wait_for(lambda s: any(m.shows(words) and m.buttons for m in s.messages()))
    return next(m for m in state.messages() if m.shows(words) and m.buttons)


async def until_card_shows(control: Control, card: SeenMessage, words: str) -> None:
    await control.wait_for(lambda s: s.message(card).shows(words))


async def test_pending_the_hids_is_told_when_somebody_decides(
    running: Running, control: Control, hids: Hids
) -> None:
    async with running() as sender:
        await sender.post(login(id="p1"))
        card = await card_of(control)
        await alert(sender)
        await until_card_shows(control, card, "pending, will be told")
        assert hids.attempts == 0
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until_card_shows(control, card, "told what was decided")
        (verdict,) = hids.told
        assert (verdict.alert_id, verdict.verdict, verdict.decided_by) == ("alert-1", "approve", ALICE)
        state = await control.state()
        assert len(state.messages()) == 1


async def test_decided_the_hids_is_told_at_once(running: Running, control: Control, hids: Hids) -> None:
    async with running() as sender:
        await sender.post(login(id="p1"))
        card = await card_of(control)
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until_card_shows(control, card, "Approved")
        await alert(sender)
        await until_card_shows(control, card, "told what was decided")
        assert [verdict.alert_id for verdict in hids.told] == ["alert-1"]


async def test_the_hids_first_makes_no_second_card(running: Running, control: Control) -> None:
    async with running() as sender:
        await alert(sender)
        await sender.post(login(id="p1"))
        card = await card_of(control)
        await until_card_shows(control, card, "pending, will be told")
        assert not card.shows("The log pipeline missed this")
        assert len((await control.state()).messages()) == 1


async def test_what_the_hids_alone_saw_is_asked_about_and_told(
    running: Running, control: Control, hids: Hids, evidence: Evidence
) -> None:
    async with running(grace="1s") as sender:
        await alert(sender)
        card = await card_of(control)
        assert card.shows("The log pipeline missed this: only wazuh saw it.")
        await sender.post(login(id="p1"))
        await control.wait_for(lambda s: not s.message(card).shows("The log pipeline missed this"))
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until_card_shows(control, card, "told what was decided")
        assert evidence.number("SELECT count(*) FROM event") == 1
        assert len(hids.told) == 1
    (event_id,) = evidence.column("SELECT id FROM event")
    shown = await bot_process("events", "show", event_id, folder=evidence.path.parent)
    for words in (
        "origin wazuh: told",
        "only_origin_saw",
        "record_came_late",
        "seen by log pipeline, late as p1",
    ):
        assert words in shown.out


async def test_what_the_hids_did_not_see_is_on_the_card_and_in_the_channel(
    running: Running, control: Control
) -> None:
    async with running(grace="1s", expects="ssh_login") as sender:
        await sender.post(login(id="p1"))
        card = await card_of(control)
        await until_card_shows(control, card, "the HIDS did not see this")
        state = await control.wait_for(lambda s: s.messages(SECURITY))
        assert [m.shows("The HIDS wazuh did not see an event") for m in state.messages(SECURITY)] == [True]


async def test_a_hids_that_is_down_loses_no_verdict(
    running: Running, control: Control, hids: Hids, evidence: Evidence
) -> None:
    hids.answer = Unavailable("connection refused", retry_after=0.05)
    names = [f"user{number}" for number in range(5)]
    async with running() as sender:
        for number, name in enumerate(names):
            await sender.post(login(name, id=f"p{number}"))
            await alert(sender, f"alert-{number}", user=name)
            card = await card_of(control, name)
            await control.press(CAROL, card.channel, card.ts, action_id="approve")
            await until_card_shows(control, card, "Approved")
        await until(lambda: hids.attempts >= 20, "many attempts")
        assert (
            evidence.number("SELECT count(*) FROM delivery WHERE kind = 'origin' AND state = 'waiting'") == 5
        )
        hids.answer = None
        await until(lambda: len(hids.told) == 5, "every verdict told")
        await evidence.until_idle()
    assert {verdict.user_name for verdict in hids.told} == set(names)


@ANY_RATE
async def test_a_verdict_is_told_after_a_restart(running: Running, control: Control, hids: Hids) -> None:
    hids.answer = Unavailable("connection refused", retry_after=0.05)
    async with running() as sender:
        await sender.post(login(id="p1"))
        await alert(sender)
        card = await card_of(control)
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until(lambda: hids.attempts >= 1, "an attempt")
    hids.answer = None
    async with running():
        await until_card_shows(control, card, "told what was decided")
    assert len(hids.told) == 1


async def test_a_hids_that_refuses_is_said_on_the_card_and_once_in_the_channel(
    running: Running, control: Control, hids: Hids
) -> None:
    hids.answer = Rejected("the password is wrong")
    async with running() as sender:
        for name in ("user1", "user2"):
            await sender.post(login(name, id=name))
            await alert(sender, f"alert-{name}", user=name)
            card = await card_of(control, name)
            await control.press(CAROL, card.channel, card.ts, action_id="approve")
            await until_card_shows(control, card, "failed, not told what was decided: the password is wrong")
        state = await control.wait_for(lambda s: s.messages(SECURITY))
        assert len([m for m in state.messages(SECURITY) if m.shows("refuses to be told")]) == 1


async def test_an_alert_as_wazuh_sends_it_is_compared_and_told_of_by_its_own_id(
    running: Running, control: Control, hids: Hids
) -> None:
    record = login(id="p1")
    async with running(source={"type": "wazuh4"}) as sender:
        await sender.post(record)
        card = await card_of(control)
        await sender.post(wazuh_alert(record["message"]), source="alerts")
        await until_card_shows(control, card, "pending, will be told")
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until_card_shows(control, card, "told what was decided")
    assert [verdict.alert_id for verdict in hids.told] == ["wazuh-1:1768478399.1549653"]


def wazuh_alert(line: str) -> dict[str, Any]:
    """What Wazuh 4 makes of sshd's line; its own reading of it is wrong here, and not asked for."""
    return {
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.905+0000",
        "rule": {"level": 3, "description": "sshd: authentication success.", "id": "5715"},
        "agent": {"id": "001", "name": "agent-1", "ip": "192.0.2.1"},
        "manager": {"name": "wazuh-1"},
        "id": "1768478399.1549653",
        "full_log": f"Jan 15 11:59:58 bastion-1 sshd[17584]: {line}",
        "predecoder": {"program_name": "sshd", "hostname": "bastion-1"},
        "data": {"srcip": "203.0.113.9", "dstuser": "mallory"},
        "location": "/var/log/auth.log",
    }


ARTICLES_LINE = "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2"


@pytest.mark.parametrize("order", ["log", "hids", "decision"])
async def test_the_articles_login_finds_its_record_in_the_hids_in_every_order(
    running: Running, control: Control, hids: Hids, order: str
) -> None:
    seen = wazuh_alert(ARTICLES_LINE) | {
        "timestamp": "2020-09-01T01:02:04.100+0000",
        "full_log": f"Sep  1 01:02:03 bastion.test sshd[7]: {ARTICLES_LINE}",
        "predecoder": {"program_name": "sshd", "hostname": "bastion.test"},
    }
    async with running(source={"type": "wazuh4"}) as sender:
        if order == "hids":
            await sender.post(seen, source="alerts")
        await sender.post(source="papertrail", raw=ARTICLES_BODY)
        card = await card_of(control, "oswaldo")
        for words in ("bastion.test", "10.0.0.1", "2020-09-01 01:02:03"):
            assert card.shows(words), words
        if order == "log":
            await sender.post(seen, source="alerts")
        if order != "decision":
            await until_card_shows(control, card, "pending, will be told")
        await control.press(CAROL, card.channel, card.ts, action_id="approve")
        await until_card_shows(control, card, "Approved")
        if order == "decision":
            await sender.post(seen, source="alerts")
        await until_card_shows(control, card, "told what was decided")
        assert len((await control.state()).messages(SECURITY)) == 1
    assert [verdict.alert_id for verdict in hids.told] == ["wazuh-1:1768478399.1549653"]


async def test_a_hids_without_records_of_its_own_is_told_of_every_decision(
    running: Running, control: Control, hids: Hids
) -> None:
    tell = {"type": "callback", "url": "https://hids.example.com/", "secret": SECRET}
    async with running(sources=[], tell=tell) as sender:
        for verdict in ("approve", "deny"):
            await sender.post(login(id=verdict, host=f"host-{verdict}"))
            card = await card_of(control, f"host-{verdict}")
            await control.press(ALICE, card.channel, card.ts, action_id=verdict)
            await until_card_shows(control, card, "told what was decided")
    assert [(item.verdict, item.host_name, item.alert_id) for item in hids.told] == [
        ("approve", "host-approve", None),
        ("deny", "host-deny", None),
    ]


async def test_an_alert_that_cannot_be_opened_holds_up_no_other_and_is_tried_again(
    running: Running, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    unable_to_open = {"bob"}
    works = Sightings.open_due

    async def open_due(sightings: Sightings, asked: Sequence[tuple[int, ToAsk]], now: datetime) -> Applied:
        if unable_to_open & {ask.event.user_name for _, ask in asked}:
            raise ValueError("no database would take this")
        return await works(sightings, asked, now)

    monkeypatch.setattr(Sightings, "open_due", open_due)
    async with running(grace="1s") as sender:
        await alert(sender, "alert-1", user="bob")
        await alert(sender, "alert-2", user="alice")
        await card_of(control, "alice")
        assert not any(message.shows("bob") for message in (await control.state()).messages())
        unable_to_open.clear()
        await card_of(control, "bob")


ARTICLES_ALERT = {
    "timestamp": "2020-09-01T01:02:03.905+0000",
    "rule": {"level": 3, "description": "sshd: authentication success.", "id": "5715"},
    "agent": {"id": "001", "name": "bastion.test"},
    "manager": {"name": "wazuh-1"},
    "id": "1598922123.955",
    "full_log": "Sep  1 01:02:03 bastion.test sshd[812]: "
    "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2",
    "predecoder": {"program_name": "sshd", "hostname": "bastion.test"},
}


@pytest.mark.parametrize(
    "order",
    [("log", "alert", "decision"), ("alert", "log", "decision"), ("log", "decision", "alert")],
    ids=" ".join,
)
async def test_the_articles_login_and_the_hidss_record_of_it_are_one_in_every_order(
    running: Running, control: Control, hids: Hids, evidence: Evidence, order: tuple[str, ...]
) -> None:
    async with running(source={"type": "wazuh4"}) as sender:
        for step in order:
            if step == "log":
                await sender.post(source="papertrail", raw=ARTICLES_BODY)
                card = await card_of(control, "oswaldo")
            elif step == "alert":
                await sender.post(ARTICLES_ALERT, source="alerts")
            else:
                await control.press(CAROL, card.channel, card.ts, action_id="approve")
                await until_card_shows(control, card, "Approved")
        await until_card_shows(control, card, "told what was decided")
        state = await control.state()
        shown = state.message(card)
    assert [m.channel for m in state.messages()] == [SECURITY]
    for words in ("oswaldo", "10.0.0.1", "bastion.test", "2020-09-01 01:02:03"):
        assert shown.shows(words), words
    assert [verdict.alert_id for verdict in hids.told] == ["wazuh-1:1598922123.955"]
    assert evidence.number("SELECT count(*) FROM event") == 1


@pytest.mark.parametrize("is_decided", [False, True])
async def test_a_second_alert_of_the_same_login_joins_it_and_is_told_of_too(
    running: Running, control: Control, hids: Hids, evidence: Evidence, is_decided: bool
) -> None:
    async with running(grace="1s") as sender:
        await sender.post(login(id="p1", time="2026-01-15T12:00:00Z"))
        card = await card_of(control)
        if is_decided:
            await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await alert(sender, "alert-1", time="2026-01-15T12:00:01Z")
        await alert(sender, "alert-2", time="2026-01-15T12:00:31Z")
        if not is_decided:
            await until(lambda: evidence.number("SELECT count(*) FROM sighting") == 2, "both alerts")
            await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await until(lambda: len(hids.told) == 2, "both alerts to be told")
        assert {verdict.alert_id for verdict in hids.told} == {"alert-1", "alert-2"}
        assert evidence.number("SELECT count(*) FROM event") == 1
        assert len((await control.state()).messages()) == 1


async def test_a_note_that_the_hids_did_not_see_a_login_is_taken_back_when_its_record_comes(
    running: Running, control: Control
) -> None:
    async with running(grace="1s", expects="ssh_login") as sender:
        await sender.post(login(id="p1"))
        card = await card_of(control)
        state = await control.wait_for(
            lambda s: any(m.shows("The HIDS wazuh did not see an event") for m in s.messages(SECURITY))
        )
        (note,) = state.messages(SECURITY)
        await alert(sender)
        state = await control.wait_for(
            lambda s: s.message(note).shows("Taken back: the HIDS wazuh saw the event after all")
        )
        assert not state.message(note).shows("did not see")
        assert len(state.messages(SECURITY)) == 1
        await control.wait_for(lambda s: not s.message(card).shows("did not see this"))
