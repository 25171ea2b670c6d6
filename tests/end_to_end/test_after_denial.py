"""After No: the person reads what is true, and two people can find that it was them after all."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from powertrip.net import utc_now
from powertrip.store.database import open_database
from powertrip.store.history.verify import verify
from slack_emulator import SlackEmulator
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.evidence import Evidence, until
from tests.end_to_end.harness import (
    ALICES_DM,
    ANY_RATE,
    Sender,
    login,
    powertrip_here,
    settings,
    write_config,
)
from tests.end_to_end.test_backup import Pager, pager
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY, card_for

__all__ = ["pager"]

DANA = "U0DANA"
NOT_ME = {"phone": "+49 30 901820", "checklist": {"ssh_*": ["Call her.", "End the session."]}}


@pytest.fixture
def changes(pager: Pager) -> dict[str, Any]:
    """A list, a phone number, and a backup channel that is used at once."""
    channels = {"pager": {"url": f"json://127.0.0.1:{pager.port}/page"}}
    return {
        "not_me": NOT_ME,
        "backup": {"after": "1s", "channels": channels},
    }


async def denied(sender: Sender, control: Control) -> SeenMessage:
    """Alice's login, which she denied in her direct messages."""
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    return card


async def alert(control: Control, words: str = "Denied by Alice") -> SeenMessage:
    """The call to the reviewers."""
    return await control.message_in(SECURITY, lambda m: m.shows(words))


async def event_of(control: Control, card: SeenMessage) -> str:
    """Its event's id."""
    value: str = (await control.state()).message(card).buttons[0]["value"]
    return value.partition(".")[0]


async def assert_whole(tmp_path: Path) -> None:
    """The history fits all that is kept."""
    opened = open_database(f"sqlite:///{tmp_path}/powertrip.db")
    with opened.connection_context():
        assert verify(opened, utc_now()).faults == {}


async def test_it_was_me_after_all_takes_a_reason_and_a_second_person(
    sender: Sender, control: Control, tmp_path: Path
) -> None:
    card = await denied(sender, control)
    await control.wait_for(lambda s: s.message(card).shows("Security was told in Slack"))
    assert (await control.state()).message(card).shows("+49 30 901820")
    await control.press(ALICE, card.channel, card.ts, action_id="claim")
    await control.wait_for(lambda s: s.modal(ALICE))
    assert (await control.submit(ALICE, {"follow_up_text": "My own <!channel> script."})).acked
    told = await alert(control, "Alice says it was them after all")
    assert "<!channel>" not in told.text
    state = await control.wait_for(lambda s: s.message(card).shows("You said that it was you after all"))
    assert not state.message(card).buttons
    # She is no second person, whichever way she tries.
    event_id = await event_of(control, told)
    await control.slash(ALICE, ALICES_DM, f"approve {event_id} it was me")
    await control.ephemeral_to(ALICE, lambda m: m.shows("a reviewer who has not denied it"))

    await control.press(CAROL, SECURITY, told.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"text": "She called me."})

    state = await control.wait_for(lambda s: s.message(card).shows("Approved by Carol"))
    assert state.message(card).shows("My own")
    await Evidence(f"sqlite:///{tmp_path}/powertrip.db").until_idle()
    await assert_whole(tmp_path)


