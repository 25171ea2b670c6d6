"""The number of a login in Slack: asked for once, whichever source came first, and not where none is seen."""

import json
import time
from pathlib import Path
from typing import Any

import pyotp
import pytest

from powertrip.domain import session_number
from powertrip.sources.pam import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from slack_emulator.control import Control
from tests.end_to_end.harness import ALICES_DM, SECRET, Sender, asks, login
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY, card_for
from tests.end_to_end.test_proofs import enrolled
from tests.proving import KEY
from tests.samples import PAM_LOGIN

NUMBER = "8675309"


@pytest.fixture
def changes() -> dict[str, Any]:
    """All of Alice's logins take a number, and those without one an authenticator app."""
    return {
        "sources": {"servers": {"type": "pam", "secret": SECRET}},
        "rules": [{"use": "ssh"}, {"use": "pam-login"}],
        "policy": [{"require": ["session_number"]}],
        "proofs": {"kinds": ["session_number", "totp"], "key": KEY},
    }


def of_login(number: str | None = NUMBER, **changes: Any) -> dict[str, Any]:
    """What powertrip-login tells of a login."""
    terminal = "shell" if number else "none"
    own = {"time": int(time.time()), "host": "bastion-1", "port": "50000", "terminal": terminal}
    record: dict[str, Any] = {**PAM_LOGIN, **own, **changes}
    if number:
        record["number_mac"] = session_number.mac(SECRET, record["id"], number)
    return record


async def tell(sender: Sender, *records: dict[str, Any]) -> None:
    """Send them signed, in one request."""
    body, sent_at = "\n".join(map(json.dumps, records)).encode(), str(int(time.time()))
    headers = {TIMESTAMP_HEADER: sent_at, SIGNATURE_HEADER: sign(SECRET, sent_at, body)}
    await sender.post(source="servers", headers=headers, raw=body)


async def test_one_login_that_both_tell_of_is_one_question_and_its_number_is_typed(
    sender: Sender, control: Control
) -> None:
    await tell(sender, of_login())
    card = await card_for(control, "alice")
    await sender.post(login())
    await control.wait_for(lambda s: s.message(card).shows("by 2 records of one login"))

    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(ALICE))
    await control.submit(ALICE, {"typed": "100"})
    await control.wait_for(lambda s: "did not prove it" in str((s.modal(ALICE) or {}).get("errors")))
    await control.submit(ALICE, {"typed": NUMBER})
    state = await control.wait_for(lambda s: not asks(s.message(card)))

    assert state.message(card).shows("the number that the terminal of this login shows")
    assert NUMBER not in str([*state.messages(), *state.messages(ephemeral=True)])


async def test_two_logins_are_two_questions_and_each_number_approves_its_own(
    sender: Sender, control: Control
) -> None:
    await tell(sender, of_login(), of_login("5551234", id="another", port="50001"))
    state = await control.wait_for(lambda s: len([m for m in s.messages(ALICES_DM) if asks(m)]) == 2)
    [first, second] = sorted(filter(asks, state.messages(ALICES_DM)), key=lambda card: card.shows("50001"))

    await control.press(ALICE, second.channel, second.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(ALICE))
    await control.submit(ALICE, {"typed": NUMBER})
    await control.wait_for(lambda s: "did not prove it" in str((s.modal(ALICE) or {}).get("errors")))
    await control.submit(ALICE, {"typed": "5551234"})

    state = await control.wait_for(lambda s: not asks(s.message(second)))
    assert asks(state.message(first))


async def test_who_sees_no_number_proves_it_another_way(
    sender: Sender, control: Control, tmp_path: Path
) -> None:
    secret = await enrolled("alice", tmp_path / "config.yaml")
    question = await control.message_in(SECURITY, lambda m: m.shows("has enrolled an authenticator app"))
    await control.press(CAROL, SECURITY, question.ts, action_id="proof_confirm")
    await tell(sender, of_login())
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(ALICE))

    await control.submit(ALICE, {"typed": ""})
    await control.wait_for(lambda s: "choose another way" in str((s.modal(ALICE) or {}).get("errors")))
    await control.submit(ALICE, {"kind": "totp"})
    await control.wait_for(lambda s: "authenticator app" in str((s.modal(ALICE) or {})["blocks"][2]))
    # The number proves nothing in the app's window.
    await control.submit(ALICE, {"typed": NUMBER})
    await control.wait_for(lambda s: "did not prove it" in str((s.modal(ALICE) or {}).get("errors")))
    await control.submit(ALICE, {"typed": pyotp.TOTP(secret).at(int(time.time()) + 30)})

    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("an authenticator app")


async def test_a_login_that_no_terminal_shows_a_number_of_is_not_asked_for_one(
    sender: Sender, control: Control
) -> None:
    await tell(sender, of_login(None))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")

    # They have enrolled nothing, so they are told how, and who else can.
    await control.ephemeral_to(ALICE, lambda m: m.shows("bot.py enrol NAME"))
