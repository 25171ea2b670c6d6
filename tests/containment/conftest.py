"""What is called, and a room to press in."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from powertrip.containment import ContainmentSection
from powertrip.net import new_client
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.conftest import Clock
from tests.containment.outside import HOOK_SECRET, TOKEN, Outside, Tctl, outside, tctl_in
from tests.containment.room import Room
from tests.databases import provide_database

NewRoom = Callable[..., Room]


@pytest.fixture
async def world() -> AsyncIterator[Outside]:
    """Whoever is called over HTTP."""
    async with outside() as opened:
        yield opened


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite is enough for what is decided above the database; `test_once` has both."""
    provide_database(url := f"sqlite:///{tmp_path}/powertrip.db")
    return url


@pytest.fixture
def tctl(tmp_path: Path) -> Tctl:
    """Teleport's program."""
    return tctl_in(tmp_path / "teleport")


@pytest.fixture
def actions(world: Outside, tctl: Tctl) -> dict[str, Any]:
    """One of each kind that needs no Amazon."""
    hook = {"type": "webhook", "url": f"{world.url}/hook", "secret": HOOK_SECRET}
    teleport = {"type": "teleport", "proxy": "teleport.example.com:443", "identity": "/run/tbot/identity"}
    return {
        "hook": hook | {"says": "Lock {user_name}", "undo": "Unlock {user_name}", "lasts": "1h"},
        "sure-hook": hook | {"says": "Isolate {host_name}", "undo": "Free {host_name}", "idempotent": True},
        "teleport": teleport | {"tctl": tctl.program},
        "okta": {"type": "okta_sessions", "url": world.url, "token": TOKEN},
        "github": {"type": "github_sso", "org": "acme", "url": world.url, "token": TOKEN},
        "host": {"type": "host", "secret": HOOK_SECRET},
    }


@pytest.fixture
async def new_room(
    database_thread: DatabaseThread, store: Store, clock: Clock, actions: dict[str, Any]
) -> AsyncIterator[NewRoom]:
    """Makes a room with these settings of the section `containment`."""
    async with new_client() as pool:

        def make(**section: Any) -> Room:
            whole = ContainmentSection.model_validate({"actions": actions} | section)
            return Room(database_thread, store, clock, pool, whole)

        yield make
