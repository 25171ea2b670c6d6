"""An emulator for each test, its control client, a real Web API client, and a Bolt app connected to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import APP_TOKEN, BOT_TOKEN, App, SlackEmulator, Timing, World, read_manifest, workspace
from slack_emulator.control import Control

MANIFEST = Path(__file__).parent / "manifest.yaml"


def doors_world(app: App | None = None) -> World:
    """Alice, Bob and Carol; #security and @security-team are Carol's alone."""
    return workspace(
        app or read_manifest(MANIFEST),
        channels={"general": (), "security": ["carol"]},
        groups={"security-team": ["carol"]},
    )


@pytest.fixture
async def emulator() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator(
        world=doors_world(), timing=Timing(ack=1.0, event_retries=(0.0, 0.0))
    ) as started:
        yield started


@pytest.fixture
async def control(emulator: SlackEmulator) -> AsyncIterator[Control]:
    async with Control(emulator.url) as client:
        yield client


@pytest.fixture
def web(emulator: SlackEmulator) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=emulator.api_url, retry_handlers=[])


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
