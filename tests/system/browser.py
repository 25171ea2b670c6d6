"""Debian's Chromium, and the emulator's page in it as one person sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Chromium without a window; its own sandbox cannot run as root."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), chromium_sandbox=False, args=FLAGS.split()
        )
        yield started
        await started.close()


class Desk:
    """One person's window on the emulator's page."""

    def __init__(self, page: Page, address: str, user: str) -> None:
        self.page = page
        self._address = address
        self._user = user

    @classmethod
    async def of(
        cls, browser: Browser, address: str, user: str, *, width: int = 1200, height: int = 700
    ) -> "Desk":
        """A window of its own, `width` by `height` pixels."""
        page = await browser.new_page(viewport={"width": width, "height": height})
        return cls(page, address, user)

    async def picture(self, path: Path) -> None:
        """Save what the window shows once nothing moves any more."""
        await self.page.screenshot(path=path, animations="disabled")

    async def look_at(self, channel: str) -> None:
        """Open a channel or direct message, by its id."""
        await self.page.goto(f"{self._address}/#as={self._user}&in={channel}")
        await expect(self.page.locator(f"[data-channel-id={channel}]")).to_have_attribute(
            "aria-current", "page"
        )

    def message(self, words: str) -> Locator:
        """The latest message that shows these words."""
        return self.page.get_by_test_id("message").filter(has_text=words).last

    async def type(self, text: str) -> None:
        """Type into the message box, and Enter."""
        box = self.page.get_by_test_id("composer-text")
        await box.fill(text)
        await box.press("Enter")
