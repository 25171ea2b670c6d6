"""From Approve in Slack by the page to the decision that the worker takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from powertrip.net import utc_now
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import Sender, free_port, login, powertrip_here, settings, write_config
from tests.end_to_end.test_main_path import ALICE, card_for
from tests.end_to_end.test_many_workers import a_web_and_workers
from tests.outside import serving
from tests.page.canaille_server import CLIENT_ID
from tests.page.conftest import Visitor, browser
from tests.page.provider import StubProvider
from tests.page.rig import KEY, Page


@dataclass
class Scene:
    """Powertrip with a page and an identity provider, and Alice's browser there."""

    sender: Sender
    visitor: Visitor
    provider: StubProvider
    control: Control

    async def pressed(self) -> tuple[Any, str]:
        """Alice logs in and presses Approve; gives her card, and the path that her window's button opens."""
        await self.sender.post(login("alice"))
        card = await card_for(self.control, "alice")
        await self.control.press(ALICE, card.channel, card.ts, action_id="approve")
        window = (await self.control.wait_for(lambda s: s.modal(ALICE))).modal(ALICE)
        assert window is not None
        elements = [element for block in window["blocks"] for element in block.get("elements", [])]
        (address,) = [element["url"] for element in elements if "url" in element]
        page, slash, link = address.partition("/proof/")
        assert page == self.visitor.page.url
        return card, slash + link

    async def sign_in(self, link: str) -> str:
        """What the page says after a sign-in."""
        return (await self.visitor.come_back(self.provider.signs_in(await self.visitor.set_out(link))))[1]


@asynccontextmanager
async def at_the_page(
    sandbox: SlackEmulator, control: Control, folder: Path, shared_database: str | None
) -> AsyncIterator[Scene]:
    """Both halves in one, or apart on PostgreSQL."""
    provider, port = StubProvider(utc_now, claims={"sub": "alice"}), free_port()
    page = Page(f"http://localhost:{port}")
    async with serving(provider) as address, browser(page) as visitor:
        provider.issuer = address.rstrip("/")
        oidc = {"issuer": provider.issuer, "client_id": CLIENT_ID, "claim": "sub"}
        changes: dict[str, Any] = {
            "people": {"alice": {"slack": ALICE, "oidc": "alice"}},
            "proofs": {"kinds": ["oidc"], "key": KEY, "page": page.url, "oidc": oidc},
            "policy": [{"require": ["proof"]}],
            "ingest": {"port": port},
        }
        if shared_database:
            changes["database"] = {"url": shared_database}
            async with a_web_and_workers(1, sandbox, control, folder, **changes) as sender:
                yield Scene(sender, visitor, provider, control)
            return
        path = write_config(folder / "config.yaml", settings(sandbox, folder, **changes))
        async with powertrip_here(path) as (_, sender):
            await control.connected()
            yield Scene(sender, visitor, provider, control)


@pytest.mark.parametrize("halves", ["in one", "apart"])
async def test_alice_signs_in_once_more_and_a_worker_approves(
    sandbox: SlackEmulator,
    control: Control,
    tmp_path: Path,
    halves: str,
    request: pytest.FixtureRequest,
) -> None:
    database = request.getfixturevalue("shared_database") if halves == "apart" else None
    async with at_the_page(sandbox, control, tmp_path, database) as scene:
        card, link = await scene.pressed()
        assert "SSH login as alice" in (await scene.visitor.get(link))[1]
        said = await scene.sign_in(link)
        assert "Powertrip is deciding" in said or "Your approval counts" in said
        state = await control.wait_for(lambda s: not s.message(card).buttons)
        text = (await scene.visitor.get(link))[1]

        assert state.message(card).shows("Approved by Alice")
        assert state.message(card).shows("a sign-in at your identity provider")
        assert "It was proven here. This was approved by Alice" in text


async def test_whom_somebody_was_ahead_of_reads_who_decided(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    async with at_the_page(sandbox, control, tmp_path, None) as scene:
        card, link = await scene.pressed()
        await control.press(ALICE, card.channel, card.ts, action_id="deny")
        await control.wait_for(lambda s: s.message(card).shows("Denied by Alice"))
        status, text = await scene.visitor.get(link)

        assert status == 409
        assert "This was denied by Alice" in text
        assert (await scene.visitor.post(f"{link}/sign-in"))[0] == 404
