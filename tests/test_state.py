"""Who hears of a process's state: all that it lives; the rest, who has the token or is on the machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from powertrip.metrics import Metrics
from powertrip.runtime import state_server
from powertrip.runtime.state_server import StateServer
from powertrip.state.endpoint import Check, StateEndpoint
from tests.config.test_config import COMPLETE, load, only_mistake

TOKEN = "9f31c07be2a84d65a0c4"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class State:
    """A state that is served both ways."""

    checks: list[Check] = field(default_factory=lambda: [Check(name="database", ok=True)])
    token: SecretStr | None = None
    metrics: Metrics = field(default_factory=Metrics)
    urls: dict[str, str] = field(default_factory=dict)

    async def readiness(self) -> Sequence[Check]:
        return self.checks

    @property
    def endpoint(self) -> StateEndpoint:
        return StateEndpoint(readiness=self.readiness, metrics=self.metrics, token=lambda: self.token)

    async def get(self, where: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        url = f"{self.urls[where]}{path}"
        async with ClientSession() as client, client.get(url, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())


@pytest.fixture
async def state() -> AsyncIterator[State]:
    made, beside = State(), web.Application()
    made.endpoint.add_beside_records(beside)
    async with TestServer(beside) as public, TestServer(made.endpoint.app_of_its_own()) as own:
        made.urls = {"beside": str(public.make_url("")), "own": str(own.make_url(""))}
        yield made


@pytest.mark.parametrize("where", ["beside", "own"])
@pytest.mark.parametrize("token", [None, SecretStr(TOKEN)])
async def test_health_needs_nothing_but_the_process(
    state: State, where: str, token: SecretStr | None
) -> None:
    state.token = token
    state.checks[0] = Check(name="database", ok=False)
    assert await state.get(where, "/healthz") == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
async def test_a_stranger_learns_nothing_beside_the_records(state: State, path: str) -> None:
    status, answer = await state.get("beside", path)
    assert status == 404
    assert "metrics.port" in answer["error"]
    assert (await state.get("beside", path, BEARER))[0] == 404

    state.token = SecretStr(TOKEN)
    for headers in (None, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}):
        status, answer = await state.get("beside", path, headers)
        assert status == 401
        assert list(answer) == ["error"]
    assert (await state.get("beside", path, BEARER))[0] == 200


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
async def test_a_port_of_its_own_needs_the_token_once_there_is_one(state: State, path: str) -> None:
    assert (await state.get("own", path))[0] == 200
    state.token = SecretStr(TOKEN)
    assert (await state.get("own", path))[0] == 401
    assert (await state.get("own", path, BEARER))[0] == 200


async def test_readiness_names_what_is_not_ready(state: State) -> None:
    state.checks.append(Check(name="slack", ok=False, detail="no connection for 90 s"))
    status, answer = await state.get("own", "/readyz")
    assert status == 503
    assert answer == {
        "ready": False,
        "checks": [
            {"name": "database", "ok": True, "detail": ""},
            {"name": "slack", "ok": False, "detail": "no connection for 90 s"},
        ],
    }


async def test_metrics_are_served_in_prometheus_text(state: State) -> None:
    state.metrics.records_accepted("logs", new=1, duplicates=0)
    async with ClientSession() as client, client.get(f"{state.urls['own']}/metrics") as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert 'powertrip_records_accepted_total{source="logs"} 1.0' in await answer.text()


async def test_a_port_that_is_taken_stops_nothing_and_is_had_once_it_is_free(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_server, "AGAIN_AFTER", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        server = StateServer(state.endpoint.app_of_its_own, "127.0.0.1", port)
        await server.start()
        with pytest.raises(RuntimeError, match="not served"):
            assert server.port
    assert server._retrying is not None
    async with asyncio.timeout(10):
        await server._retrying
    assert server.port == port
    await server.stop()


def test_by_default_only_the_machine_itself_reaches_it(tmp_path: Path) -> None:
    section = load(tmp_path, COMPLETE).metrics
    assert (section.host, section.port, section.worker_port, section.token) == ("127.0.0.1", 9464, 9465, None)


@pytest.mark.parametrize(
    ("metrics", "warned"),
    [
        ("{host: 0.0.0.0}", True),
        ("{host: metrics.example.com}", True),
        ("{host: 0.0.0.0, token: 9c8e2f7a1b6d40358cfe}", False),
        ("{host: 0.0.0.0, port: null, worker_port: null}", False),
        ("{host: '::1'}", False),
        ("{host: localhost}", False),
    ],
)
def test_a_port_that_others_reach_without_a_token_is_warned_of(
    tmp_path: Path, metrics: str, warned: bool
) -> None:
    warnings = load(tmp_path, f"{COMPLETE}metrics: {metrics}\n").warnings
    assert [warning.setting for warning in warnings] == ["metrics.host"] * warned


def test_a_token_that_is_short_is_refused(tmp_path: Path) -> None:
    mistake = only_mistake(tmp_path, "metrics: {token: short}\n")
    assert (mistake.setting, "at least 16" in mistake.problem) == ("metrics.token", True)
