"""A report as a phone and a desktop show it, in Slack and as a page: for people to look at."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from powertrip.cards import digest_card, report_digest
from powertrip.cli.demo.workspace import local_slack
from powertrip.cli.report.page import page
from powertrip.domain.report import Report
from tests.month import PEOPLE, answered, asked, month, report_of
from tests.samples import ALICE
from tests.system.browser import Desk
from tests.system.test_card_pictures import CAROL, HEIGHT, SECURITY, WIDTHS, posted

pytestmark = pytest.mark.system

REPORTS = {
    "month": report_of(month()),
    "little": report_of([answered(asked("one", 3, ALICE), 40), asked("two", 9, PEOPLE[1], rule="sudo")]),
    "nothing": report_of([]),
    "own": report_of(month(), own=ALICE),
}


@pytest.mark.parametrize("screen", WIDTHS)
async def test_a_report_fits_the_screen(browser: Browser, screenshots: Path, screen: str) -> None:
    async with local_slack() as slack:
        sent = {name: await posted(slack, digest_card(report_digest(it))) for name, it in REPORTS.items()}
        desk = await Desk.of(browser, slack.url, CAROL, width=WIDTHS[screen], height=HEIGHT)
        await desk.look_at(SECURITY)
        for name, ts in sent.items():
            card = desk.page.locator(f'[data-ts="{ts}"]')
            await card.scroll_into_view_if_needed()
            assert await card.evaluate("card => card.scrollWidth <= card.clientWidth"), name
            await card.screenshot(path=screenshots / f"report-{screen}-{name}.png", animations="disabled")


@pytest.mark.parametrize("screen", WIDTHS)
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
async def test_the_page_of_a_report_fits_the_screen(
    browser: Browser, screenshots: Path, tmp_path: Path, screen: str, report: Report
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(report, database="sqlite:///powertrip.db", version="1.0"), encoding="utf-8")
    window = await browser.new_page(viewport={"width": WIDTHS[screen], "height": 844})
    await window.goto(file.as_uri())
    name = next(name for name, it in REPORTS.items() if it is report)
    await window.screenshot(path=screenshots / f"report-page-{screen}-{name}.png", full_page=True)
    # What is wider scrolls by itself.
    assert await window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
