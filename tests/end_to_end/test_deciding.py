"""Reasons, second persons and refusals, by button, modal and command."""

from typing import Any

import pytest

from powertrip.sandbox.control import Control
from tests.end_to_end.harness import Sender, login
from tests.end_to_end.test_main_path import ALICE, BOB, CAROL, SECURITY, card_for

POLICY = [
    {"when": {"user": "root"}, "require": ["reason"]},
    {"when": {"host": "vault*"}, "require": ["second_person"]},
]


@pytest.fixture
def changes() -> dict[str, Any]:
    """A policy that demands a reason for root, and a second person for the vault."""
    return {"policy": POLICY}


async def event_id_on(control: Control, words: str) -> str:
    """The id on the card that shows these words."""
    value: str = (await card_for(control, words)).buttons[0]["value"]
    return value.partition(".")[0]


async def test_a_demanded_reason_is_asked_in_a_modal_and_shown_on_the_card(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(CAROL))
    assert (await control.submit(CAROL, {"text": "Restoring the backup"})).acked
    state = await control.wait_for(lambda s: not s.message(card).buttons)
    assert state.message(card).shows("Restoring the backup")


async def test_whoever_submits_a_reason_too_late_reads_in_the_modal_who_was_first(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.press(CAROL, SECURITY, card.ts, action_id="deny")
    await control.wait_for(lambda s: not s.message(card).buttons)
    await control.submit(CAROL, {"text": "Restoring the backup"})
    state = await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    assert "already denied" in str(state.modal(CAROL))


async def test_a_denial_is_never_gated(sender: Sender, control: Control) -> None:
    await sender.post(login("root", host="vault-1"))
    card = await card_for(control, "root")
    await control.press(CAROL, SECURITY, card.ts, action_id="deny")
    await control.message_in(SECURITY, lambda m: m.shows("Denied") and m.mentions)
    assert (await control.state()).modal(CAROL) is None


async def test_one_person_cannot_be_both_of_two(sender: Sender, control: Control) -> None:
    await sender.post(login("alice", host="vault-1"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.ephemeral_to(ALICE, lambda m: m.shows("second person"))
    await control.wait_for(lambda s: s.message(card).edits)
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.ephemeral_to(ALICE, lambda m: m.shows("approved this already"))
    assert (await control.state()).message(card).buttons


@pytest.mark.parametrize("text", ["approve {id} all good", "deny {id}"])
async def test_a_command_decides_as_the_button_does(sender: Sender, control: Control, text: str) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    event_id = await event_id_on(control, "alice")
    await control.slash(ALICE, card.channel, text.format(id=event_id))
    state = await control.wait_for(lambda s: not s.message(card).buttons)
    assert state.message(card).shows("by command") or state.message(card).shows("command")


async def test_a_command_that_names_no_revision_covers_only_what_the_first_card_showed(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    await sender.post(login("alice", id="2"))
    await control.wait_for(lambda s: s.message(card).edits)
    event_id = await event_id_on(control, "alice")
    await control.slash(ALICE, card.channel, f"approve {event_id}")
    await control.ephemeral_to(ALICE, lambda m: m.shows("Not covered"))
    state = await control.wait_for(lambda s: len(s.messages(card.channel)) == 2)
    assert state.messages(card.channel)[1].buttons


async def test_a_command_with_the_revision_on_the_card_covers_all_of_it(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice", id="1"))
    card = await card_for(control, "alice")
    await sender.post(login("alice", id="2"))
    await control.wait_for(lambda s: s.message(card).edits)
    event_id = await event_id_on(control, "alice")
    await control.slash(ALICE, card.channel, f"approve {event_id}.2")
    state = await control.wait_for(lambda s: not s.message(card).buttons)
    assert len(state.messages(card.channel)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_restricted": True}, "Guests cannot"),
        ({"deleted": True}, "deactivated"),
        ({"team_id": "T0OTHER"}, "another organisation"),
        ({"is_stranger": True}, "another organisation"),
    ],
)
async def test_a_reviewer_who_is_no_full_member_any_more_decides_nothing(
    sender: Sender, control: Control, change: dict[str, Any], said: str
) -> None:
    await sender.post(login("oswaldo"))
    card = await card_for(control, "oswaldo")
    await control.user(CAROL, **change)
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.ephemeral_to(CAROL, lambda m: m.shows(said))
    assert (await control.state()).message(card).buttons


async def test_a_member_who_left_the_reviewers_group_decides_nothing(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("oswaldo"))
    card = await card_for(control, "oswaldo")
    await control.usergroup("S0SECURITY", users=[BOB])
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.ephemeral_to(CAROL, lambda m: m.shows("Only the person"))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"is_restricted": True}, "guest"), ({"deleted": True}, "deactivated")],
)
async def test_a_mapped_person_who_cannot_be_asked_leads_to_the_channel_saying_why(
    sender: Sender, control: Control, change: dict[str, Any], said: str
) -> None:
    await control.user(ALICE, **change)
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    assert card.channel == SECURITY
    assert card.shows(said)


async def test_only_a_note_closes_a_denied_event(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    event_id = await event_id_on(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    await control.message_in(SECURITY)
    await control.slash(CAROL, SECURITY, f"close {event_id}")
    await control.ephemeral_to(CAROL, lambda m: m.shows("takes a note"))
    await control.slash(ALICE, card.channel, f"close {event_id} it was me after all")
    await control.ephemeral_to(ALICE, lambda m: m.shows("Only a reviewer can close"))
    await control.slash(CAROL, SECURITY, f"close {event_id} the key is revoked")
    await control.wait_for(lambda s: s.message(card).shows("the key is revoked"))
