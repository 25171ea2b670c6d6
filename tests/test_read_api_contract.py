"""The API keeps the contract that it publishes: requests made up from openapi.json."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr

from powertrip.api.decisions import ReadApi
from powertrip.api.expectations import ExpectationApi
from powertrip.api.report import ReportApi
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.people import Person
from powertrip.domain.pipelines import PipelineSection
from powertrip.domain.severity import SeverityLists
from powertrip.net import utc_now
from powertrip.pipeline.pipelines import Announcing
from powertrip.rules import load_rules
from powertrip.store import Store
from tests.api.signing import NAME, PIPELINE_SECRET, signed
from tests.databases import provide_database
from tests.end_to_end.harness import ROOT

TOKEN = "9f31c07be2a84d65a0c4"
CONTRACT = json.loads((ROOT / "powertrip/openapi.json").read_text(encoding="utf-8"))


RULES = load_rules([{"use": "ssh"}], lambda _: "a rule pack")
SETTINGS = Announcing(
    section=ExpectationSection(
        enabled=True,
        pipelines={
            NAME: PipelineSection(
                secret=SecretStr(PIPELINE_SECRET), owner="U0CAROL", announces_for=("oswaldo",)
            )
        },
    ),
    people=[Person(name="oswaldo", bot=True)],
    lists=SeverityLists(),
)


def serve(app: web.Application, store: Store, token: str) -> None:
    """Add all that the contract is of."""

    def secret() -> SecretStr:
        return SecretStr(token)

    ReadApi(log=lambda: store, token=secret).add_to(app)
    ReportApi(store=lambda: store, rules=lambda: RULES, clock=utc_now, token=secret).add_to(app)
    ExpectationApi(
        store=lambda: store, settings=lambda: SETTINGS, rules=lambda: ["ssh_login"], clock=utc_now
    ).add_to(app)


def statuses(method: str, *, is_known: bool) -> tuple[int, ...]:
    """What whoever proves who they are is answered, and a stranger."""
    taken = (201, 200, 403, 409, 422, 429) if method == "POST" else (200, 400)
    return taken if is_known else (401,)


def sign(request: Any) -> Any:
    """Sign what is about to be sent."""
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    request.headers.update(signed(body, utc_now(), nonce=secrets.token_hex(16)))
    return request


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
    serve(app, store, TOKEN)
    signer = sign if headers and method == "POST" else None

    @settings(phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(base_url=url, headers=headers, auth=signer)
        # The contract says of `since` in words only which texts are times.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])
        assert answer.status_code in statuses(method, is_known=bool(headers))

    async with TestServer(app) as server:
        url = str(server.make_url(""))
        await asyncio.to_thread(ask)
