"""A sandbox for each test, a control client, a real Web API client, and a small Bolt app connected to it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator, Timing
from slack_emulator.control import Control


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real samples, where there is one."""
    folder = Path(os.environ.get("POWERTRIP_CORPORA", "/nonexistent"))
    if not folder.is_dir():
        pytest.skip("POWERTRIP_CORPORA names no folder of samples")
    return folder


@pytest.fixture
async def sandbox() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator(timing=Timing(ack=1.0, event_retries=(0.0, 0.0))) as started:
        yield started


@pytest.fixture
async def control(sandbox: SlackEmulator) -> AsyncIterator[Control]:
    async with Control(sandbox.url) as client:
        yield client


@pytest.fixture
def web(sandbox: SlackEmulator) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=sandbox.api_url, retry_handlers=[])


@pytest.fixture
def app(web: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=web, process_before_response=False)


@pytest.fixture
async def connected(app: AsyncApp, control: Control) -> AsyncIterator[AsyncSocketModeHandler]:
    """The Bolt app, connected; its listeners may be added before or after."""
    handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=0.2)
    await handler.connect_async()
    await control.connected()
    yield handler
    await handler.close_async()
