"""The demo as a person sees it: in a browser, with the mouse."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.cli.test_demo import Demo, demo
from tests.system.browser import Desk

__all__ = ["demo"]
BOB = "U0BOB"

pytestmark = pytest.mark.system


async def test_bob_denies_a_login_from_an_address_of_bad_repute(
    demo: Demo,
    browser: Browser,
    screenshots: Path,
) -> None:
    card = await demo.card("bob", "84 of 100 by Threat Jammer")
    desk = await Desk.of(browser, demo.address, BOB, width=920, height=640)
    await desk.look_at(card.channel)
    message = desk.message("84 of 100")
    await message.scroll_into_view_if_needed()
    await desk.picture(screenshots / "demo-bob-is-asked.png")
    await message.get_by_role("button", name="Deny").click()
    await expect(message).to_contain_text("Denied by")
    await demo.card("Denied by Bob: somebody has to look into this now")
