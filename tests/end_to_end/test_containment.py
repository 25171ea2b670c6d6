"""Containment: nothing happens by itself, what is pressed is done once, said, and undone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from slack_emulator.control import Control, SeenMessage
from tests.containment.outside import HOOK_SECRET, Outside, outside
from tests.end_to_end.evidence import Evidence, until
from tests.end_to_end.harness import ALICES_DM, ANY_RATE, BOBS_DM, Sender, login
from tests.end_to_end.scene import scene_in
from tests.end_to_end.test_after_denial import alert, assert_whole
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY, card_for

DANA = "U0DANA"


@pytest.fixture
async def world() -> AsyncIterator[Outside]:
    """Whoever is called."""
    async with outside() as opened:
        yield opened


@pytest.fixture
def changes(world: Outside) -> dict[str, Any]:
    """Two actions by webhook."""
    hook = {"type": "webhook", "url": f"{world.url}/hook", "secret": HOOK_SECRET, "rules": "ssh_*"}
    lock = hook | {"says": "Lock {user_name} on {host_name}", "undo": "Unlock {user_name}", "lasts": "1h"}
    page = hook | {"says": "Isolate {host_name}", "undo": "Let {host_name} in again"}
    return {"containment": {"actions": {"lock": lock, "isolate": page}}}


def label_of(control_state: Any, message: SeenMessage, label: str) -> dict[str, Any] | None:
    """The button that says so."""
    found = control_state.message(message)
    return next((each for each in found.buttons if label in each["text"]["text"]), None)


async def press(control: Control, user: str, told: SeenMessage, label: str) -> dict[str, Any]:
    """Press the button that says so, once it is there."""
    state = await control.wait_for(lambda s: label_of(s, told, label))
    button = label_of(state, told, label)
    assert button is not None
    outcome = await control.press(
        user, told.channel, told.ts, action_id=button["action_id"], value=button["value"]
    )
    assert outcome.acked
    return button


@ANY_RATE
async def test_what_a_reviewer_presses_is_done_and_undone(
    sender: Sender, control: Control, world: Outside, tmp_path: Path
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    told = await alert(control)
    button = await press(control, CAROL, told, "Lock alice on bastion-1 for 1 h")
    state = await control.wait_for(lambda s: s.message(told).shows("Lock alice on bastion-1 for 1 h: done"))
    (hook,) = world.hooks
    assert (hook["do"], hook["user_name"], hook["host_name"]) == ("contain", "alice", "bastion-1")
    assert hook["until"]
    assert label_of(state, told, "Lock alice on") is None
    # The same click once more, from a client that has not seen the card redrawn.
    await control.press(
        DANA, SECURITY, told.ts, action_id=button["action_id"], value=button["value"], stale=True
    )
    await control.ephemeral_to(DANA, lambda m: m.shows("pressed this at"))
    # The person's own message says nothing of it.
    assert not (await control.state()).message(card).shows("Lock alice")

    await press(control, DANA, told, "Unlock alice")
    await control.wait_for(lambda s: s.message(told).shows("Unlock alice: done"))
    assert [each["do"] for each in world.hooks] == ["contain", "undo"]
    assert world.hooks[1]["undoes"] == hook["key"]
    await Evidence(f"sqlite:///{tmp_path}/powertrip.db").until_idle()
    await assert_whole(tmp_path)


@ANY_RATE
async def test_whatever_attackers_do_nothing_is_contained_by_itself(
    sender: Sender, control: Control, world: Outside, tmp_path: Path
) -> None:
    """The stories of attackers, one after the other, with actions configured for every rule."""
    forged = (
        "Accepted publickey for alice from 192.0.2.9 port 1 ssh2: ED25519 SHA256:x; lock=alice; contain_1"
    )
    await sender.post(
        # Records that name others, a hostile name, a forged line, and many at once.
        login("alice", "198.51.100.7"),
        login("root", "198.51.100.8", "bastion-2"),
        login("oswaldo", "198.51.100.9", "web-1"),
        login("$(reboot)", "198.51.100.10", "web-2"),
        {"message": forged, "host": "bastion-1", "program": "sshd"},
        *(login(f"user{number}", f"203.0.113.{number}", f"db-{number}") for number in range(12)),
    )
    await card_for(control, "alice")
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    # Whoever has taken over a session denies what they find; reviewers deny the rest.
    for event_id in evidence.column("SELECT id FROM event"):
        for user, where in ((ALICE, ALICES_DM), ("U0BOB", BOBS_DM), (CAROL, SECURITY)):
            await control.slash(user, where, f"deny {event_id}")
    await evidence.until_idle()
    assert set(evidence.statuses()) == {"denied"}
    # And they press all that there is to press.
    await control.channel(SECURITY, members=["U0BOB", CAROL, DANA, "U0POWERTRIP"])
    state, pressed = await control.state(), 0
    for message in state.messages():
        for button in message.buttons:
            if button["action_id"].startswith("contain_"):
                place = {"action_id": button["action_id"], "value": button["value"]}
                pressed += (await control.press("U0BOB", message.channel, message.ts, **place)).acked
    assert pressed > 10
    await control.ephemeral_to("U0BOB", lambda m: m.shows("Only reviewers can press this"))
    await evidence.until_idle()
    assert world.calls == []
    assert evidence.number("SELECT count(*) FROM containment") == 0
    assert evidence.number("SELECT count(*) FROM delivery WHERE kind = 'contain'") == 0
    # Nothing was offered of root and of bots, for whoever would have pressed it.
    offered = [button["text"]["text"] for m in state.messages() for button in m.buttons]
    assert not [label for label in offered if "root" in label or "oswaldo" in label or "reboot" in label]
    await assert_whole(tmp_path)


async def test_killed_between_the_call_and_its_outcome_nobody_claims_to_know(
    world: Outside, changes: dict[str, Any], tmp_path: Path
) -> None:
    world.held = asyncio.Event()
    async with scene_in(tmp_path, **changes) as scene:
        await scene.log_in("alice")
        card = await scene.card("alice")
        await scene.control.press(ALICE, card.channel, card.ts, action_id="deny")
        told = await alert(scene.control)
        await press(scene.control, CAROL, told, "Lock alice on bastion-1 for 1 h")
        await until(lambda: world.hooks, "the webhook was called")
        await scene.kill_and_restart()
        await scene.control.wait_for(lambda s: s.message(told).shows("nobody knows whether it was done"))
        assert len(world.hooks) == 1
        world.held.set()
        await press(scene.control, CAROL, told, "Try again: Lock alice")
        await scene.control.wait_for(lambda s: s.message(told).shows("for 1 h: done"))
        first, again = world.hooks
        assert first["key"] == again["key"]
        await scene.settle()
