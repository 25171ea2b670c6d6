"""Alice enrols by signing in at a real identity provider, in Chromium: from the page to a reviewer's word."""

from collections.abc import AsyncIterator
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
    browser: Browser
    screenshots: Path

    async def device(self) -> Window:
        """Somebody's, which can make passkeys."""
        context = await self.browser.new_context(viewport={"width": WIDTHS["phone"], "height": 844})
        window = await context.new_page()
        await authenticator(window)
        return window

    async def desk(self, user: str, channel: str) -> Desk:
        desk = await Desk.of(self.browser, self.slack, user, width=WIDTHS["phone"], height=844)
        await desk.look_at(channel)
        return desk

    async def picture(self, window: Window, name: str) -> None:
        """As wide as each screen; nothing sticks out."""
        for screen, width in WIDTHS.items():
            await window.set_viewport_size({"width": width, "height": 844})
            path = self.screenshots / f"enrol-{screen}-{name}.png"
            await window.screenshot(path=path, full_page=True, animations="disabled")
            assert await window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
async def scene(browser: Browser, tmp_path: Path, screenshots: Path) -> AsyncIterator[Scene]:
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
                tmp_path,
                ingest={"port": port},
                proofs={"kinds": ["passkey", "totp"], "key": KEY, "page": page, "oidc": oidc},
                people={"alice": {"slack": ALICE, "oidc": "alice"}},
            )
            async with powertrip_here(write_config(tmp_path / "config.yaml", whole)):
                await control.connected()
                yield Scene(page, slack.url, browser, screenshots)


async def sign_in(scene: Scene, window: Window, name: str) -> None:
    await window.goto(f"{scene.page}/enrol")
    await window.get_by_role("button", name="Sign in at").click()
    await window.wait_for_url("**/login*")
    await sign_in_as(window, name)


async def test_alice_signs_in_and_enrols_a_reviewer_reads_how_and_mallory_enrols_nothing(
    scene: Scene,
) -> None:
    mallory, window = await scene.device(), await scene.device()
    await sign_in(scene, mallory, "mallory")
    await expect(mallory.get_by_text("With this sign-in nothing can be enrolled")).to_be_visible()
    await scene.picture(mallory, "mallory")

    await window.goto(f"{scene.page}/enrol")
    await scene.picture(window, "begin")
    await sign_in(scene, window, "alice")
    await expect(window.get_by_role("heading", name="A passkey for alice")).to_be_visible()
    # The provider's answer is not in the address any more.
    assert window.url == f"{scene.page}/enrol/make"
    await scene.picture(window, "make")
    await window.get_by_role("button", name="Make the passkey").click()
    await expect(window.get_by_role("heading", name="The passkey is kept")).to_be_visible()
    await scene.picture(window, "kept")
    factor_id = await window.locator("code").inner_text()

    carol = await scene.desk(CAROL, SECURITY)
    question = carol.message("after a sign-in at the identity provider and not on the server")
    await expect(question).to_contain_text(factor_id)
    await scene.picture(carol.page, "question")
    await question.get_by_role("button", name="Confirm").click()
    await carol.page.get_by_role("button", name="Yes, confirm").click()
    await expect(carol.message("and it counts")).to_be_visible()
    alice = await scene.desk(ALICE, ALICES_DM)
    told = alice.message("A passkey was enrolled for you")
    await expect(told).to_contain_text("after a sign-in at the identity provider")
    await scene.picture(alice.page, "told")

    # Once more on the same device. The provider knows her, and asks for her password all the same.
    await window.goto(f"{scene.page}/enrol")
    await window.get_by_role("button", name="Sign in at").click()
    await window.locator("input[type=password]").fill(PASSWORD)
    await window.locator("button[type=submit]").first.click()
    await window.get_by_role("button", name="Make the passkey").click()
    await expect(window.get_by_role("alert")).to_contain_text("has a passkey of yours already")
    await scene.picture(window, "again")
    await window.get_by_role("link", name="Enrol an authenticator app").click()
    await scene.picture(window, "app")
    secret = await window.locator("code").inner_text()
    await window.get_by_label("The six digits").fill("00000")
    await window.get_by_role("button", name="Enrol it").click()
    await expect(window.get_by_role("alert")).to_contain_text("not what the app should show")
    await scene.picture(window, "app-wrong")
    await window.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
    await window.get_by_role("button", name="Enrol it").click()
    await expect(window.get_by_role("heading", name="The authenticator app is kept")).to_be_visible()
    await expect(carol.message("They have 1 that counts already")).to_be_visible()
    await scene.picture(carol.page, "second")
