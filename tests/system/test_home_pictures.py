"""The Home tab as a phone and a desktop show it: for people to look at, and to press."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from powertrip.cli.demo.workspace import local_slack
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import ALICES_DM, login, powertrip_here, settings, write_config
from tests.end_to_end.test_expectations import announced
from tests.end_to_end.test_main_path import ALICE, CAROL, card_for
from tests.system.browser import Desk
from tests.system.test_card_pictures import WIDTHS

pytestmark = pytest.mark.system

HEIGHT = 1800
"""All of it is seen: the page scrolls within itself."""
FITS = "home => home.scrollWidth <= home.clientWidth && home.clientWidth <= innerWidth"
CAROLS_DM = "D0CAROL"
SILENT = {"type": "json", "secret": "another-secret-that-is-long", "expect_within": "1s"}


def changes() -> dict[str, Any]:
    """Expectations, storms, a source that is silent, and a heartbeat that never came."""
    return {
        "expectations": {"enabled": True},
        "storms": {"enabled": True, "above": 3},
        "sources": {"quiet": SILENT},
        "heartbeat": {"key": "a-key-of-the-heartbeat-alone", "sources": ["syslog"]},
    }


async def home_of(browser: Browser, slack: SlackEmulator, user: str, channel: str, width: int) -> Desk:
    desk = await Desk.of(browser, slack.url, user, width=width, height=HEIGHT)
    await desk.look_at(channel)
    await desk.page.locator("[data-tab=home]").click()
    return desk


async def picture(desk: Desk, path: Path) -> None:
    await desk.page.locator(".home-inner").screenshot(path=path, animations="disabled")


@pytest.mark.parametrize("screen", WIDTHS)
async def test_the_home_tab_fits_the_screen_and_its_buttons_work(
    browser: Browser, screenshots: Path, tmp_path: Path, screen: str
) -> None:
    async with local_slack() as slack, Control(slack.url) as control:
        path = write_config(tmp_path / "config.yaml", settings(slack, tmp_path, **changes()))
        async with powertrip_here(path) as (_, sender):
            await control.connected()
            await announced(control, CAROL, f"<@{ALICE}|alice> ssh web-* 2h new certificates", "✅ Expected")
            await announced(control, ALICE, "ssh db-* 1h a new index", "To be confirmed")
            await sender.post(login("alice"), login("alice", host="web-1"), login("bob", host="db-7"))
            card = await card_for(control, "bastion-1")
            await sender.post(*(login("oswaldo", host=f"worker-{number}") for number in range(9)))
            await control.message_in("C0SECURITY", lambda m: m.shows("events alike"))
            await control.message_in("C0SECURITY", lambda m: m.shows("is silent"))

            width = WIDTHS[screen]
            reviewer = await home_of(browser, slack, CAROL, CAROLS_DM, width)
            home = reviewer.page.locator("#home")
            await expect(home).to_contain_text("For reviewers")
            await picture(reviewer, screenshots / f"home-{screen}-reviewer.png")
            assert await home.evaluate(
                "home => home.scrollWidth <= home.clientWidth && innerWidth >= home.clientWidth"
            )

            person = await home_of(browser, slack, ALICE, ALICES_DM, width)
            home = person.page.locator("#home")
            await expect(home).to_contain_text("1 question waits for you")
            assert await home.evaluate(
                "home => home.scrollWidth <= home.clientWidth && innerWidth >= home.clientWidth"
            )
            await picture(person, screenshots / f"home-{screen}-person.png")
            await home.get_by_role("button", name="End").first.click()
            await expect(home).to_contain_text("Ended: nothing is expected")
            await home.get_by_role("button", name="Deny").click()
            await expect(home).to_contain_text("You denied")
            await picture(person, screenshots / f"home-{screen}-answered.png")
            await control.wait_for(lambda s: s.message(card).shows("Denied"))
