"""Slack misbehaves, and nothing is lost, said twice, or kept from those who should know."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from powertrip.cli.demo.workspace import local_slack
from powertrip.errors import ConfigError
from powertrip.pipeline import retry
from powertrip.runtime import loops
from powertrip.runtime.app import Running
from powertrip.settings import load_config
from slack_emulator import SlackEmulator
from slack_emulator.control import Control, SeenMessage
from slack_emulator.faults import FaultKind
from tests.end_to_end.evidence import Evidence, assert_promises_kept, until
from tests.end_to_end.harness import (
    ALICES_DM,
    ANY_RATE,
    Process,
    Sender,
    free_port,
    login,
    powertrip_here,
    settings,
    write_config,
)

SECURITY = "C0SECURITY"
ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"

Started = tuple[Running, Sender]


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """The database of the running Powertrip."""
    return Evidence(f"sqlite:///{tmp_path}/powertrip.db")


async def card_for(control: Control, words: str, patience: float = 10.0) -> SeenMessage:
    """The first message that shows these words."""
    state = await control.wait_for(lambda s: any(m.shows(words) for m in s.messages()), patience)
    return next(m for m in state.messages() if m.shows(words))


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("ratelimited", {"retry_after": 1}),
        ("http_error", {"status": 500}),
        ("http_error", {"status": 503}),
        ("http_error", {"status": 200}),  # what a server in between answers in Slack's place
        ("timeout_after_taken", {}),
        ("drop_before", {}),
        ("error", {"error": "fatal_error"}),
        ("error", {"error": "service_unavailable"}),
    ],
)
async def test_a_post_that_fails_once_arrives_once(
    sender: Sender, control: Control, evidence: Evidence, kind: FaultKind, about: dict[str, Any]
) -> None:
    await control.fault("chat.postMessage", kind, **about)
    await sender.post(login("alice", id="1"), login("stranger", id="2"))
    assert (await card_for(control, "stranger")).channel == SECURITY
    assert (await card_for(control, "alice")).channel == ALICES_DM
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1", "2"})
    assert len((await control.state()).messages()) == 2


@ANY_RATE
async def test_a_rate_limit_pauses_the_channel_for_as_long_as_slack_says_and_keeps_the_order(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("chat.postMessage", "ratelimited", retry_after=2)
    await sender.post(*(login("stranger", address=f"198.51.100.{n}", id=str(n)) for n in range(5)))
    due = "SELECT due_at FROM delivery WHERE error LIKE '%rate limit%'"
    await until(lambda: evidence.column(due), "the rate limit is written down, for other processes too")
    due_at = evidence.number(due) / 1e6
    await control.wait_for(lambda s: len(s.messages(SECURITY)) == 5)
    await evidence.until_idle()
    limited, *others = (await control.state()).calls("chat.postMessage")
    assert limited["status"] == 429
    assert due_at - limited["at"] >= 2
    assert others[0]["at"] - limited["at"] >= 2
    assert len(others) == 5
    cards = (await control.state()).messages(SECURITY)
    assert [card.shows(f"198.51.100.{n}") for n, card in enumerate(cards)] == [True] * 5
    await assert_promises_kept(evidence, control, set("01234"))


@pytest.mark.parametrize("changes", [{"reminders": {"remind_after": "1s", "remind_every": "1h"}}])
async def test_after_a_rate_limit_a_new_card_goes_before_a_reminder(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("stranger", address="198.51.100.1", id="1"))
    await card_for(control, "198.51.100.1")
    await control.fault("chat.postMessage", "ratelimited", retry_after=2)
    await control.wait_for(lambda s: s.count("chat.postMessage") == 2)
    await sender.post(login("stranger", address="198.51.100.2", id="2"))
    await evidence.until_idle()
    _, second, third, *_ = (await control.state()).messages(SECURITY)
    assert (second.shows("198.51.100.2"), second.shows("Reminder")) == (True, False)
    assert (third.shows("198.51.100.1"), third.shows("Reminder")) == (True, True)


async def test_a_rate_limit_on_updates_delays_no_card(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    await control.fault("chat.update", "ratelimited", retry_after=3)
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.count("chat.update"))
    await sender.post(login("stranger", id="2"))
    await card_for(control, "stranger", patience=2)
    assert (await control.state()).message(card).buttons
    await evidence.until_idle()
    first, second = (await control.state()).calls("chat.update")
    assert second["at"] - first["at"] >= 3
    await assert_promises_kept(evidence, control, {"1", "2"})


async def test_a_card_that_slack_finds_too_rich_goes_out_as_plain_text(
    sender: Sender, control: Control
) -> None:
    await control.fault("chat.postMessage", "error", error="invalid_blocks")
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    assert card.blocks == []
    for words in ("bastion-1", "192.0.2.10", "/powertrip approve"):
        assert words in card.text, words


async def test_an_outcome_that_slack_finds_too_rich_is_shown_as_plain_text(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    await control.fault("chat.update", "error", error="invalid_blocks")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    state = await control.wait_for(lambda s: not s.message(card).buttons)
    assert "pproved" in state.message(card).text
    await evidence.until_idle()


@pytest.mark.parametrize("error", ["user_disabled", "cannot_dm_bot", "user_not_found", "access_denied"])
async def test_a_person_whom_slack_lets_nobody_message_is_asked_about_in_the_security_channel(
    sender: Sender, control: Control, evidence: Evidence, error: str
) -> None:
    await control.fault("conversations.open", "error", error=error)
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    assert card.channel == SECURITY
    assert card.shows("could not be sent a direct message")
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1"})


PASSING: list[tuple[FaultKind, dict[str, Any]]] = [
    ("http_error", {"status": 500}),
    ("http_error", {"status": 403}),
    ("http_error", {"status": 407}),
    ("http_error", {"status": 200}),
    ("ratelimited", {"retry_after": 1}),
    ("timeout_after_taken", {}),
    ("drop_before", {}),
    *(
        ("error", {"error": code})
        for code in (
            "rate_limited",
            "internal_error",
            "team_added_to_org",
            "org_login_required",
            "invalid_auth",
            "token_revoked",
            "missing_scope",
            "an_error_of_next_year",
        )
    ),
]
"""What is wrong with Slack, with what lies between, or with the token, and says nothing of the recipient."""


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is tried again soon, as often as it fails."""
    monkeypatch.setattr(retry, "DELIVERY_FIRST", timedelta(milliseconds=20))
    monkeypatch.setattr(retry, "DELIVERY_LONGEST", timedelta(milliseconds=100))
    monkeypatch.setattr(loops, "TICK", timedelta(milliseconds=50))


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("method", ["conversations.open", "chat.postMessage"])
@pytest.mark.parametrize(("kind", "about"), PASSING)
async def test_what_is_not_about_the_recipient_moves_nobodys_question_to_the_channel(
    sender: Sender,
    control: Control,
    evidence: Evidence,
    method: str,
    kind: FaultKind,
    about: dict[str, Any],
) -> None:
    await control.fault(method, kind, count=4, **about)
    await sender.post(login("alice", id="1"))
    assert (await card_for(control, "alice", patience=20)).channel.startswith("D")
    await evidence.until_idle()
    state = await control.state()
    assert state.count(method) >= (1 if kind == "timeout_after_taken" else 5)
    assert len(state.messages()) == 1
    await assert_promises_kept(evidence, control, {"1"})


