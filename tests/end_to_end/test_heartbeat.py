"""A heartbeat through all of Powertrip, as it runs: from a post to the card, read back, and to outside."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from powertrip.domain.heartbeat import USER, sign
from slack_emulator.control import Control
from tests.end_to_end.harness import Sender, login
from tests.end_to_end.test_main_path import SECURITY

KEY = "9f31c07be2a84d6539aa0c71"


class Watcher:
    """The address outside, which waits to be called."""

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:  # noqa: ARG002
        self.called.set()
        return web.Response(text="OK")


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    made, app = Watcher(), web.Application()
    app.router.add_get("/ping/secret-uuid", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/ping/secret-uuid"))
        yield made


@pytest.fixture
def changes(watcher: Watcher) -> dict[str, Any]:
    return {"heartbeat": {"key": KEY, "sources": ["syslog"], "late_after": "2s", "ping": watcher.url}}


def heartbeat() -> dict[str, Any]:
    sent_at, nonce = int(time.time()), secrets.token_hex(8)
    signature = sign(SecretStr(KEY), source="syslog", sent_at=sent_at, nonce=nonce)
    return login(f"{USER}-{sent_at}-{nonce}-{signature}", "192.0.2.1")


async def test_a_heartbeat_ends_at_the_address_outside(
    sender: Sender, control: Control, watcher: Watcher
) -> None:
    first = await control.message_in(SECURITY, lambda m: "waiting for the first one" in m.text)
    await sender.post(heartbeat())
    async with asyncio.timeout(20):
        await watcher.called.wait()

    state = await control.state()
    (card,) = state.messages(SECURITY)
    assert card.ts == first.ts
    assert card.text.startswith("💓 Heartbeat: all is well")
    assert not card.buttons
    _, metrics = await sender.get("/metrics")
    assert 'powertrip_heartbeat_seconds{source="syslog"}' in metrics
    assert "secret-uuid" not in card.text
