"""The server and the Powertrip that the tests of powertrip-login share."""

import shutil
from pathlib import Path

import pytest

from tests.contrib.server import NEEDED, SOURCE, Kept, Server, furnished
from tests.end_to_end.harness import free_port


@pytest.fixture(autouse=True)
def _able_machine() -> None:
    lacks = [tool for tool in NEEDED if shutil.which(tool) is None]
    if lacks or not Path("/proc/sys/kernel/random/uuid").exists():
        pytest.skip(f"powertrip-login is for Linux; this machine lacks: {', '.join(lacks) or '/proc'}")


@pytest.fixture
def kept() -> Kept:
    """What Powertrip was told."""
    return Kept()


@pytest.fixture
def port() -> int:
    """Where Powertrip listens, once a test starts it."""
    return free_port()


@pytest.fixture
def bare_server(tmp_path: Path) -> Server:
    """A server without powertrip-login."""
    return furnished(tmp_path / "server")


@pytest.fixture
async def server(bare_server: Server, port: int) -> Server:
    """A server with powertrip-login, which tells the Powertrip on `port`."""
    ended = await bare_server.install(f"http://127.0.0.1:{port}/ingest/{SOURCE}")
    assert ended.status == 0, ended.output
    return bare_server
