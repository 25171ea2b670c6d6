"""The page with a provider that says what a test has it say, and a browser that does what a thief wants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from yarl import URL

from powertrip.domain.event import Event
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.conftest import Clock
from tests.end_to_end.harness import free_port
from tests.outside import client_of
from tests.page.provider import ISSUER, StubProvider
from tests.page.rig import Page, asked, running_page, section


@dataclass
class Visitor:
    """A browser at the page: its cookies, and nothing else, are its own."""

    page: Page
    session: aiohttp.ClientSession

    async def get(self, path: str, **query: str) -> tuple[int, str]:
        async with self.session.get(f"{self.page.url}{path}", params=query) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, origin: str | None = None, **sent: Any) -> tuple[int, str]:
        headers = {} if origin == "" else {"Origin": origin or self.page.url}
        async with self.session.post(f"{self.page.url}{path}", headers=headers, **sent) as answer:
            return answer.status, await answer.text()

    async def set_out(self, link: str) -> str:
        """Press the button that leads to the provider; gives its address."""
        status, text = await self.post(f"{link}/sign-in")
        assert status == 200, text
        return text.split('class="go" href="')[1].split('"')[0].replace("&amp;", "&")

    async def come_back(self, answer: dict[str, str]) -> tuple[int, str]:
        """Bring the provider's answer to the page."""
        return await self.get("/proof/signed-in", **answer)


@pytest.fixture
def provider(clock: Clock) -> StubProvider:
    return StubProvider(clock)


@pytest.fixture
async def page(store: Store, clock: Clock, provider: StubProvider) -> AsyncIterator[Page]:
    port = free_port()
    configured = section(f"http://localhost:{port}", ISSUER)
    async with (
        client_of(provider) as client,
        running_page(store, clock, client, port=port, configured=configured) as running,
    ):
        yield running


@asynccontextmanager
async def browser(page: Page) -> AsyncIterator[Visitor]:
    """With cookies of its own. Like real ones, it takes this machine for as good as https."""
    jar = aiohttp.CookieJar(treat_as_secure_origin=URL(page.url))
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Visitor(page, session)


@pytest.fixture
async def visitor(page: Page) -> AsyncIterator[Visitor]:
    async with browser(page) as found:
        yield found


@pytest.fixture
async def thief(page: Page) -> AsyncIterator[Visitor]:
    async with browser(page) as found:
        yield found


@pytest.fixture
async def about(database_thread: DatabaseThread, store: Store) -> Event:
    return await asked(database_thread, store, requires_proof="proof")
