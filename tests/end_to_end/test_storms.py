"""Many logins of one bot become one card in Slack, and a reviewer decides the usual ones together."""

from typing import Any

import pytest

from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.evidence import Evidence
from tests.end_to_end.harness import ANY_RATE, Sender, login
from tests.end_to_end.test_main_path import CAROL, SECURITY

DANA = "U0DANA"
"""Reads the channel too, and is no reviewer here."""
FOREIGN = "203.0.113.9"
STORM = "Are these expected?"


@pytest.fixture
def changes() -> dict[str, Any]:
    """A card that is brought up to date soon, and one reviewer."""
    return {"storms": {"enabled": True, "update_every": "1s"}, "reviewers": {"group": None, "users": [CAROL]}}


def logins(*numbers: int, address: str = "192.0.2.10") -> list[dict[str, Any]]:
    """Logins of the bot, each on a host of its own."""
    return [login("oswaldo", address, f"web-{number}", id=f"{address} {number}") for number in numbers]


async def card(control: Control, *words: str, buttons: int) -> SeenMessage:
    """The storm's card, once it shows these words and has so many buttons."""

    def found(message: SeenMessage) -> bool:
        return all(map(message.shows, (STORM, *words))) and len(message.buttons) == buttons

    state = await control.wait_for(lambda s: any(map(found, s.messages(SECURITY))))
    return next(filter(found, state.messages(SECURITY)))


@ANY_RATE
async def test_what_is_usual_is_decided_together_and_what_is_not_is_asked_about_first(
    running: tuple[Any, Sender], control: Control
) -> None:
    application, sender = running
    usual = logins(*range(60))
    await sender.post(*usual[:30], *logins(7, address=FOREIGN), *usual[30:])

    shown = await card(control, "60 events alike by oswaldo", "from another network", buttons=1)

    # By the time that the button was there, what does not fit had a card of its own.
    messages = (await control.state()).messages(SECURITY)
    (hidden,) = [m for m in messages if m.shows(FOREIGN) and m.ts != shown.ts]
    assert [button["action_id"] for button in hidden.buttons] == ["approve", "deny"]
    assert shown.buttons[0]["text"]["text"] == "Decide the usual 60…"

    await control.press(DANA, SECURITY, shown.ts, action_id="storm")
    await control.ephemeral_to(DANA, lambda m: m.shows("Only reviewers can decide many events together"))

    await control.press(CAROL, SECURITY, shown.ts, action_id="storm")
    window = (await control.wait_for(lambda s: s.modal(CAROL))).modal(CAROL)
    for words in ("Covered: 60 events", "1 not like the others", "Type 60"):
        assert words in str(window)

    await sender.post(*logins(*range(100, 110)))
    await card(control, "70 events alike", buttons=1)
    typed: dict[str, str | list[str]] = {"text": "The nightly deployment", "choice": "agent"}
    await control.submit(CAROL, typed | {"typed": "70"})
    state = await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    assert "This decides 60 events" in str((state.modal(CAROL) or {})["errors"])
    await control.submit(CAROL, typed | {"typed": "60"})
    await control.wait_for(lambda s: "which agent" in str((s.modal(CAROL) or {}).get("errors")))
    assert (await control.submit(CAROL, typed | {"typed": "60", "name": "deploy.sh"})).acked

    await control.ephemeral_to(
        CAROL, lambda m: m.shows("Approved 60 events together. 10 events of this storm")
    )
    await card(control, "10 wait and 60 approved", "The nightly deployment", "deploy.sh", buttons=1)
    evidence = Evidence(application.shared.config().database.url.get_secret_value())
    counts = "SELECT status, COUNT(*), COUNT(DISTINCT host_name) FROM event GROUP BY status ORDER BY status"
    assert evidence.rows(counts) == [("approved", 60, 60), ("pending", 11, 11)]
    assert evidence.rows("SELECT COUNT(*), COUNT(DISTINCT batch_id) FROM decision") == [(60, 1)]
