"""A local Slack and its control for each test, and Powertrip connected to them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.demo.workspace import local_slack
from powertrip.runtime.app import Running
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import Sender, powertrip_here, settings, write_config


@pytest.fixture
def strict_rates() -> bool:
    """Whether Slack keeps its published rates; see harness.ANY_RATE."""
    return True


@pytest.fixture
async def sandbox(strict_rates: bool) -> AsyncIterator[SlackEmulator]:
    """A Slack of this test's own."""
    async with local_slack(strict_rates=strict_rates) as started:
        yield started


@pytest.fixture
async def control(sandbox: SlackEmulator) -> AsyncIterator[Control]:
    """Hands and eyes in it."""
    async with Control(sandbox.url) as client:
        yield client


@pytest.fixture
def changes() -> dict[str, Any]:
    """Settings that differ from the harness's; a test module may override this."""
    return {}


@pytest.fixture
async def running(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, changes: dict[str, Any]
) -> AsyncIterator[tuple[Running, Sender]]:
    """Powertrip in this process, connected to the local Slack."""
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path) as (application, sender):
        await control.connected()
        yield application, sender


@pytest.fixture
def sender(running: tuple[Running, Sender]) -> Sender:
    """Posts records to it."""
    return running[1]


@pytest.fixture
def shared_database(new_postgres: Callable[[], str]) -> str:
    """An empty PostgreSQL database."""
    return new_postgres()
