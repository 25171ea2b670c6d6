"""Work that is announced, and confirmed, where that takes a proof: through Slack's own windows."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from powertrip.net import utc_now
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from slack_emulator.control import Control
from tests.announcing import SECRETS_OF, Announcing
from tests.end_to_end.harness import Sender, login
from tests.end_to_end.test_commands import answer
from tests.end_to_end.test_expectations import DANA
from tests.end_to_end.test_main_path import ALICE, BOB, CAROL, SECURITY, card_for
from tests.proving import KEY

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def changes() -> dict[str, Any]:
    """Whoever announces or confirms something proves it."""
    section = {"enabled": True, "require": ["totp"]}
    proofs = {"kinds": ["totp"], "key": KEY}
    return {"expectations": section, "proofs": proofs, "people": {"carol": {"slack": CAROL}}}


@pytest.fixture
async def scene(running: Any, tmp_path: Path) -> AsyncIterator[Announcing]:  # noqa: ARG001 (it makes the database)
    """The database of what runs, in which Alice and Carol have enrolled."""
    thread = DatabaseThread(open_database(f"sqlite:///{tmp_path}/powertrip.db"))
    scene = Announcing(thread, Store(thread), now=utc_now())
    await scene.enrol_all([ALICE, CAROL])
    yield scene
    await thread.close()


def code(slack_id: str, *, steps: int = 0) -> str:
    """What somebody's app shows now, or some steps of thirty seconds later."""
    return pyotp.TOTP(SECRETS_OF[slack_id]).at(int(time.time()) + 30 * steps)


async def window(control: Control, slack_id: str, *words: str) -> None:
    """Wait for a window that says this."""
    await control.wait_for(lambda s: all(word in str(s.modal(slack_id)) for word in words))


@pytest.mark.usefixtures("scene")
async def test_what_is_announced_stands_once_it_is_proven_and_ends_without(
    sender: Sender, control: Control
) -> None:
    wanted = f"expect <@{BOB}|bob> ssh web-* 1h new certificates"
    # A reviewer's Slack is not enough, and who has nothing enrolled is told how.
    await answer(control, DANA, wanted, "you have not enrolled", "bot.py enrol NAME", "Nothing was announced")
    await answer(control, CAROL, wanted, "Prove it in the window")
    await window(control, CAROL, "Prove it to announce", "new certificates", "web-*", "bob")
    await control.submit(CAROL, {"typed": "000000"})
    state = await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    assert "did not prove it" in str(state.modal(CAROL))
    assert [m for m in state.messages() if m.shows("work of bob")] == []
    await sender.post(login("bob", host="web-1"))
    await card_for(control, "web-1")

    assert (await control.submit(CAROL, {"typed": code(CAROL)})).acked
    said = await control.ephemeral_to(CAROL, lambda m: m.shows("✅ Expected: work of bob"))
    note = await control.message_in(SECURITY, lambda m: m.shows("Expected: work of bob"))
    assert note.shows("Announced by Carol (proven by an authenticator app)")
    await sender.post(login("bob", host="web-2"), login("bob", host="db-1"))
    await card_for(control, "db-1")
    assert "approved by an expectation of Carol" in (await answer(control, CAROL, "history web-2")).text

    name = said.text.split("work of bob, ")[1].split()[0]
    await answer(control, DANA, f"expectations end {name}", "Over: work of bob")


@pytest.mark.usefixtures("scene")
async def test_what_alice_fills_in_and_proves_waits_until_carol_proves_that_she_confirms_it(
    control: Control,
) -> None:
    await answer(control, ALICE, "expect", "Fill in the window")
    await window(control, ALICE, "Announce work")
    typed: dict[str, str | list[str]] = {
        "rule": "ssh",
        "host": "web-*",
        "lasts": "2h",
        "text": "new certificates",
    }
    await control.submit(ALICE, typed | {"text": "new certificates"})
    await window(control, ALICE, "Prove it to announce")
    assert (await control.submit(ALICE, {"typed": code(ALICE)})).acked
    await control.ephemeral_to(ALICE, lambda m: m.shows("To be confirmed: work of alice"))

    note = await control.message_in(SECURITY, lambda m: m.shows("To be confirmed: work of alice"))
    await control.press(CAROL, SECURITY, note.ts, action_id="confirm_expected")
    await window(control, CAROL, "Prove it to confirm", "web-*", "new certificates")
    # What Alice's app shows is of no use to her.
    await control.submit(CAROL, {"typed": code(ALICE, steps=1)})
    await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    assert (await control.submit(CAROL, {"typed": code(CAROL)})).acked
    await control.wait_for(
        lambda s: s.message(note).shows("confirmed by Carol (proven by an authenticator app)")
    )
