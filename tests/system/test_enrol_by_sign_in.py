"""Alice enrols by signing in at a real identity provider, in Chromium: from the page to a reviewer's word."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, expect
from playwright.async_api import Page as Window

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.end_to_end.harness import ALICES_DM, free_port, powertrip_here, settings, write_config
from tests.page.canaille_server import CLIENT_ID, CLIENT_SECRET, PASSWORD
from tests.page.rig import KEY, identity_provider
from tests.samples import ALICE, CAROL, SECURITY
from tests.system.browser import Desk
from tests.system.test_card_pictures import WIDTHS
from tests.system.test_proof_page import authenticator, sign_in_as

pytestmark = pytest.mark.system


@dataclass
class Scene:
    page: str
    slack: str
    window: Window
    """On Alice's device."""


@asynccontextmanager
async def running(browser: Browser, folder: Path, width: int) -> AsyncIterator[Scene]:
    port = free_port()
    page = f"http://localhost:{port}"
    with identity_provider(page) as issuer:
        async with local_slack() as slack, Control(slack.url) as control:
            oidc = {
                "issuer": issuer,
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "claim": "sub",
                # At 0s Canaille asks for ever.
                "max_age": "1m",
                "enrols": True,
            }
            whole = settings(
                slack,
                folder,
                ingest={"port": port},
                proofs={"kinds": ["passkey", "totp"], "key": KEY, "page": page, "oidc": oidc},
                people={"alice": {"slack": ALICE, "oidc": "alice"}},
            )
            async with powertrip_here(write_config(folder / "config.yaml", whole)):
                await control.connected()
                context = await browser.new_context(viewport={"width": width, "height": 844})
                window = await context.new_page()
                await authenticator(window)
                yield Scene(page, slack.url, window)
                await context.close()


async def sign_in(scene: Scene, name: str) -> None:
    await scene.window.goto(f"{scene.page}/enrol")
    await scene.window.get_by_role("button", name="Sign in at").click()
    await scene.window.wait_for_url("**/login*")
    await sign_in_as(scene.window, name)


@pytest.mark.parametrize("screen", WIDTHS)
async def test_alice_signs_in_makes_a_passkey_and_a_reviewer_reads_how_it_came_about(
    browser: Browser, tmp_path: Path, screenshots: Path, screen: str
) -> None:
    async with running(browser, tmp_path, WIDTHS[screen]) as scene:
        window = scene.window

        async def picture(name: str) -> None:
            await window.screenshot(path=screenshots / f"enrol-{screen}-{name}.png", full_page=True)
            assert await window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

        await window.goto(f"{scene.page}/enrol")
        await picture("begin")
        await sign_in(scene, "alice")
        await expect(window.get_by_role("heading", name="A passkey for alice")).to_be_visible()
        # The provider's answer is not in the address any more.
        assert window.url == f"{scene.page}/enrol/make"
        await picture("make")
        await window.get_by_role("button", name="Make the passkey").click()
        await expect(window.get_by_role("heading", name="The passkey is kept")).to_be_visible()
        await picture("kept")
        factor_id = await window.locator("code").inner_text()

        carol = await Desk.of(browser, scene.slack, CAROL, width=WIDTHS[screen], height=844)
        await carol.look_at(SECURITY)
        question = carol.message("after a sign-in at the identity provider and not on the server")
        await expect(question).to_contain_text(factor_id)
        await carol.picture(screenshots / f"enrol-{screen}-question.png")
        await question.get_by_role("button", name="Confirm").click()
        await carol.page.get_by_role("button", name="Yes, confirm").click()
        await expect(carol.message("and it counts")).to_be_visible()
        alice = await Desk.of(browser, scene.slack, ALICE, width=WIDTHS[screen], height=844)
        await alice.look_at(ALICES_DM)
        told = alice.message("A passkey was enrolled for you")
        await expect(told).to_contain_text("after a sign-in at the identity provider")
        await alice.picture(screenshots / f"enrol-{screen}-told.png")

        # A second sign-in on the same device makes no other in the first one's place.
        await window.goto(f"{scene.page}/enrol")
        await window.get_by_role("button", name="Sign in at").click()
        # The provider knows her, and asks for her password all the same.
        await window.locator("input[type=password]").fill(PASSWORD)
        await window.locator("button[type=submit]").first.click()
        await window.get_by_role("button", name="Make the passkey").click()
        await expect(window.get_by_role("alert")).to_contain_text("has a passkey of yours already")
        await picture("again")
        await window.get_by_role("link", name="Enrol an authenticator app").click()
        await picture("app")
        secret = await window.locator("code").inner_text()
        await window.get_by_label("The six digits").fill("000000")
        await window.get_by_role("button", name="Enrol it").click()
        await expect(window.get_by_role("alert")).to_contain_text("not what the app should show")
        await picture("app-wrong")
        await window.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
        await window.get_by_role("button", name="Enrol it").click()
        await expect(window.get_by_role("heading", name="The authenticator app is kept")).to_be_visible()
        await expect(carol.message("They have 1 that counts already")).to_be_visible()
        await carol.picture(screenshots / f"enrol-{screen}-second.png")


async def test_mallory_who_has_no_entry_signs_in_and_enrols_nothing(
    browser: Browser, tmp_path: Path, screenshots: Path
) -> None:
    async with running(browser, tmp_path, WIDTHS["phone"]) as scene:
        await sign_in(scene, "mallory")
        await expect(scene.window.get_by_text("With this sign-in nothing can be enrolled")).to_be_visible()
        await scene.window.screenshot(path=screenshots / "enrol-phone-mallory.png", full_page=True)
