"""Announced work as a phone and a desktop show it: for people to look at, to press, and to fill in."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from powertrip.cli.demo.workspace import local_slack
from powertrip.net import utc_now
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from slack_emulator.control import Control
from tests.announcing import Announcing
from tests.end_to_end.harness import ALICES_DM, powertrip_here, settings, write_config
from tests.end_to_end.test_expectation_proofs import code
from tests.end_to_end.test_expectations import announced
from tests.end_to_end.test_main_path import ALICE, CAROL, SECURITY
from tests.proving import KEY
from tests.system.browser import Desk
from tests.system.test_card_pictures import WIDTHS

pytestmark = pytest.mark.system

HEIGHT = 1100
FITS = "it => it.scrollWidth <= it.clientWidth"


def changes() -> dict[str, Any]:
    return {"expectations": {"enabled": True, "ticket": "CHG-[0-9]+"}}


@pytest.mark.parametrize("screen", WIDTHS)
async def test_what_is_announced_fits_the_screen_and_is_confirmed_and_ended_there(
    browser: Browser, screenshots: Path, tmp_path: Path, screen: str
) -> None:
    async with local_slack() as slack, Control(slack.url) as control:
        path = write_config(tmp_path / "config.yaml", settings(slack, tmp_path, **changes()))
        async with powertrip_here(path):
            await control.connected()
            await announced(control, ALICE, "ssh web-* 2h CHG-1234 network=192.0.2.0/24 new certificates")
            desk = await Desk.of(browser, slack.url, CAROL, width=WIDTHS[screen], height=HEIGHT)
            await desk.look_at(SECURITY)
            note = desk.message("To be confirmed: work of alice")
            await expect(note.locator("[data-action-id=confirm_expected]")).to_be_visible()
            assert await note.evaluate(FITS)
            await desk.picture(screenshots / f"expectation-{screen}-waits.png")
            await note.locator("[data-action-id=confirm_expected]").click()
            await desk.picture(screenshots / f"expectation-{screen}-really.png")
            await desk.page.get_by_role("button", name="Yes, confirm").click()
            await expect(desk.message("confirmed by Carol")).to_be_visible()
            await desk.picture(screenshots / f"expectation-{screen}-stands.png")

            await desk.type("/powertrip expect")
            window = desk.page.get_by_role("dialog")
            await expect(window).to_contain_text("Announce work")
            assert await window.evaluate(FITS)
            await desk.picture(screenshots / f"expectation-{screen}-window.png")
            await desk.page.keyboard.press("Escape")
            await desk.page.locator("[data-action-id=end_expected]").last.click()
            await expect(desk.message("ended by Carol")).to_be_visible()
            await desk.picture(screenshots / f"expectation-{screen}-over.png")


@pytest.mark.parametrize("screen", WIDTHS)
async def test_who_announces_something_proves_it_in_a_window_that_says_what_it_is(
    browser: Browser, screenshots: Path, tmp_path: Path, screen: str
) -> None:
    proven = {
        "expectations": {"enabled": True, "require": ["proof"]},
        "proofs": {"kinds": ["passkey", "totp"], "key": KEY, "page": "http://localhost:8080"},
    }
    async with local_slack() as slack, Control(slack.url) as control:
        path = write_config(tmp_path / "config.yaml", settings(slack, tmp_path, **proven))
        async with powertrip_here(path):
            await control.connected()
            thread = DatabaseThread(open_database(f"sqlite:///{tmp_path}/powertrip.db"))
            scene = Announcing(thread, Store(thread), now=utc_now())
            await scene.enrol_all([ALICE, CAROL])
            await thread.close()
            desk = await Desk.of(browser, slack.url, ALICE, width=WIDTHS[screen], height=HEIGHT)
            await desk.look_at(ALICES_DM)
            await desk.type("/powertrip expect ssh web-* 2h network=192.0.2.0/24 new certificates")
            window = desk.page.get_by_role("dialog")
            await expect(window).to_contain_text("Prove it to announce")
            assert await window.evaluate(FITS)
            await desk.picture(screenshots / f"expectation-{screen}-prove.png")
            await window.get_by_role("textbox").fill(code(ALICE))
            await window.get_by_role("button", name="Announce it").click()
            await expect(desk.message("To be confirmed: work of alice").last).to_be_visible()
            await desk.picture(screenshots / f"expectation-{screen}-proven-waits.png")

            other = await Desk.of(browser, slack.url, CAROL, width=WIDTHS[screen], height=HEIGHT)
            await other.look_at(SECURITY)
            await other.page.locator("[data-action-id=confirm_expected]").click()
            await other.page.get_by_role("button", name="Yes, confirm").click()
            window = other.page.get_by_role("dialog")
            await expect(window).to_contain_text("Prove it to confirm")
            await other.picture(screenshots / f"expectation-{screen}-prove-confirm.png")
            await window.get_by_role("textbox").fill(code(CAROL))
            await window.get_by_role("button", name="Confirm it").click()
            await expect(other.message("confirmed by Carol (proven by")).to_be_visible()
            await other.picture(screenshots / f"expectation-{screen}-proven-stands.png")
