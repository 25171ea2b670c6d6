"""Amazon's services, played by moto on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from moto.server import ThreadedMotoServer


@contextmanager
def amazon() -> Iterator[str]:
    """The address of all of them, empty at first."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        yield url
        # moto keeps what it has in the process, for the next test to find.
        httpx.post(f"{url}/moto-api/reset").raise_for_status()
    finally:
        server.stop()


def may_use_amazon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the process credentials that moto takes, and keep it from asking the machine for others."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
