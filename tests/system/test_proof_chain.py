"""From Approve on the card to the page and back, in Chromium: enrolled, confirmed, proven, approved."""

import secrets
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from powertrip.cli.demo.workspace import local_slack
from powertrip.domain.proof import ProofKind
from powertrip.net import utc_now
from slack_emulator.control import Control
from tests.end_to_end.harness import ALICES_DM, free_port, login, powertrip_here, settings, write_config
from tests.page.rig import KEY
from tests.samples import ALICE, CAROL, SECURITY
from tests.system.browser import Desk
from tests.system.test_card_pictures import WIDTHS
from tests.system.test_proof_page import authenticator

pytestmark = pytest.mark.system


@pytest.mark.parametrize("screen", WIDTHS)
async def test_from_approve_in_slack_by_the_page_to_the_approved_card(
    browser: Browser, tmp_path: Path, screenshots: Path, screen: str
) -> None:
    port = free_port()
    page = f"http://localhost:{port}"
    async with local_slack() as slack, Control(slack.url) as control:
        whole = settings(
            slack,
            tmp_path,
            ingest={"port": port},
            proofs={"kinds": ["passkey"], "key": KEY, "page": page},
            policy=[{"require": ["proof"]}],
        )
        path = write_config(tmp_path / "config.yaml", whole)
        async with powertrip_here(path) as (application, sender):
            await control.connected()
            context = await browser.new_context(viewport={"width": WIDTHS[screen], "height": 844})
            at_page = await context.new_page()
            await authenticator(at_page)
            proofs = application.shared.store.proofs
            await at_page.goto(f"{page}/enrol")
            code = secrets.token_hex(8)
            await proofs.keep_code(code, "alice", ProofKind.PASSKEY, utc_now())
            await at_page.get_by_label("One-time code").fill(code)
            await at_page.get_by_role("button", name="Go on").click()
            await at_page.get_by_role("button", name="Make the passkey").click()
            await expect(at_page.get_by_role("heading", name="The passkey is kept")).to_be_visible()
            carols = Desk(await browser.new_page(), slack.url, CAROL)
            await carols.look_at(SECURITY)
            await carols.message("has enrolled").get_by_role("button", name="Confirm").click()
            await carols.page.get_by_role("button", name="Yes, confirm").click()
            await expect(carols.message("and it counts")).to_be_visible()
            await sender.post(login("alice"))
            desk = Desk(await context.new_page(), slack.url, ALICE)
            await desk.look_at(ALICES_DM)
            await desk.message("Was this you").get_by_role("button", name="Approve").click()
            opens = desk.page.get_by_role("button", name="Open the page")
            await expect(opens).to_be_visible()
            await desk.picture(screenshots / f"proof-{screen}-window.png")
            async with context.expect_page() as opened:
                await opens.click()
            address = (await opened.value).url
            await at_page.goto(address)
            await at_page.get_by_role("button", name="Use my passkey").click()
            await expect(at_page.get_by_role("heading", name="Your approval counts")).to_be_visible()
            await at_page.screenshot(path=screenshots / f"proof-{screen}-counts.png", full_page=True)
            await expect(desk.message("Approved by Alice")).to_be_visible()
            await desk.picture(screenshots / f"proof-{screen}-card.png")
            await context.close()
