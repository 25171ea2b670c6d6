"""The read API keeps the contract that it publishes: requests made up from openapi.json."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr

from powertrip.api import ReadApi
from powertrip.store import Store
from tests.databases import provide_database
from tests.end_to_end.harness import ROOT

TOKEN = "9f31c07be2a84d65a0c4"
CONTRACT = json.loads((ROOT / "powertrip/openapi.json").read_text(encoding="utf-8"))


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What is asked here is the same on both databases."""
    url = f"sqlite:///{tmp_path}/powertrip.db"
    provide_database(url)
    return url


OPERATIONS = [(method.upper(), path) for path, methods in CONTRACT["paths"].items() for method in methods]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=map(" ".join, OPERATIONS))
@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {TOKEN}"}, {}], ids=["token", "stranger"])
async def test_every_answer_is_one_that_the_contract_has(
    method: str, path: str, headers: dict[str, str], store: Store
) -> None:
    # Here, for they take a while to load, which each worker of the tests would wait for.
    import schemathesis  # noqa: PLC0415
    from schemathesis.specs.openapi.checks import positive_data_acceptance  # noqa: PLC0415

    operation: Any = schemathesis.openapi.from_dict(CONTRACT)[path][method]

    app = web.Application()
    ReadApi(log=lambda: store, token=lambda: SecretStr(TOKEN)).add_to(app)

    @settings(phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(base_url=url, headers=headers)
        # The contract says of `since` in words only which texts are times.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])
        assert answer.status_code in ((200, 400) if headers else (401,))

    async with TestServer(app) as server:
        url = str(server.make_url(""))
        await asyncio.to_thread(ask)
