"""The page of proofs in Chromium, with its virtual authenticator and a real identity provider."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from playwright.async_api import Page as Window

from powertrip.domain.event import Event, Severity
from powertrip.domain.proof import ProofKind
from powertrip.net import new_client, utc_now
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.end_to_end.harness import free_port
from tests.page.canaille_server import PASSWORD
from tests.page.rig import Page, asked, begun, identity_provider, running_page, section
from tests.system.test_card_pictures import WIDTHS

pytestmark = [
    pytest.mark.system,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@dataclass
class Scene:
    page: Page
    store: Store
    event: Event


@pytest.fixture
async def scene(database_thread: DatabaseThread, store: Store) -> AsyncIterator[Scene]:
    port = free_port()
    address = f"http://localhost:{port}"
    async with new_client() as client:
        with identity_provider(address) as issuer:
            configured = section(address, issuer)
            async with running_page(store, utc_now, client, port=port, configured=configured) as page:
                about = await asked(
                    database_thread,
                    store,
                    utc_now(),
                    severity=Severity.HIGH,
                    fields={
                        "method": "publickey",
                        "key_fingerprint": "SHA256:" + "k" * 43,
                        "command": "sudo -i",
                    },
                )
                yield Scene(page, store, about)


async def window_of(browser: Browser, width: int) -> Window:
    return await browser.new_page(viewport={"width": width, "height": 844})


async def sign_in_as(window: Window, name: str) -> None:
    await window.get_by_role("textbox").first.fill(name)
    await (
        window.get_by_role("button", name="Continue").or_(window.locator("button[type=submit]")).first.click()
    )
    await window.locator("input[type=password]").fill(PASSWORD)
    await window.locator("button[type=submit]").first.click()


@pytest.mark.parametrize("screen", WIDTHS)
async def test_bob_proves_an_approval_by_signing_in(
    browser: Browser, scene: Scene, screenshots: Path, screen: str
) -> None:
    challenge = await begun(scene.store, scene.event, ProofKind.OIDC, utc_now())
    window = await window_of(browser, WIDTHS[screen])
    await window.goto(scene.page.of(challenge))
    await window.screenshot(path=screenshots / f"proof-{screen}-oidc-question.png", full_page=True)
    await window.get_by_role("button", name="Sign in at").click()
    await window.wait_for_url("**/login*")
    await window.screenshot(path=screenshots / f"proof-{screen}-oidc-provider.png", full_page=True)
    await sign_in_as(window, "bob")
    await expect(window.get_by_role("heading", name="Proven")).to_be_visible()
    await window.screenshot(path=screenshots / f"proof-{screen}-oidc-proven.png", full_page=True)
    met = await scene.store.proofs.get(challenge.nonce)
    assert met is not None
    assert met.met_at is not None
