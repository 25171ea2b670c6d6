"""An approval that takes a proof, from the server's command to the card, through Slack's own windows."""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any

import pyotp
import pytest

from powertrip.domain.proof import Met
from powertrip.net import utc_now
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.proofs.tables import ProofChallengeRow
from powertrip.store.tables import AuditRow
from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import (
    ALICES_DM,
    ROOT,
    Sender,
    asks,
    login,
    powertrip_here,
    settings,
    write_config,
)
from tests.end_to_end.test_deciding import event_id_on
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY, card_for
from tests.proving import KEY


@pytest.fixture
def changes() -> dict[str, Any]:
    """A proof for the vault, and the typed name for root."""
    return {
        "policy": [
            {"when": {"host": "vault*"}, "require": ["proof"]},
            {"when": {"user": "root"}, "require": ["typed_host"]},
            {"when": {"host": "bank*"}, "require": ["reason"]},
        ],
        "proofs": {"kinds": ["session_number", "totp"], "key": KEY},
    }


async def enrolled(name: str, config: Path) -> str:
    """What somebody at the server does: they scan the secret, and type what their app shows."""
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "bot.py"), "enrol", name, "--config", str(config)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": "", "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN},
    )
    assert bot.stdout is not None
    assert bot.stdin is not None
    shown = (await bot.stdout.readuntil(b"least of all in Slack.\n")).decode()
    found = re.search(r"type its secret there: ([A-Z2-7]{32})", shown)
    assert found, shown
    bot.stdin.write(f"123\n{pyotp.TOTP(found[1]).now()}\n".encode())
    said, _ = await bot.communicate()
    assert bot.returncode == 0, said
    assert b"That is not what the app should show" in said
    return found[1]


async def test_what_is_enrolled_on_the_server_and_confirmed_proves_an_approval(
    sender: Sender, control: Control, tmp_path: Path
) -> None:
    secret = await enrolled("alice", tmp_path / "config.yaml")
    question = await control.message_in(SECURITY, lambda m: m.shows("has enrolled an authenticator app"))
    assert secret not in str(question)
    confirming = next(each for each in question.buttons if each["action_id"] == "proof_confirm")
    assert "by another way than Slack" in confirming["confirm"]["text"]["text"]
    await control.press(CAROL, SECURITY, question.ts, action_id="proof_confirm")
    await control.wait_for(lambda s: s.message(question).shows("Carol confirmed it"))

    await sender.post(login(host="vault-1"))
    card = await card_for(control, "vault-1")
    assert card.shows("takes a proof that Slack cannot give")
    # All of Slack does not help: a reviewer who has enrolled nothing cannot approve it, by no way.
    event_id = await event_id_on(control, "vault-1")
    await control.slash(CAROL, SECURITY, f"approve {event_id}")
    await control.ephemeral_to(CAROL, lambda m: m.shows("bot.py enrol NAME"))
    await control.slash(CAROL, SECURITY, f"agent {event_id} deploy.sh")
    await control.ephemeral_to(CAROL, lambda m: m.shows("bot.py enrol NAME"))

    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: s.modal(ALICE))
    await control.submit(ALICE, {"typed": "000000"})
    await control.wait_for(lambda s: (s.modal(ALICE) or {}).get("errors"))
    # The step with which it was enrolled is used already.
    code = pyotp.TOTP(secret).at(int(time.time()) + 30)
    assert (await control.submit(ALICE, {"typed": code})).acked
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("an authenticator app")
    await control.ephemeral_to(ALICE, lambda m: m.shows("You approved"))
    await control.slash(ALICE, ALICES_DM, "proofs")
    await control.ephemeral_to(ALICE, lambda m: m.shows("confirmed by Carol"))


async def test_the_typed_name_is_asked_for_in_a_window_and_said_on_the_card(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("root"))
    card = await card_for(control, "root")
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    state = await control.wait_for(lambda s: s.modal(CAROL))
    assert "Type the name of the host" in str(state.modal(CAROL))
    await control.submit(CAROL, {"typed": "bastion"})
    state = await control.wait_for(lambda s: (s.modal(CAROL) or {}).get("errors"))
    assert "did not prove it" in str((state.modal(CAROL) or {})["errors"])
    assert "2 tries are left" in str((state.modal(CAROL) or {})["errors"])
    for _ in range(2):
        await control.submit(CAROL, {"typed": "bastion"})
    # Nothing can be typed any more, and the window does not look as if something could.
    state = await control.wait_for(lambda s: "window is over" in str(s.modal(CAROL)))
    assert "the security channel is told" in str(state.modal(CAROL))
    assert [block["type"] for block in (state.modal(CAROL) or {})["blocks"]] == ["rich_text"]
    await control.message_in(SECURITY, lambda m: m.shows("An approval could not be proven"))

    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.wait_for(lambda s: "Type the name of the host" in str(s.modal(CAROL)))
    assert (await control.submit(CAROL, {"typed": "bastion-1"})).acked
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("The name was typed to approve it")


async def test_what_was_proven_while_every_worker_was_dead_is_decided_by_the_next_once(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path) as (_, sender):
        await control.connected()
        await sender.post(login("root"))
        card = await card_for(control, "root")
        await control.press(CAROL, SECURITY, card.ts, action_id="approve")
        await control.wait_for(lambda s: s.modal(CAROL))
    thread = DatabaseThread(open_database(f"sqlite:///{tmp_path}/powertrip.db"))
    store = Store(thread)
    (nonce,) = await thread.run(lambda: [row.nonce for row in ProofChallengeRow.select()])
    # As the page does, in a process that has no Slack.
    assert await store.proofs.met(nonce, Met(), utc_now(), utc_now())
    async with powertrip_here(path):
        state = await control.wait_for(lambda s: not asks(s.message(card)))
    assert state.message(card).shows("The name was typed to approve it")
    decided = AuditRow.select().where(AuditRow.action.in_(("decided", "proof_spent")))
    assert await thread.run(lambda: sorted(row.action for row in decided)) == ["decided", "proof_spent"]
    await thread.close()


async def test_a_reason_an_agent_and_a_proof_are_asked_for_one_after_the_other_and_all_are_kept(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("root", host="bank-1"))
    event_id = await event_id_on(control, "bank-1")
    card = await card_for(control, "bank-1")
    await control.slash(CAROL, SECURITY, f"agent {event_id}")
    await control.wait_for(lambda s: s.modal(CAROL))
    await control.submit(CAROL, {"name": "deploy.sh", "choice": "no", "text": "The nightly deployment"})
    state = await control.wait_for(lambda s: "name of the host" in str(s.modal(CAROL)))
    assert asks(state.message(card))
    assert (await control.submit(CAROL, {"typed": "bank-1"})).acked
    state = await control.wait_for(lambda s: not asks(s.message(card)))
    for words in ("The nightly deployment", "deploy.sh", "The name was typed to approve it"):
        assert state.message(card).shows(words), words
