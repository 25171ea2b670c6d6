"""Powertrip in this process, with or without Slack, and a way to reload it."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from powertrip.log import configure_logging
from powertrip.runtime.app import Running, powertrip
from powertrip.settings import load_config
from slack_emulator import SlackEmulator
from tests.databases import provide_database
from tests.end_to_end.conftest import control, sandbox, strict_rates
from tests.end_to_end.harness import Sender, powertrip_here, settings, write_config

__all__ = ["control", "sandbox", "strict_rates"]


@dataclass
class Process:
    """A running Powertrip, and the file that it was started with."""

    running: Running
    sender: Sender
    path: Path
    sandbox: SlackEmulator

    async def reload(self, **changes: Any) -> tuple[str, ...]:
        """Lay changes over the configuration of its start; returns the settings that wait for a restart."""
        write_config(self.path, settings(self.sandbox, self.path.parent, **changes))
        return await self.running.reload(load_config(self.path, {}))


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    yield
    configure_logging("critical")
    logging.captureWarnings(False)


@pytest.fixture
def changes() -> dict[str, Any]:
    """Settings that differ from the harness's at the start; a test module may override this."""
    return {}


@pytest.fixture
async def whole(sandbox: SlackEmulator, tmp_path: Path, changes: dict[str, Any]) -> AsyncIterator[Process]:
    """Both halves, connected to a local Slack."""
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path) as (running, sender):
        yield Process(running, sender, path, sandbox)


@pytest.fixture
async def web(tmp_path: Path, changes: dict[str, Any]) -> AsyncIterator[Process]:
    """The half that takes records, and leaves them unjudged."""
    nowhere = SlackEmulator()
    path = write_config(tmp_path / "config.yaml", settings(nowhere, tmp_path, **changes))
    config = load_config(path, {})
    provide_database(config.database.url.get_secret_value())
    async with aiohttp.ClientSession() as session, powertrip(config, works=False) as running:
        yield Process(running, Sender(running.port, session), path, nowhere)
