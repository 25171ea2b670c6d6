"""A login is posted, somebody is asked in Slack, and what they answer is what everybody sees."""

import asyncio
from datetime import timedelta

import pytest

from powertrip.runtime import loops
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.harness import ALICES_DM, BOBS_DM, Sender, asks, login

SECURITY = "C0SECURITY"
ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"


# What the article "Going on a Powertrip" says that the logging provider sends, as printed but for the quotes
# that make it JSON: it has no `hostname`, no `program`, and a blank at the end of each line.
ARTICLES_BODY = b"""{ 
  "payload": { 
    "events": [ 
      { 
        "id": 123, 
        "message": "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2", 
        "received_at": "2020-09-01T01:02:03Z", 
        "source_name": "bastion.test" 
      } 
    ] 
  } 
}"""  # noqa: W291


async def card_for(control: Control, words: str) -> SeenMessage:
    """The first card, wherever it is, that shows these words."""
    state = await control.wait_for(lambda s: any(m.shows(words) and m.buttons for m in s.messages()))
    return next(m for m in state.messages() if m.shows(words) and m.buttons)


async def test_a_mapped_person_is_asked_in_a_direct_message(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    assert card.channel == ALICES_DM
    for words in ("Was this you", "bastion-1", "192.0.2.10", "publickey", "SHA256:"):
        assert card.shows(words), words
    assert {button["action_id"] for button in card.buttons} == {"approve", "deny"}
    assert (await control.state()).messages(SECURITY) == []


async def test_a_person_known_by_email_is_asked_in_a_direct_message(sender: Sender, control: Control) -> None:
    await sender.post(login("bob"))
    assert (await card_for(control, "bob")).channel == BOBS_DM


async def test_the_articles_webhook_asks_in_the_security_channel_because_oswaldo_is_a_bot(
    sender: Sender, control: Control
) -> None:
    await sender.post(source="papertrail", raw=ARTICLES_BODY)
    card = await card_for(control, "oswaldo")
    assert card.channel == SECURITY
    for words in ("bastion.test", "10.0.0.1", "2020-09-01 01:02:03", "bot", "Platform"):
        assert card.shows(words), words


@pytest.fixture
def prompt_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens every few seconds happens sooner."""
    monkeypatch.setattr(loops, "SLOW_TICK", timedelta(milliseconds=200))


@pytest.mark.usefixtures("prompt_reports")
async def test_a_login_under_a_key_that_is_not_configured_is_heard_of_in_the_security_channel(
    sender: Sender, control: Control
) -> None:
    record = login("alice")
    await sender.post({"msgg": record.pop("message")} | record)
    state = await control.wait_for(lambda s: any(m.shows("quarantine") for m in s.messages(SECURITY)))
    [notice] = state.messages(SECURITY)
    assert notice.shows("1 record")


async def test_an_unmapped_user_is_asked_about_in_the_security_channel(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("stranger"))
    card = await card_for(control, "stranger")
    assert card.channel == SECURITY


async def test_an_approval_is_shown_on_the_card_and_told_to_the_one_who_clicked(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    outcome = await control.press(ALICE, card.channel, card.ts, action_id="approve")
    assert outcome.acked
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("Approved")
    assert (await control.ephemeral_to(ALICE)).shows("✅ You approved")


async def test_a_denial_is_told_to_the_security_channel_with_the_reviewers_mentioned(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    alert = await control.message_in(SECURITY)
    assert CAROL in alert.mentions
    assert [button["action_id"] for button in alert.buttons][-1] == "close"
    assert not asks(alert)
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("enied")


async def test_a_denied_event_is_closed_by_a_reviewer_with_a_note(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    alert = await control.message_in(SECURITY)
    await control.press(CAROL, SECURITY, alert.ts, action_id="close")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"text": "Her laptop was stolen; the key is revoked."})
    state = await control.wait_for(lambda s: s.message(alert).shows("the key is revoked"))
    assert not state.message(alert).buttons


async def test_the_same_login_again_joins_the_open_card(sender: Sender, control: Control) -> None:
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    await sender.post(login("alice", id="2"))
    state = await control.wait_for(lambda s: s.message(card).edits)
    assert state.message(card).shows("twice")
    assert len(state.messages()) == 1


async def test_a_repeated_record_is_asked_about_once(sender: Sender, control: Control) -> None:
    await sender.post(login("alice", id="1"))
    assert (await sender.post(login("alice", id="1")))["duplicates"] == 1
    card = await card_for(control, "alice")
    await sender.post(login("bob", id="2"))
    await card_for(control, "bob")
    assert (await control.state()).message(card).edits == 0


async def test_an_occurrence_that_came_after_the_card_was_shown_is_not_approved_by_it(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    shown = card.buttons[0]["value"]
    await sender.post(login("alice", id="2"))
    await control.wait_for(lambda s: s.message(card).edits)
    await control.press(ALICE, card.channel, card.ts, action_id="approve", value=shown, stale=True)
    state = await control.wait_for(lambda s: len(s.messages(card.channel)) == 2)
    first, rest = state.messages(card.channel)
    assert rest.buttons
    state = await control.wait_for(lambda s: not asks(s.message(first)))
    assert state.message(rest).buttons
    assert (await control.ephemeral_to(ALICE)).shows("Not covered")


async def test_two_who_click_at_once_make_one_decision_and_both_are_answered(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("oswaldo"))
    await control.user("U0DORA", name="dora", real_name="Dora")
    await control.usergroup("S0SECURITY", users=[CAROL, "U0DORA"])
    await control.channel(SECURITY, members=[CAROL, "U0DORA", "U0POWERTRIP"])
    card = await card_for(control, "oswaldo")
    await asyncio.gather(
        control.press(CAROL, SECURITY, card.ts, action_id="approve"),
        control.press("U0DORA", SECURITY, card.ts, action_id="deny"),
    )
    answers = [await control.ephemeral_to(user) for user in (CAROL, "U0DORA")]
    assert sum(answer.shows("already") for answer in answers) == 1


async def test_an_outsider_and_a_guest_are_told_that_they_may_not(sender: Sender, control: Control) -> None:
    await control.channel(SECURITY, members=[ALICE, BOB, CAROL, "U0POWERTRIP"])
    await control.user(ALICE, is_restricted=True)
    await sender.post(login("oswaldo"))
    card = await card_for(control, "oswaldo")
    await control.press(BOB, SECURITY, card.ts, action_id="approve")
    await control.press(ALICE, SECURITY, card.ts, action_id="deny")
    assert (await control.ephemeral_to(BOB)).shows("Only the person this event is about")
    assert (await control.ephemeral_to(ALICE)).shows("Guests cannot")
    assert (await control.state()).message(card).buttons


async def test_the_backlog_and_the_socket_are_seen_from_outside(sender: Sender) -> None:
    assert (await sender.get("/healthz"))[0] == 200
    status, body = await sender.get("/readyz")
    assert (status, '"ready": true' in body) == (200, True)
    assert "powertrip_records_accepted_total" in (await sender.get("/metrics"))[1]


async def test_the_way_to_the_first_notice_is_timed_once_an_event(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: not asks(s.message(card)))
    assert "powertrip_time_to_notice_seconds_count 1.0" in (await sender.get("/metrics"))[1]


async def test_a_password_from_the_address_of_an_open_login_by_key_is_asked_about_anew(
    sender: Sender, control: Control
) -> None:
    by_key = login("alice")
    by_password = by_key | {"message": "Accepted password for alice from 192.0.2.10 port 50000 ssh2"}
    await sender.post(by_key)
    card = await card_for(control, "publickey")
    await sender.post(by_password)
    other = await card_for(control, "password")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(other).buttons
