"""Every state of five kinds of cards, as a phone and a desktop show it: for people to look at."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.cards import Message
from powertrip.cli.demo.workspace import local_slack
from slack_emulator import BOT_TOKEN, SlackEmulator
from tests.cards.states import kinds, states
from tests.end_to_end.harness import ALICES_DM, login, powertrip_here, settings, write_config
from tests.system.browser import Desk

pytestmark = pytest.mark.system

ALICE, CAROL, SECURITY = "U0ALICE", "U0CAROL", "C0SECURITY"
WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHT = 2000
"""Pixels: a card is seen whole."""


async def posted(slack: SlackEmulator, message: Message) -> str:
    """The ts of the message, once Slack has taken it."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url)
    answer = await client.chat_postMessage(channel=SECURITY, **message.arguments())
    return str(answer["ts"])


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("screen", WIDTHS)
async def test_every_state_of_a_card_fits_the_screen(
    browser: Browser, screenshots: Path, kind: str, screen: str
) -> None:
    async with local_slack() as slack:
        sent = {state: await posted(slack, message) for state, message in states(kinds()[kind]).items()}
        desk = await Desk.of(browser, slack.url, CAROL, width=WIDTHS[screen], height=HEIGHT)
        await desk.look_at(SECURITY)
        for state, ts in sent.items():
            card = desk.page.locator(f'[data-ts="{ts}"]')
            await card.scroll_into_view_if_needed()
            assert await card.evaluate("card => card.scrollWidth <= card.clientWidth"), state
            await card.screenshot(path=screenshots / f"{kind}-{screen}-{state}.png", animations="disabled")


@pytest.mark.parametrize("kind", [kind for kind, about in kinds().items() if not about.requires_reason])
async def test_the_question_before_approving_names_what_is_approved(
    browser: Browser, screenshots: Path, kind: str
) -> None:
    about = kinds()[kind]
    async with local_slack() as slack:
        ts = await posted(slack, states(about)["reminded"])
        desk = await Desk.of(browser, slack.url, CAROL, width=WIDTHS["phone"], height=844)
        await desk.look_at(SECURITY)
        await desk.page.locator(f'[data-ts="{ts}"]').get_by_role("button", name="Approve").click()
        question = desk.page.get_by_role("dialog")
        for named in (
            about.title,
            *about.decisive,
            about.user_name,
            about.host_name,
            f"{about.severity} severity",
        ):
            await expect(question).to_contain_text(str(named))
        await desk.picture(screenshots / f"{kind}-phone-confirm.png")


@pytest.mark.parametrize("screen", WIDTHS)
async def test_the_rarer_answers_are_behind_a_menu_and_the_agent_is_asked_for_in_a_window(
    browser: Browser, screenshots: Path, tmp_path: Path, screen: str
) -> None:
    async with local_slack() as slack:
        path = write_config(tmp_path / "config.yaml", settings(slack, tmp_path))
        async with powertrip_here(path) as (_, sender):
            await sender.post(login("alice"))
            desk = await Desk.of(browser, slack.url, ALICE, width=WIDTHS[screen], height=844)
            await desk.look_at(ALICES_DM)
            card = desk.message("Was this you")
            await card.get_by_role("button", name="More actions").click()
            await expect(desk.page.get_by_role("menuitem", name="Not sure")).to_be_visible()
            await desk.picture(screenshots / f"answers-{screen}-menu.png")
            await desk.page.get_by_role("menuitem", name="My agent or script").click()
            await expect(desk.page.get_by_role("dialog")).to_contain_text("Which agent or script?")
            await desk.picture(screenshots / f"answers-{screen}-agent.png")
