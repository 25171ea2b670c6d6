"""Nobody answers: what the security channel sees, and how often."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import ANY_RATE, Sender, asks, login, powertrip_here, settings, write_config
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY, card_for

AT_ONCE = 3.0
"""Seconds; less than the sweep for reminders would take to come by itself."""
OFTEN = {"remind_after": "1s", "remind_every": "1s", "mention_after": 2}


@pytest.fixture
def changes() -> dict[str, Any]:
    """Reminders every second."""
    return {"reminders": OFTEN}


async def test_the_security_channel_is_reminded_also_of_a_persons_event(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    reminder = await control.message_in(SECURITY)
    assert reminder.shows("Reminder 1")
    assert reminder.shows("bastion-1")
    assert reminder.thread_ts == ""
    assert {button["action_id"] for button in reminder.buttons} == {"approve", "deny"}


async def test_a_new_reminder_replaces_the_one_before_and_then_calls_the_reviewers(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    first = await control.message_in(SECURITY, lambda m: m.shows("Reminder 1"))
    assert first.mentions == []
    second = await control.message_in(SECURITY, lambda m: m.shows("Reminder 2"))
    assert CAROL in second.mentions
    await control.wait_for(lambda s: s.message(first).deleted)


async def test_a_reminder_in_the_channel_that_was_asked_first_links_to_the_card(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("oswaldo"))
    card = await card_for(control, "oswaldo")
    reminder = await control.message_in(SECURITY, lambda m: m.shows("Reminder 1"))
    assert reminder.shows(f"/archives/{SECURITY}/p{card.ts.replace('.', '')}")


# A second one would take the first away, which is about to be pressed.
@pytest.mark.parametrize("changes", [{"reminders": {"remind_after": "1s", "remind_every": "1h"}}])
async def test_a_decision_ends_the_reminders_and_is_shown_on_the_last_one(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    reminder = await control.message_in(SECURITY)
    await control.press(CAROL, SECURITY, reminder.ts, action_id="approve")
    state = await control.wait_for(lambda s: not asks(s.message(card)) and not asks(s.message(reminder)))
    assert all(state.message(copy).shows("Approved") for copy in (card, reminder))


async def test_a_denied_event_is_reminded_of_until_it_is_closed(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    reminder = await control.message_in(SECURITY, lambda m: m.shows("Reminder"))
    assert [button["action_id"] for button in reminder.buttons][-1] == "close"
    assert not asks(reminder)


async def test_the_person_is_nudged_once_in_their_direct_messages_and_can_answer_there(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    nudge = await control.message_in(card.channel, lambda m: m.shows("Still no answer from you"))
    await control.message_in(SECURITY, lambda m: m.shows("Reminder 3"))
    assert len((await control.state()).messages(card.channel)) == 2
    await control.press(ALICE, nudge.channel, nudge.ts, action_id="approve")
    state = await control.wait_for(lambda s: not asks(s.message(card)) and not asks(s.message(nudge)))
    assert state.message(nudge).shows("No answer is needed any more")


async def test_those_due_together_come_as_one_list_each_decided_on_its_own(
    sender: Sender, control: Control
) -> None:
    await sender.post(*(login("alice", host=f"web-{number}") for number in range(5)))
    listed = await control.message_in(SECURITY, lambda m: all(m.shows(f"web-{n}") for n in range(5)))
    approve = next(button for button in listed.buttons if button["action_id"] == "approve")
    await control.press(CAROL, SECURITY, listed.ts, action_id="approve", value=approve["value"])
    event_id = approve["value"].partition(".")[0]

    def decided(state: Any) -> bool:
        live = [m for m in state.messages(SECURITY) if m.buttons]
        return bool(live) and not any(event_id in b["value"] for m in live for b in m.buttons)

    state = await control.wait_for(decided)
    live = [m for m in state.messages(SECURITY) if m.buttons]
    assert len({button["value"].partition(".")[0] for m in live for button in m.buttons}) == 4


@ANY_RATE
async def test_thirty_overdue_after_a_restart_are_one_message(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    async with powertrip_here(path) as (_, sender):
        await sender.post(*(login("alice", host=f"web-{number}") for number in range(30)))
        await control.wait_for(lambda s: len(s.messages("D0ALICE")) == 30)
    assert (await control.state()).messages(SECURITY) == []
    with closing(sqlite3.connect(tmp_path / "powertrip.db")) as database, database:
        database.execute("UPDATE event SET next_reminder_at = next_reminder_at - 7200 * 1000000")
    async with powertrip_here(path):
        overdue = await control.message_in(SECURITY)
        assert overdue.shows("30")
    assert len((await control.state()).messages(SECURITY)) == 1


async def test_a_half_approved_event_asks_the_channel_for_the_second_person_at_once(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    policy = [{"when": {"host": "bastion*"}, "require": ["second_person"]}]
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, policy=policy))
    async with powertrip_here(path) as (_, sender):
        await sender.post(login("alice"))
        card = await card_for(control, "alice")
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        asked = await control.message_in(SECURITY, timeout=AT_ONCE)
        assert asked.shows("Approved by Alice, one more person is needed")
        assert CAROL in asked.mentions
        assert not asked.shows("Reminder")
        await control.press(CAROL, SECURITY, asked.ts, action_id="approve")
        state = await control.wait_for(lambda s: not asks(s.message(card)))
        assert state.message(card).shows("Approved")