async def test_one_of_two_reviewers_has_it_ticks_notes_and_closes(
    sender: Sender, control: Control, tmp_path: Path
) -> None:
    card = await denied(sender, control)
    told = await alert(control)
    event_id = await event_of(control, told)
    await asyncio.gather(
        control.press(CAROL, SECURITY, told.ts, action_id="own"),
        control.press(DANA, SECURITY, told.ts, action_id="own"),
    )
    state = await control.wait_for(lambda s: s.message(card).shows("has this, since"))
    owner = next(
        user for user in (DANA, CAROL) if f"<@{user}>" in state.message(card).text.split("has this")[0][-30:]
    )
    other = DANA if owner == CAROL else CAROL
    await control.ephemeral_to(other, lambda m: m.shows("has it, since"))
    # Nobody else is called for a denial that somebody has.
    await control.wait_for(lambda s: not s.message(told).shows("please look."))

    await control.press(other, SECURITY, told.ts, action_id="tick_1")
    await control.wait_for(lambda s: s.message(told).shows("1 of 2 done"))
    # Who presses what was ticked meanwhile hears by whom.
    await control.press(owner, SECURITY, told.ts, action_id="tick_1", value=f"{event_id}.1 on", stale=True)
    await control.ephemeral_to(owner, lambda m: m.shows("ticked this at"))
    await control.slash(other, SECURITY, f'note {event_id} He\'s in "room 7" <@{ALICE}>')
    await control.wait_for(lambda s: s.message(told).shows('He\'s in "room 7"'))
    await control.press(owner, SECURITY, told.ts, action_id="note")
    await control.wait_for(lambda s: s.modal(owner))
    await control.submit(owner, {"follow_up_text": "Key revoked."})
    await control.wait_for(lambda s: s.message(told).shows("Key revoked."))
    await control.press(owner, SECURITY, told.ts, action_id="close")
    await control.wait_for(lambda s: s.modal(owner))
    await control.submit(owner, {"text": "The rest is for the ticket."})

    state = await control.wait_for(lambda s: s.message(card).shows("Closed by"))
    assert not state.message(card).shows("Key revoked.")
    # What is closed is not taken on any more.
    await control.press(other, SECURITY, told.ts, action_id="own", value=f"{event_id}.1 -", stale=True)
    await control.ephemeral_to(other, lambda m: m.shows("already closed this"))
    await Evidence(f"sqlite:///{tmp_path}/powertrip.db").until_idle()
    await assert_whole(tmp_path)


async def test_whoever_is_no_reviewer_changes_nothing(sender: Sender, control: Control) -> None:
    await control.channel(SECURITY, members=[ALICE, CAROL, DANA, "U0POWERTRIP"])
    await denied(sender, control)
    told = await alert(control)
    event_id = await event_of(control, told)
    await control.press(ALICE, SECURITY, told.ts, action_id="own")
    await control.ephemeral_to(ALICE, lambda m: m.shows("Only reviewers can have a denied event"))
    await control.slash(ALICE, SECURITY, f"note {event_id} nothing to see")
    await control.ephemeral_to(ALICE, lambda m: m.shows("Only reviewers can note"))
    await control.press(ALICE, SECURITY, told.ts, action_id="note")
    await control.wait_for(
        lambda s: sum(m.shows("Only reviewers can note") for m in s.ephemerals(ALICE)) == 2
    )
    assert not (await control.state()).message(told).shows("nothing to see")


@ANY_RATE
async def test_each_sentence_is_true_while_slack_takes_nothing_for_the_security_channel(
    sandbox: SlackEmulator, control: Control, pager: Pager, tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path) as (_, sender):
        await control.connected()
        await sender.post(login("alice"))
        card = await card_for(control, "alice")
        await control.channel(SECURITY, is_archived=True)
        await control.press(ALICE, card.channel, card.ts, action_id="deny")
        await control.wait_for(lambda s: s.message(card).shows("Security is being told; Slack has not taken"))
        await until(lambda: pager.alarms, "the backup channel is told", 30)
        assert "Status: denied" in pager.alarms[0]
        await control.wait_for(lambda s: s.message(card).shows("They were told by pager"))
        assert not any(
            "Security was told in Slack" in m.text for m in (await control.state()).messages(card.channel)
        )
    # A restart forgets none of it.
    async with powertrip_here(path):
        await control.connected()
        await control.channel(SECURITY, is_archived=False)
        await alert(control)
        state = await control.wait_for(lambda s: s.message(card).shows("Security was told in Slack"))
        assert not state.message(card).shows("has not taken")