async def test_a_lookup_that_hangs_does_not_hold_up_the_question(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("users.info", "delay", delay=60)
    await sender.post(login("alice", id="1"))
    await control.wait_for(lambda s: s.count("users.info"))
    # The worst moment to arrive: right after the lookup of another batch began to hang.
    await control.fault("users.lookupByEmail", "delay", delay=60)
    await sender.post(login("bob", id="2"))
    assert (await card_for(control, "alice", patience=9)).channel.startswith("D")
    assert (await card_for(control, "bob", patience=15)).channel.startswith("D")
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1", "2"})


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("changes", [{"reminders": {"remind_after": "1s", "remind_every": "1s"}}])
async def test_a_question_that_never_reaches_its_person_is_reminded_of_in_the_channel(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("conversations.open", "error", count=9999, error="an_error_of_next_year")
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "Reminder 2", patience=20)
    assert card.channel == SECURITY
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.wait_for(lambda s: not s.message(card).buttons)
    assert evidence.column("SELECT status FROM event") == ["approved"]


async def test_direct_messages_that_have_another_id_now_are_opened_anew(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", address="192.0.2.1", id="1"))
    await card_for(control, "192.0.2.1")
    await control.fault("chat.postMessage", "error", error="channel_not_found")
    await sender.post(login("alice", address="192.0.2.2", id="2"))
    assert (await card_for(control, "192.0.2.2")).channel.startswith("D")
    assert (await control.state()).count("conversations.open") == 2
    await control.fault("chat.postMessage", "error", count=2, error="channel_not_found")
    await sender.post(login("alice", address="192.0.2.3", id="3"))
    assert (await card_for(control, "192.0.2.3")).channel == SECURITY
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1", "2", "3"})


LOOKUP_FAULTS: list[tuple[FaultKind, dict[str, Any]]] = [
    ("http_error", {"status": 500}),
    ("http_error", {"status": 404}),
    ("http_error", {"status": 200}),
    ("ratelimited", {"retry_after": 30}),
    ("drop_before", {}),
    ("error", {"error": "missing_scope"}),
    ("error", {"error": "token_revoked"}),
    ("error", {"error": "team_added_to_org"}),
    ("error", {"error": "fatal_error"}),
]


@pytest.mark.parametrize(("kind", "about"), LOOKUP_FAULTS)
async def test_a_person_listed_with_a_slack_id_is_asked_in_person_whatever_a_lookup_ends_in(
    sender: Sender, control: Control, evidence: Evidence, kind: FaultKind, about: dict[str, Any]
) -> None:
    await control.fault("users.info", kind, count=99, **about)
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    assert card.channel.startswith("D")
    await control.clear_faults()
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: not s.message(card).buttons)
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1"})


@pytest.mark.parametrize("changes", [{"lookups": {"keep": "1ms"}}])
@pytest.mark.parametrize(("kind", "about"), LOOKUP_FAULTS)
async def test_a_person_known_by_email_is_whom_slack_last_named_while_it_does_not_answer(
    sender: Sender, control: Control, kind: FaultKind, about: dict[str, Any]
) -> None:
    await sender.post(login("bob", address="192.0.2.1", id="1"))
    await card_for(control, "192.0.2.1")
    await control.fault("users.lookupByEmail", kind, count=99, **about)
    await sender.post(login("bob", address="192.0.2.2", id="2"))
    assert (await card_for(control, "192.0.2.2")).channel.startswith("D")


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize(("kind", "about"), LOOKUP_FAULTS)
async def test_a_person_known_by_email_alone_is_asked_in_person_when_slack_names_them_again(
    sender: Sender, control: Control, evidence: Evidence, kind: FaultKind, about: dict[str, Any]
) -> None:
    about = about | ({"retry_after": 1} if kind == "ratelimited" else {})
    await control.fault("users.lookupByEmail", kind, count=4, **about)
    await sender.post(login("bob", id="1"))
    card = await card_for(control, "bob")
    assert card.channel.startswith("D")
    await control.press(BOB, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: not s.message(card).buttons)
    await evidence.until_idle()
    assert evidence.column("SELECT status FROM event") == ["approved"]
    await assert_promises_kept(evidence, control, {"1"})


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("changes", [{"reminders": {"remind_after": "1s", "remind_every": "1s"}}])
async def test_a_person_known_by_email_alone_whom_slack_never_names_keeps_their_question(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("users.lookupByEmail", "error", count=9999, error="missing_scope")
    await sender.post(login("bob", id="1"))
    # The channel is reminded, with the reason, so that this is no silence.
    reminder = await card_for(control, "Reminder 2", patience=20)
    assert reminder.channel == SECURITY
    assert reminder.shows("Slack has not said yet who bob is")
    assert evidence.column("SELECT channel FROM delivery WHERE kind = 'first'") == ["@bob"]
    await control.clear_faults()
    first = await card_for(control, "Was this you", patience=20)
    assert first.channel.startswith("D")
    assert evidence.column("SELECT subject_slack_id FROM event") == [BOB]


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"deleted": True}, "deactivated"), ({"is_bot": True}, "guest"), ({"is_restricted": True}, "guest")],
)
async def test_what_slack_says_of_the_person_leads_to_the_security_channel(
    sender: Sender, control: Control, fields: dict[str, bool], why: str
) -> None:
    await control.user(ALICE, **fields)
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    assert card.channel == SECURITY
    assert card.shows(why)


