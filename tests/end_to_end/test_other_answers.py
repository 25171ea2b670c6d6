"""`Not sure` and `My agent or script…`, from every card and by command, against the local Slack."""

from pathlib import Path
from typing import Any

import pytest

from slack_emulator import SlackEmulator
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.harness import Sender, login, powertrip_here, settings, write_config
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY, card_for

MENU = "other_answers"
DANA = "U0DANA"
"""No reviewer."""
POLICY = [
    {"when": {"user": "root"}, "require": ["reason"]},
    {"when": {"host": "vault*"}, "require": ["second_person"]},
]


@pytest.fixture
def changes() -> dict[str, Any]:
    """A policy that demands a reason for root, and a second person for the vault; and one reviewer."""
    return {"policy": POLICY, "reviewers": {"group": None, "users": [CAROL]}}


def ref_on(card: SeenMessage) -> str:
    return str(card.buttons[0]["value"])


async def choose(control: Control, who: str, card: SeenMessage, answer: str) -> None:
    """Open the menu of a card and choose."""
    await control.press(who, card.channel, card.ts, action_id=MENU, value=f"{answer} {ref_on(card)}")


async def test_not_sure_reaches_security_within_ten_seconds_and_both_cards_can_still_be_decided(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await choose(control, ALICE, card, "unsure")
    told = await control.message_in(SECURITY, lambda m: m.shows("Alice is not sure"), timeout=10.0)
    assert told.mentions == []
    assert told.buttons
    await control.ephemeral_to(ALICE, lambda m: m.shows("nothing is decided"))
    state = await control.wait_for(lambda s: s.message(card).shows("You are not sure"))
    assert state.message(card).buttons
    await choose(control, ALICE, card, "unsure")
    await control.ephemeral_to(ALICE, lambda m: m.shows("You said at"))
    await control.press(CAROL, SECURITY, told.ts, action_id="approve")
    state = await control.wait_for(lambda s: not s.message(card).buttons and not s.message(told).buttons)
    assert all(state.message(each).shows("Approved by Carol") for each in (card, told))
    assert all(state.message(each).shows("Not sure") for each in (card, told))
    await control.press(
        ALICE, card.channel, card.ts, action_id=MENU, value=f"unsure {ref_on(card)}", stale=True
    )
    await control.ephemeral_to(ALICE, lambda m: m.shows("already approved"))


async def test_an_agent_is_named_in_a_window_and_on_the_card_and_reviewers_are_told_how_to_list_it(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await choose(control, ALICE, card, "agent")
    await control.wait_for(lambda s: s.modal(ALICE))
    assert (await control.submit(ALICE, {"name": "nightly-backup", "choice": "yes"})).acked
    state = await control.wait_for(lambda s: not s.message(card).buttons)
    assert state.message(card).shows("Approved by Alice for the agent or script nightly-backup")
    assert state.message(card).shows("still runs")
    note = await control.message_in(SECURITY, lambda m: m.shows("acts as alice"))
    assert note.shows("bot: true")


async def test_an_agent_lowers_nothing_that_the_policy_requires(sender: Sender, control: Control) -> None:
    await sender.post(login("root", host="vault-1"))
    card = await card_for(control, "root")
    await choose(control, DANA, card, "agent")
    await control.ephemeral_to(DANA, lambda m: m.shows("Only the person this event is about"))
    await choose(control, CAROL, card, "agent")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"name": "  ", "choice": "no", "text": "Planned"})
    await control.wait_for(lambda s: "takes its name" in str((s.modal(CAROL) or {}).get("errors")))
    await control.submit(CAROL, {"name": "deploy", "choice": "no", "text": "Planned"})
    state = await control.wait_for(lambda s: s.message(card).shows("Approved by"))
    assert state.message(card).shows("A second person has to approve it too")


@pytest.mark.parametrize(("typed", "words"), [("unsure", "You are not sure"), ("agent", "deploy <1>")])
async def test_the_same_is_typed(sender: Sender, control: Control, typed: str, words: str) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    event_id = ref_on(card).partition(".")[0]
    await control.slash(ALICE, card.channel, typed)
    await control.ephemeral_to(ALICE, lambda m: m.shows("id of the event is missing"))
    await control.slash(ALICE, card.channel, f"{typed} {event_id}{' deploy <1>' if typed == 'agent' else ''}")
    await control.wait_for(lambda s: s.message(card).shows(words))


async def test_a_typed_agent_without_a_name_opens_the_window(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.slash(ALICE, card.channel, f"agent {ref_on(card)}")
    await control.ephemeral_to(ALICE, lambda m: m.shows("window that has opened"))
    await control.wait_for(lambda s: s.modal(ALICE))


async def test_the_reminder_and_the_copy_have_the_menu_and_no_nudge_follows_a_doubt(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {
        "reminders": {"remind_after": "1s", "remind_every": "1s"},
        "also_tell": [{"channel": SECURITY}],
    }
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path) as (_, sender):
        await sender.post(login("alice"))
        card = await card_for(control, "Was this you")
        await choose(control, ALICE, card, "unsure")
        reminder = await control.message_in(SECURITY, lambda m: m.shows("Reminder 2"))
        copy = await control.message_in(SECURITY, lambda m: not m.shows("Reminder"))
        for message in (reminder, copy):
            assert message.shows("My agent or script")
            assert message.shows("Alice is not sure") or message.shows("Not sure")
        assert len((await control.state()).messages(card.channel)) == 1
        await choose(control, CAROL, reminder, "unsure")
        await control.wait_for(lambda s: s.message(card).shows(CAROL))
