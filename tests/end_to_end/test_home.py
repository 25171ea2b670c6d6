"""The Home tab against the local Slack: what it shows whom, what its buttons do, when it is drawn anew."""

from datetime import timedelta
from typing import Any

import pytest

from powertrip import cards
from powertrip.store import homes
from slack_emulator.control import Control
from slack_emulator.entities import Json
from slack_emulator.seen import State
from tests.end_to_end.harness import Sender, login
from tests.end_to_end.test_commands import answer
from tests.end_to_end.test_expectations import announced
from tests.end_to_end.test_main_path import ALICE, BOB, CAROL, card_for

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def changes() -> dict[str, Any]:
    """Expectations without tickets; a reason for one host, and a proof for another."""
    policy = [
        {"when": {"host": "vault*"}, "require": ["reason"]},
        {"when": {"host": "safe*"}, "require": ["typed_host"]},
    ]
    return {"expectations": {"enabled": True}, "policy": policy}


def shown(state: State, user: str) -> str:
    """All that the Home tab of somebody says, in one piece."""
    return str((state.home(user) or {}).get("blocks", ""))


def pressable(state: State, user: str) -> list[Json]:
    blocks = (state.home(user) or {}).get("blocks", [])
    return [each for block in blocks if block["type"] == "actions" for each in block["elements"]]


async def opened(control: Control, user: str, *words: str) -> State:
    """Open somebody's Home tab, and wait until it says all these words."""
    await control.open_home(user)
    return await control.wait_for(lambda s: s.home(user) and all(word in shown(s, user) for word in words))


async def press(control: Control, state: State, user: str, action_id: str, value: str = "") -> None:
    home = state.home(user)
    assert home is not None
    button = next(b for b in pressable(state, user) if b["action_id"] == action_id and value in str(b))
    outcome = await control.press_in_view(user, home["id"], action_id=action_id, value=button["value"])
    assert outcome.acked


async def test_alice_decides_at_home_and_every_copy_tells_the_truth(sender: Sender, control: Control) -> None:
    await opened(control, ALICE, "Nothing waits for you", "There was nothing of yours")
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    state = await opened(control, ALICE, "1 question waits for you", "bastion-1")
    assert [each["action_id"] for each in pressable(state, ALICE)] == ["approve", "deny", "other_answers"]
    assert "For reviewers" not in shown(state, ALICE)

    await press(control, state, ALICE, "approve")
    state = await control.wait_for(
        lambda s: "You approved" in shown(s, ALICE) and s.message(card).shows("Approved by Alice")
    )
    for words in ("Nothing waits for you", "Your last 24 hours", "approved by Alice"):
        assert words in shown(state, ALICE), words
    assert pressable(state, ALICE) == []
    # Told there, and nowhere else.
    assert state.ephemerals(ALICE) == []
    assert len(state.messages(card.channel)) == 1


