"""The page with Canaille, an identity provider that is certified by the OpenID Foundation."""

import re
from collections.abc import AsyncIterator, Iterator
from html import unescape

import pytest
from yarl import URL

from powertrip.domain.event import Event
from powertrip.domain.proof import ProofKind
from powertrip.net import new_client, utc_now
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.end_to_end.harness import free_port
from tests.page.canaille_server import PASSWORD
from tests.page.conftest import Visitor, browser
from tests.page.rig import Page, asked, begun, identity_provider, link, running_page, section

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def port() -> int:
    """That of the page, which the provider has to know before anybody listens there."""
    return free_port()


@pytest.fixture(scope="module")
def issuer(port: int) -> Iterator[str]:
    with identity_provider(f"http://localhost:{port}") as found:
        yield found


@pytest.fixture
async def page(store: Store, issuer: str, port: int) -> AsyncIterator[Page]:
    configured = section(f"http://localhost:{port}", issuer)
    async with (
        new_client() as client,
        running_page(store, utc_now, client, port=port, configured=configured) as running,
    ):
        yield running


@pytest.fixture
async def about(database_thread: DatabaseThread, store: Store) -> Event:
    return await asked(database_thread, store, utc_now())


async def sign_in(visitor: Visitor, address: str, name: str) -> str:
    """Fill in the provider's forms, one after the other, and come back; gives what the page says."""
    async with visitor.session.get(URL(address, encoded=True)) as answer:
        text, url = await answer.text(), answer.url
    for field, value in (("login", name), ("password", PASSWORD)):
        hidden = dict(re.findall(r'<input[^>]*name="(csrf_token)"[^>]*value="([^"]+)"', text))
        form = {key: unescape(token) for key, token in hidden.items()} | {field: value, "answer": "accept"}
        async with visitor.session.post(url, data=form, headers={"Referer": str(url)}) as answer:
            text, url = await answer.text(), answer.url
    return text


@pytest.mark.parametrize(
    ("name", "said", "is_met"), [("bob", "Proven", True), ("mallory", "somebody else", False)]
)
async def test_bob_proves_his_approval_and_mallory_does_not(
    page: Page, store: Store, about: Event, name: str, said: str, is_met: bool
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC, utc_now())
    async with browser(page) as visitor:
        text = await sign_in(visitor, await visitor.set_out(link(challenge.nonce)), name)
        assert said in text
        found = await store.proofs.get(challenge.nonce)
        assert found is not None
        assert (found.met_at is not None) is is_met


async def test_who_is_signed_in_at_the_provider_already_is_asked_to_sign_in_once_more(
    page: Page, store: Store, about: Event
) -> None:
    first = await begun(store, about, ProofKind.OIDC, utc_now())
    async with browser(page) as visitor:
        await sign_in(visitor, await visitor.set_out(link(first.nonce)), "bob")
        second = await begun(store, about, ProofKind.OIDC, utc_now())
        address = await visitor.set_out(link(second.nonce))
        async with visitor.session.get(URL(address, encoded=True)) as answer:
            assert 'type="password"' in await answer.text()
        found = await store.proofs.get(second.nonce)
        assert found is not None
        assert found.met_at is None
