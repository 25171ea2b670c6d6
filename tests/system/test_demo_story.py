"""The demo's story, played to its end by one person who is everybody."""

import re

import pytest

from powertrip.domain.expectation_words import CONFIRM_EXPECTED
from slack_emulator.seen import SeenMessage
from tests.cli.test_demo import ALICE, BOB, CAROL, DANA, PATIENCE, Demo, slow_demo
from tests.end_to_end.harness import ALICES_DM

__all__ = ["slow_demo"]

pytestmark = pytest.mark.system


async def press(demo: Demo, user: str, card: SeenMessage, action_id: str) -> None:
    await demo.control.press(user, card.channel, card.ts, action_id=action_id)


async def fill_in(demo: Demo, user: str, **values: str | list[str]) -> None:
    await demo.control.wait_for(lambda s: s.modal(user), PATIENCE)
    await demo.control.submit(user, dict(values))


async def test_one_person_plays_the_story_to_its_end(slow_demo: Demo) -> None:
    demo = slow_demo
    await press(demo, ALICE, await demo.card("Was this you, Alice?", "bastion-1"), "approve")
    await press(demo, CAROL, await demo.card("Is this expected?", "oswaldo"), "approve")
    # A denial, and what comes after it.
    await press(demo, BOB, await demo.card("Was this you, Bob?", "db-1"), "deny")
    denied = await demo.card("Denied by Bob: somebody has to look into this now")
    await press(demo, CAROL, denied, "own")
    label = "Lock bob out of the VPN for 1 h"
    state = await demo.control.wait_for(
        lambda s: any(label in b["text"]["text"] for b in s.message(denied).buttons)
    )
    lock = next(b for b in state.message(denied).buttons if label in b["text"]["text"])
    await demo.control.press(
        CAROL, denied.channel, denied.ts, action_id=lock["action_id"], value=lock["value"]
    )
    await press(demo, CAROL, denied, "tick_1")
    await press(demo, CAROL, await demo.card("Denied by Bob: Carol has this"), "close")
    await fill_in(demo, CAROL, text="The key was taken away")
    # The proof that stands in the terminal alone.
    number = re.search(r"your number is (\d{3})\.", (await demo.card("your number is ")).text)
    assert number is not None
    asked = await demo.card("Was this you, Bob?", "vault-1")
    await press(demo, BOB, asked, "approve")
    await fill_in(demo, BOB, typed="000")
    await press(demo, BOB, asked, "approve")
    await fill_in(demo, BOB, typed=number[1])
    await demo.card("bob on vault-1", "Approved by")
    # Trust, which a second person confirms.
    await press(demo, ALICE, await demo.card("Was this you, Alice?", "web-3"), "approve")
    await press(demo, ALICE, await demo.card("Approved by Alice", "web-3"), "not_again")
    await fill_in(demo, ALICE, text="Patching all afternoon")
    announced = await demo.card("To be confirmed", "web-3")
    await press(demo, CAROL, announced, CONFIRM_EXPECTED)
    await press(demo, ALICE, await demo.card("Was this you, Alice?", "web-9"), "approve")
    await press(demo, ALICE, await demo.card("Was this you, Alice?", "systemctl stop auditd"), "deny")
    await press(demo, BOB, await demo.card("AWS console", "Was this you, Bob?"), "approve")
    root = await demo.card("SSH login as root on db-1")
    await press(demo, CAROL, root, "approve")
    await fill_in(demo, CAROL, text="Planned")
    await press(demo, DANA, await demo.card("Approved by Carol, one more person is needed"), "approve")
    await fill_in(demo, DANA, text="Seen with Carol")
    await press(demo, BOB, await demo.card("Was this you, Bob?", "web-2"), "approve")

    await demo.card("*12. Home*")
    await demo.control.wait_for(lambda s: not any(m.shows("◻️") for m in s.messages()), PATIENCE)
    # What was trusted was asked about once, and what lay outside of it was.
    state = await demo.control.state()
    assert len([m for m in state.messages() if m.shows("alice on web-3") and m.channel == ALICES_DM]) == 1
