"""Reasons, second persons and refusals, by button, modal and command."""

from pathlib import Path
from typing import Any

import pytest

from powertrip.pipeline.decide import REASON_LIMIT
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import ANY_RATE, Sender, asks, login, powertrip_here, settings, write_config
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
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("Restoring the backup")


async def test_whoever_submits_a_reason_too_late_reads_in_the_modal_who_was_first(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.press(CAROL, SECURITY, card.ts, action_id="deny")
    await control.wait_for(lambda s: not asks(s.message(card)))
    await control.submit(CAROL, {"text": "Restoring the backup"})
    state = await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    # A window shows no mentions, so the name stands there instead.
    assert "Carol already denied this at" in str((state.modal(CAROL) or {})["errors"])


async def test_a_reason_of_blanks_is_none(sender: Sender, control: Control) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"text": "   "})
    state = await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    assert "takes a reason" in str((state.modal(CAROL) or {})["errors"])


async def test_a_command_without_the_demanded_reason_opens_the_same_window(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    event_id = await event_id_on(control, "root")
    await control.slash(CAROL, SECURITY, f"approve {event_id}")
    await control.ephemeral_to(CAROL, lambda m: m.shows("takes a reason"))
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"text": "Restoring the backup"})
    await control.ephemeral_to(CAROL, lambda m: m.shows("You approved"))
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("Restoring the backup")
    assert state.message(card).shows("by command")


async def test_a_window_opened_where_powertrip_is_not_is_answered_in_the_direct_messages(
    sender: Sender, control: Control
) -> None:
    await control.channel("C0ELSEWHERE", name="elsewhere", members=[CAROL])
    await sender.post(login("root"))
    event_id = await event_id_on(control, "root")
    await control.slash(CAROL, "C0ELSEWHERE", f"approve {event_id}")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"text": "Restoring the backup"})
    await control.message_in("D0CAROL", lambda m: m.shows("You approved"))


async def test_a_window_that_slack_does_not_open_is_told(sender: Sender, control: Control) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    await control.fault("views.open", "error", error="expired_trigger_id")
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.ephemeral_to(CAROL, lambda m: m.shows("nothing was decided. Please try again"))


@ANY_RATE
async def test_a_click_on_the_card_of_a_lost_database_is_answered(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    async with powertrip_here(path) as (_, sender):
        await sender.post(login("alice"))
        card = await card_for(control, "alice")
    empty = settings(sandbox, tmp_path, database={"url": f"sqlite:///{tmp_path}/empty.db"})
    async with powertrip_here(write_config(path, empty)):
        await control.connected()
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        await control.ephemeral_to(ALICE, lambda m: m.shows("There is no event"))


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


async def test_the_card_names_who_decided_and_not_whom_it_is_about(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    event_id = await event_id_on(control, "alice")
    await control.slash(CAROL, SECURITY, f"approve {event_id}")
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    decided = next(line for line in state.message(card).text.splitlines() if "by command" in line)
    assert f"<@{CAROL}>" in decided
    assert ALICE not in decided


@pytest.mark.parametrize("action", ["approve", "deny"])
async def test_an_answer_silences_nothing_but_what_it_was_about(
    sender: Sender, control: Control, action: str
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id=action)
    await control.wait_for(lambda s: not asks(s.message(card)))
    await sender.post(login("alice"))
    await control.wait_for(lambda s: len(s.messages("D0ALICE")) == 2 and s.messages("D0ALICE")[1].buttons)


async def test_an_approval_that_is_not_finished_silences_nothing(sender: Sender, control: Control) -> None:
    await sender.post(login("alice", host="vault-1"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.ephemeral_to(ALICE, lambda m: m.shows("not settled yet"))
    await sender.post(login("alice", host="vault-1"))
    state = await control.wait_for(lambda s: len(s.messages("D0ALICE")) == 2)
    assert all(message.buttons for message in state.messages("D0ALICE"))


async def test_the_same_login_of_another_person_is_asked_of_that_person(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"), login("bob"), login("alice", host="db-1"))
    state = await control.wait_for(
        lambda s: len(s.messages("D0ALICE")) == 2 and len(s.messages("D0BOB")) == 1
    )
    assert all(message.buttons for message in state.messages())


@pytest.mark.parametrize("words", ["stop", "mute", "ignore all", "unsubscribe"])
async def test_nobody_can_ask_not_to_be_asked(sender: Sender, control: Control, words: str) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.slash(ALICE, card.channel, words)
    await control.ephemeral_to(ALICE, lambda m: m.shows("is not a command"))
    await sender.post(login("alice", host="db-1"))
    await control.wait_for(lambda s: any(m.shows("db-1") and m.buttons for m in s.messages(card.channel)))


async def test_a_reason_is_kept_as_typed_and_what_is_too_long_is_said_to_be_cut(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    event_id = await event_id_on(control, "alice")
    reason = 'it\'s "mine" & C:\\temp '
    await control.slash(ALICE, "D0ALICE", f"approve {event_id} {reason}{'x' * REASON_LIMIT}")
    await control.ephemeral_to(ALICE, lambda m: m.shows("Only the first 1,000 characters"))
    await control.slash(ALICE, "D0ALICE", f"show {event_id}")
    shown = await control.ephemeral_to(ALICE, lambda m: m.shows('it\'s "mine" & C:\\temp xxx'))
    assert not shown.shows("x" * (REASON_LIMIT - len(reason) + 1))


@pytest.mark.parametrize("text", ["approve {id} all good", "deny {id}"])
async def test_a_command_decides_as_the_button_does(sender: Sender, control: Control, text: str) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    event_id = await event_id_on(control, "alice")
    await control.slash(ALICE, card.channel, text.format(id=event_id))
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("by command")


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
    state = await control.wait_for(lambda s: not asks(s.message(card)))
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


async def test_a_reviewers_group_that_is_gone_keeps_nobody_from_answering_for_themselves(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.usergroup("S0SECURITY", is_disabled=True)
    await control.slash(CAROL, SECURITY, f"approve {await event_id_on(control, 'alice')}")
    await control.ephemeral_to(CAROL, lambda m: m.shows("Only the person"))
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: not asks(s.message(card)))


async def test_a_reviewer_named_by_id_decides_without_any_group(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    whole = settings(sandbox, tmp_path) | {"reviewers": {"users": [BOB]}}
    async with powertrip_here(write_config(tmp_path / "config.yaml", whole)) as (_, sender):
        await control.connected()
        await control.channel(SECURITY, members=[BOB, CAROL, "U0POWERTRIP"])
        await sender.post(login("oswaldo"))
        card = await card_for(control, "oswaldo")
        await control.press(CAROL, SECURITY, card.ts, action_id="approve")
        await control.ephemeral_to(CAROL, lambda m: m.shows("Only the person"))
        await control.press(BOB, SECURITY, card.ts, action_id="approve")
        await control.wait_for(lambda s: not asks(s.message(card)))


async def test_only_a_note_closes_a_denied_event(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    event_id = await event_id_on(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    await control.message_in(SECURITY)
    await control.slash(CAROL, SECURITY, f"close {event_id}")
    await control.ephemeral_to(CAROL, lambda m: m.shows("takes a note"))
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.slash(ALICE, card.channel, f"close {event_id} it was me after all")
    await control.ephemeral_to(ALICE, lambda m: m.shows("Only a reviewer can close"))
    await control.slash(CAROL, SECURITY, f"close {event_id} the key is revoked")
    await control.wait_for(lambda s: s.message(card).shows("the key is revoked"))
