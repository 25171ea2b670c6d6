"""What an approval that takes a proof looks like, from the enrolment to the card, for people to look at."""

import time
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, expect

from powertrip.cli.demo.workspace import local_slack
from tests.end_to_end.harness import ALICES_DM, login, powertrip_here, settings, write_config
from tests.end_to_end.test_proofs import enrolled
from tests.proving import KEY
from tests.system.browser import Desk
from tests.system.test_card_pictures import ALICE, CAROL, SECURITY, WIDTHS

pytestmark = pytest.mark.system

PROOFS = {
    "policy": [
        {"when": {"host": "vault*"}, "require": ["proof"]},
        {"when": {"user": "root"}, "require": "typed_host"},
    ],
    "proofs": {"kinds": ["totp"], "key": KEY, "fresh_enrolment": "1ms"},
    "severity": {"sensitive": {"hosts": ["vault*"]}},
}


@pytest.mark.parametrize("screen", WIDTHS)
async def test_an_approval_is_proven_in_a_window_that_says_what_it_is_about(
    browser: Browser, screenshots: Path, tmp_path: Path, screen: str
) -> None:
    async with local_slack() as slack:
        path = write_config(tmp_path / "config.yaml", settings(slack, tmp_path, **PROOFS))
        async with powertrip_here(path) as (_, sender):

            def picture(name: str) -> Path:
                return screenshots / f"proof-{screen}-{name}.png"

            secret = await enrolled("alice", path)
            carol = await Desk.of(browser, slack.url, CAROL, width=WIDTHS[screen], height=844)
            await carol.look_at(SECURITY)
            question = carol.message("has enrolled an authenticator app")
            await expect(question.get_by_role("button", name="Confirm")).to_be_visible()
            await carol.picture(picture("question"))
            await question.get_by_role("button", name="Confirm").click()
            await carol.picture(picture("really"))
            await carol.page.get_by_role("button", name="Yes, confirm").click()
            await expect(carol.message("Carol confirmed it")).to_be_visible()
            await carol.picture(picture("confirmed"))

            await sender.post(login(host="vault-1"))
            alice = await Desk.of(browser, slack.url, ALICE, width=WIDTHS[screen], height=844)
            await alice.look_at(ALICES_DM)
            card = alice.message("Was this you")
            await alice.picture(picture("card"))
            await card.get_by_role("button", name="Approve").click()
            window = alice.page.get_by_role("dialog")
            await window.get_by_role("textbox").fill("314159")
            await alice.picture(picture("window"))
            await window.get_by_role("button", name="Approve").click()
            await expect(window).to_contain_text("did not prove it")
            await alice.picture(picture("wrong"))
            await window.get_by_role("textbox").fill(pyotp.TOTP(secret).at(int(time.time()) + 30))
            await window.get_by_role("button", name="Approve").click()
            await expect(alice.message("Approved by Alice")).to_contain_text("an authenticator app")
            await alice.picture(picture("approved"))

            await sender.post(login("root"))
            await carol.message("root").get_by_role("button", name="Approve").click()
            await expect(carol.page.get_by_role("dialog")).to_contain_text("Type the name of the host")
            await carol.picture(picture("typed"))
