"""The page of proofs in Chromium, with its virtual authenticator and a real identity provider."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, expect
from playwright.async_api import Page as Window

from powertrip.domain.event import Event, Severity
from powertrip.domain.people import Actor, Standing
from powertrip.domain.proof import ProofKind
from powertrip.net import new_client, utc_now
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.end_to_end.harness import free_port
from tests.page.canaille_server import PASSWORD
from tests.page.rig import Page, asked, begun, identity_provider, running_page, section
from tests.samples import BOB, CAROL, SECURITY
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


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Window]:
    context = await browser.new_context(viewport={"width": WIDTHS["phone"], "height": 844})
    yield await context.new_page()
    await context.close()


async def authenticator(window: Window, **changes: Any) -> tuple[CDPSession, str]:
    """A device of this window's, whose owner is always there and proves it."""
    session = await window.context.new_cdp_session(window)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options | changes})
    return session, added["authenticatorId"]


async def enrol(window: Window, scene: Scene, screenshots: Path, screen: str) -> None:
    """Type the code, make the passkey; a reviewer confirms it."""
    at = utc_now() - timedelta(days=2)
    code = secrets.token_hex(8)
    await scene.store.proofs.keep_code(code, "bob", ProofKind.PASSKEY, utc_now())
    await window.goto(f"{scene.page.url}/enrol")
    await window.screenshot(path=screenshots / f"proof-{screen}-enrol-code.png", full_page=True)
    await window.get_by_label("One-time code").fill(code)
    await window.get_by_role("button", name="Go on").click()
    await window.screenshot(path=screenshots / f"proof-{screen}-enrol-make.png", full_page=True)
    await window.get_by_role("button", name="Make the passkey").click()
    await expect(window.get_by_role("heading", name="The passkey is kept")).to_be_visible()
    await window.screenshot(path=screenshots / f"proof-{screen}-enrol-made.png", full_page=True)
    (enrolled,) = await scene.store.proofs.unasked()
    await scene.store.proofs.ask(
        enrolled.id, slack_id=BOB, name="Bob", channel=SECURITY, command="/powertrip", now=at
    )
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
    # Two days ago, so that it counts for what is grave.
    assert await scene.store.proofs.confirm(enrolled.id, carol, timedelta(hours=24), at)


async def is_met(scene: Scene, nonce: str) -> bool:
    found = await scene.store.proofs.get(nonce)
    return found is not None and found.met_at is not None


@pytest.mark.parametrize("screen", WIDTHS)
async def test_bob_makes_a_passkey_and_proves_an_approval_with_it(
    window: Window, scene: Scene, screenshots: Path, screen: str
) -> None:
    await window.set_viewport_size({"width": WIDTHS[screen], "height": 844})
    await authenticator(window)
    await enrol(window, scene, screenshots, screen)
    challenge = await begun(scene.store, scene.event, ProofKind.PASSKEY, utc_now())
    await window.goto(scene.page.of(challenge))
    await window.screenshot(path=screenshots / f"proof-{screen}-passkey-question.png", full_page=True)
    await window.get_by_role("button", name="Use my passkey").click()
    await expect(window.get_by_role("heading", name="Proven")).to_be_visible()
    assert await is_met(scene, challenge.nonce)
    assert await window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_device_whose_owner_does_not_prove_to_be_there_proves_nothing(
    window: Window, scene: Scene, screenshots: Path
) -> None:
    session, device = await authenticator(window)
    await enrol(window, scene, screenshots, "phone")
    await session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    challenge = await begun(scene.store, scene.event, ProofKind.PASSKEY, utc_now())
    await window.goto(scene.page.of(challenge))
    await window.get_by_role("button", name="Use my passkey").click()
    await expect(window.get_by_role("alert")).to_contain_text("The browser gave no passkey")
    await window.screenshot(path=screenshots / "proof-phone-passkey-none.png", full_page=True)
    assert not await is_met(scene, challenge.nonce)


async def test_a_copy_of_bobs_device_is_noticed(window: Window, scene: Scene, screenshots: Path) -> None:
    session, device = await authenticator(window)
    await enrol(window, scene, screenshots, "phone")
    (copied,) = (await session.send("WebAuthn.getCredentials", {"authenticatorId": device}))["credentials"]
    first = await begun(scene.store, scene.event, ProofKind.PASSKEY, utc_now())
    await window.goto(scene.page.of(first))
    await window.get_by_role("button", name="Use my passkey").click()
    await expect(window.get_by_role("heading", name="Proven")).to_be_visible()
    # The thief's device has the key as it was before.
    await session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    session, device = await authenticator(window)
    await session.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": copied})
    second = await begun(scene.store, scene.event, ProofKind.PASSKEY, utc_now())
    await window.goto(scene.page.of(second))
    await window.get_by_role("button", name="Use my passkey").click()
    await expect(window.get_by_role("alert")).to_contain_text("a copy of it may have been used")
    await window.screenshot(path=screenshots / "proof-phone-passkey-copied.png", full_page=True)
    assert not await is_met(scene, second.nonce)


async def test_at_another_address_the_same_page_gets_no_signature(
    window: Window, scene: Scene, screenshots: Path
) -> None:
    await authenticator(window)
    await enrol(window, scene, screenshots, "phone")
    challenge = await begun(scene.store, scene.event, ProofKind.PASSKEY, utc_now())
    relayed = scene.page.of(challenge).replace("localhost", "relay.localhost")
    await window.goto(relayed)
    await window.get_by_role("button", name="Use my passkey").click()
    await expect(window.get_by_role("alert")).not_to_be_empty()
    assert not await is_met(scene, challenge.nonce)


async def test_mallorys_sign_in_at_the_provider_does_not_approve_for_bob(
    window: Window, scene: Scene, screenshots: Path
) -> None:
    challenge = await begun(scene.store, scene.event, ProofKind.OIDC, utc_now())
    await window.goto(scene.page.of(challenge))
    await window.get_by_role("button", name="Sign in at").click()
    await window.wait_for_url("**/login*")
    await sign_in_as(window, "mallory")
    await expect(window.get_by_role("heading", name="That proved nothing")).to_be_visible()
    await window.screenshot(path=screenshots / "proof-phone-oidc-mallory.png", full_page=True)
    assert not await is_met(scene, challenge.nonce)