@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible"])
async def test_a_person_whom_slack_does_not_know_is_asked_about_in_the_security_channel(
    sender: Sender, control: Control, error: str
) -> None:
    await control.fault("users.info", "error", error=error)
    await sender.post(login("alice", id="1"))
    assert (await card_for(control, "alice")).channel == SECURITY


@pytest.mark.parametrize(
    "changes", [{"reminders": {"remind_after": "1s", "remind_every": "1s", "mention_after": 1}}]
)
async def test_a_card_deleted_in_slack_is_reminded_of_all_the_same(
    sandbox: SlackEmulator, sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("stranger", id="1"))
    await control.message_in(SECURITY)
    for number in (1, 2):
        seen = await control.message_in(SECURITY, partial(SeenMessage.shows, words=f"Reminder {number}"))
        sandbox.world.delete(sandbox.world.live_messages(SECURITY)[-1])
        assert CAROL in seen.mentions
    seen = await control.message_in(SECURITY, lambda m: m.shows("Reminder 3"))
    await control.press(CAROL, SECURITY, seen.ts, action_id="approve")
    await control.wait_for(lambda s: not any(m.buttons for m in s.messages(SECURITY)))
    await evidence.until_idle()


async def test_an_archived_security_channel_stops_the_start_and_says_what_to_do(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    await control.channel(SECURITY, is_archived=True)
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    with pytest.raises(ConfigError, match="#security is archived; unarchive it or name another"):
        async with powertrip_here(path):
            pass


async def test_what_the_security_channel_refuses_is_tried_until_it_takes_it(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.channel(SECURITY, is_archived=True)
    await sender.post(login("stranger", id="1"))
    state = await control.wait_for(lambda s: s.count("chat.postMessage") >= 2)
    assert {call["error"] for call in state.calls("chat.postMessage")} == {"is_archived"}
    assert evidence.column("SELECT error FROM delivery") == ["Slack refused: is_archived"]
    await control.channel(SECURITY, is_archived=False)
    await card_for(control, "stranger")
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1"})


async def test_what_an_archived_security_channel_refused_goes_to_the_one_named_in_a_reload(
    sandbox: SlackEmulator, running: Started, control: Control, tmp_path: Path, evidence: Evidence
) -> None:
    application, sender = running
    await control.channel(SECURITY, is_archived=True)
    await control.channel("C0NEW", name="new-security", members=[CAROL, "U0POWERTRIP"])
    await sender.post(login("stranger", id="1"))
    await control.wait_for(lambda s: s.count("chat.postMessage"))
    whole = settings(sandbox, tmp_path, slack={"security_channel": "C0NEW"})
    await application.reload(load_config(write_config(tmp_path / "config.yaml", whole), {}))
    card = await card_for(control, "stranger")
    assert card.channel == "C0NEW"
    assert card.shows("Nobody is listed for stranger")
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1"})


async def test_a_slack_that_is_away_for_a_while_changes_neither_whom_is_asked_nor_how_often(
    sandbox: SlackEmulator, sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", address="192.0.2.1", id="1"))
    await card_for(control, "192.0.2.1")
    await evidence.until_idle()
    await sandbox.stop()
    await sender.post(login("alice", address="192.0.2.2", id="2"))
    attempts = "SELECT max(attempts) FROM delivery WHERE state = 'waiting'"
    await until(lambda: (evidence.column(attempts)[0] or 0) >= 3, "three attempts")
    await sandbox.start()
    async with Control(sandbox.url) as back:
        card = await card_for(back, "192.0.2.2", patience=15)
        assert card.channel == ALICES_DM
        await back.connected()
        await back.press(ALICE, card.channel, card.ts, action_id="approve")
        await back.wait_for(lambda s: not s.message(card).buttons)
        await evidence.until_idle()
        await assert_promises_kept(evidence, back, {"1", "2"})


async def test_records_are_kept_while_slack_is_away_at_the_start_and_asked_about_when_it_is_back(
    tmp_path: Path, evidence: Evidence
) -> None:
    sandbox, port = local_slack(port=free_port()), free_port()
    process = Process(
        write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, ingest={"port": port}))
    )
    async with aiohttp.ClientSession() as session:
        sender = Sender(port, session)
        try:
            await process.start(port)
            await sender.post(login("alice", id="1"))
            status, body = await sender.get("/readyz")
            assert (status, "no socket to Slack" in body) == (503, True)
            assert evidence.number("SELECT count(*) FROM inbox WHERE judged_at IS NULL") == 1
            async with sandbox, Control(sandbox.url) as control:
                card = await card_for(control, "alice", patience=15)
                assert card.channel == ALICES_DM
                await control.connected()
                assert (await sender.get("/readyz"))[0] == 200
                await evidence.until_idle()
                await assert_promises_kept(evidence, control, {"1"})
        finally:
            await process.kill()