async def test_a_click_on_a_stale_home_is_told_what_was_decided(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    stale = await opened(control, ALICE, "1 question waits for you")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    await control.wait_for(lambda s: s.message(card).shows("Denied"))
    await press(control, stale, ALICE, "approve")
    await control.wait_for(lambda s: "already denied" in shown(s, ALICE))


async def test_while_slack_draws_no_home_a_click_on_it_counts_and_is_answered_in_the_direct_messages(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    state = await opened(control, ALICE, "1 question waits for you")
    await control.fault("views.publish", "error")
    await press(control, state, ALICE, "approve")
    told = await control.message_in(card.channel, lambda m: m.shows("You approved"))
    assert told.buttons == []
    await control.wait_for(lambda s: s.message(card).shows("Approved by Alice"))


async def test_an_approval_that_takes_a_reason_is_given_in_a_window_and_answered_at_home(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice", host="vault-1"))
    await card_for(control, "vault-1")
    state = await opened(control, ALICE, "vault-1")
    await press(control, state, ALICE, "approve")
    await control.wait_for(lambda s: s.modal(ALICE))
    await control.submit(ALICE, {"text": "rotating keys"})
    await control.wait_for(lambda s: "You approved" in shown(s, ALICE))


async def test_an_approval_that_takes_a_proof_is_proven_in_a_window_and_answered_at_home(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice", host="safe-1"))
    await card_for(control, "safe-1")
    state = await opened(control, ALICE, "safe-1")
    await press(control, state, ALICE, "approve")
    await control.wait_for(lambda s: s.modal(ALICE))
    await control.submit(ALICE, {cards.PROOF_INPUT: "safe-1"})
    await control.wait_for(lambda s: "You approved" in shown(s, ALICE))


async def test_not_sure_and_the_agent_are_on_the_home_tab_too(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    await card_for(control, "alice")
    state = await opened(control, ALICE, "1 question waits for you")
    home = state.home(ALICE)
    assert home is not None
    menu = next(each for each in pressable(state, ALICE) if each["action_id"] == "other_answers")
    unsure, agent = (option["value"] for option in menu["options"])
    await control.press_in_view(ALICE, home["id"], action_id="other_answers", value=unsure)
    state = await control.wait_for(lambda s: "You are not sure" in shown(s, ALICE))
    await control.press_in_view(ALICE, home["id"], action_id="other_answers", value=agent)
    await control.wait_for(lambda s: s.modal(ALICE))
    await control.submit(ALICE, {"name": "nightly-backup", "choice": "yes"})
    await control.wait_for(lambda s: "For an agent or script" in shown(s, ALICE))


async def test_what_alice_announced_ends_at_home(sender: Sender, control: Control) -> None:
    name = await announced(control, CAROL, f"<@{ALICE}|alice> ssh web-1 1h certificates", "✅ Expected")
    await sender.post(login("alice", host="web-1"))
    state = await opened(control, ALICE, "Work of alice", name, "1 of at most 200 records")
    assert "Work of" not in shown(await opened(control, BOB, "Nothing waits"), BOB)
    await press(control, state, ALICE, "home:end", name)
    state = await control.wait_for(lambda s: "Ended: nothing is expected" in shown(s, ALICE))
    assert "Work of alice" not in shown(state, ALICE)
    await answer(control, CAROL, "expectations", "Nothing is expected now")


async def test_reviewers_see_the_queue_and_nobody_else_does(sender: Sender, control: Control) -> None:
    await sender.post(login("alice", host="web-1"), login("oswaldo", host="db-1"))
    await card_for(control, "db-1")
    state = await opened(
        control, CAROL, "For reviewers: 2 events wait", "web-1", "db-1", "medium", "Versions"
    )
    assert {each["action_id"] for each in pressable(state, CAROL)} == {"approve", "deny", "other_answers"}
    assert "db-1" not in shown(await opened(control, ALICE, "1 question waits"), ALICE)
    assert "web-1" not in shown(await opened(control, BOB, "Nothing waits for you"), BOB)
    await press(control, state, CAROL, "deny", "db-1")
    state = await control.wait_for(lambda s: "You denied" in shown(s, CAROL))
    assert "close" in [each["action_id"] for each in pressable(state, CAROL)]
    await press(control, state, CAROL, "own")
    state = await control.wait_for(lambda s: "You have this now" in shown(s, CAROL))
    assert "Carol has this" in shown(state, CAROL)
    assert "own" not in [each["action_id"] for each in pressable(state, CAROL)]


async def test_an_open_home_follows_what_happens(
    sender: Sender, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "LOOKED_AT_EVERY", timedelta(milliseconds=100))
    await opened(control, ALICE, "Nothing waits for you")
    await sender.post(login("alice", host="web-1"))
    await control.wait_for(lambda s: "1 question waits for you" in shown(s, ALICE))


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ({"is_restricted": True}, "Guests cannot decide"),
        ({"is_stranger": True}, "Members of another organisation"),
        ({"deleted": True}, "deactivated"),
    ],
    ids=["guest", "outsider", "deactivated"],
)
async def test_who_is_no_member_sees_an_empty_page_that_says_why(
    sender: Sender, control: Control, who: dict[str, Any], why: str
) -> None:
    await control.user(BOB, **who)
    await sender.post(login("bob", host="web-1"))
    await card_for(control, "web-1")
    state = await opened(control, BOB, "Powertrip shows you nothing", why)
    assert "web-1" not in shown(state, BOB)
