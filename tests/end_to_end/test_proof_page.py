"""From Approve in Slack by the page to the decision that the worker takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from powertrip.net import utc_now
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import Sender, free_port, login, powertrip_here, settings, write_config
from tests.end_to_end.test_main_path import ALICE, card_for
from tests.outside import serving
from tests.page.canaille_server import CLIENT_ID
from tests.page.conftest import Visitor
from tests.page.provider import StubProvider
from tests.page.rig import KEY, Page


@asynccontextmanager
async def at_the_page(
    sandbox: SlackEmulator, control: Control, folder: Path, kinds: list[str]
) -> AsyncIterator[tuple[Sender, Visitor, StubProvider]]:
    """Powertrip with a page and an identity provider, and a browser at it."""
    provider = StubProvider(utc_now, claims={"sub": "alice"})
    port = free_port()
    async with serving(provider) as address:
        provider.issuer = address.rstrip("/")
        proofs: dict[str, Any] = {
            "kinds": kinds,
            "key": KEY,
            "page": f"http://localhost:{port}",
            "oidc": {"issuer": provider.issuer, "client_id": CLIENT_ID, "claim": "sub"},
        }
        whole = settings(
            sandbox,
            folder,
            people={"alice": {"slack": ALICE, "oidc": "alice"}},
            proofs=proofs,
            policy=[{"require": ["proof"]}],
            ingest={"port": port},
        )
        jar = aiohttp.CookieJar(treat_as_secure_origin=URL(proofs["page"]))
        async with (
            powertrip_here(write_config(folder / "config.yaml", whole)) as (application, sender),
            aiohttp.ClientSession(cookie_jar=jar) as session,
        ):
            await control.connected()
            page = Page(proofs["page"], application.shared.signals.proofs)
            yield sender, Visitor(page, session), provider


async def test_alice_signs_in_once_more_and_the_worker_approves(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    async with at_the_page(sandbox, control, tmp_path, ["oidc"]) as (sender, visitor, provider):
        await sender.post(login("alice"))
        card = await card_for(control, "alice")
        await control.press(ALICE, card.channel, card.ts, action_id="approve")
        window = (await control.wait_for(lambda s: s.modal(ALICE))).modal(ALICE)
        assert window is not None
        address = next(
            element["url"]
            for block in window["blocks"]
            for element in block.get("elements", [])
            if "url" in element
        )
        nonce = address.rpartition("/")[2]
        assert address == f"{visitor.page.url}/proof/{nonce}"
        assert "SSH login as alice" in (await visitor.get(f"/proof/{nonce}"))[1]
        status, text = await visitor.come_back(provider.signs_in(await visitor.set_out(nonce)))
        assert (status, "Proven" in text or "Your approval counts" in text) == (200, True)
        state = await control.wait_for(lambda s: not s.message(card).buttons)

        assert state.message(card).shows("Approved by Alice")
        assert (
            "Your approval counts, with this proof. This was approved by Alice"
            in (await visitor.get(f"/proof/{nonce}"))[1]
        )
