"""The read API: requests made up from its contract, and requests that know nothing of one."""

import asyncio
import json
import random
from collections import Counter
from typing import Any
from urllib.parse import quote

import aiohttp
import hypothesis
import schemathesis
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from yarl import URL

from powertrip.api.decisions import DECISIONS, DOCUMENT
from powertrip.domain.decision import Verdict, Via
from powertrip.pipeline.decide import Reference
from tests.samples import ALICE
from tests.test_read_api_contract import CONTRACT, serve, sign, statuses
from tests.trials.fuzz.dice import mangled, text
from tests.trials.fuzz.in_slack import Scene, scene
from tests.trials.fuzz.trying import SECRET, each

TOKEN = f"token-{SECRET}"
SINCE = (
    "2026-01-31T12:00:00Z",
    "2026-01-15T12:00:00+05:30",
    "0001-01-01T00:00:00+23:59",
    "ZDE",
    "",
    "9" * 400,
)
LIMITS = ("1", "1000", "0", "1001", "-1", "٣", "1e2", "", " 7", "0x10")
PATHS = (
    DECISIONS,
    DECISIONS,
    DECISIONS,
    DOCUMENT,
    "/api/v1/",
    "/",
    f"{DECISIONS}/../openapi.json",
    f"{DECISIONS}%00",
)


async def _decide_some(on: Scene) -> None:
    """What the API has to tell: decisions with hostile reasons."""
    dice = random.Random(1)  # noqa: S311 - the same for every seed
    for event_id in on.ids[:20]:
        await on.decider.decide(
            Reference(event_id=event_id, revision=1),
            dice.choice((Verdict.APPROVE, Verdict.DENY)),
            slack_id=ALICE,
            team_id=None,
            via=Via.BUTTON,
            reason=text(dice),
        )


def read_api(cases: int, seed: int) -> Counter[str]:
    """Every answer is one of the contract's, pages lead on, and without the token there is nothing."""
    return asyncio.run(_read_api(cases, seed))


async def _read_api(cases: int, seed: int) -> Counter[str]:
    app = web.Application()
    async with scene() as on:
        await _decide_some(on)
        serve(app, on.store, TOKEN)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            url = str(server.make_url("")).rstrip("/")
            # It may find fewer that differ.
            outcomes = await asyncio.to_thread(_by_contract, url, max(cases // 2, 1), seed)

            async def act(dice: random.Random) -> str:
                return await _by_dice(dice, url, session)

            return outcomes + await each(cases - outcomes.total(), seed, act)


def _by_contract(url: str, cases: int, seed: int) -> Counter[str]:
    """Schemathesis' cases, of which each answer has to be one that the contract has."""
    outcomes: Counter[str] = Counter()
    schema: Any = schemathesis.openapi.from_dict(CONTRACT)
    operations = [operation.ok() for operation in schema.get_all_operations()]
    bounds = settings(
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        max_examples=cases,
    )

    @hypothesis.seed(seed)
    @bounds
    @given(data=hypothesis.strategies.data())
    def ask(data: Any) -> None:
        operation = data.draw(hypothesis.strategies.sampled_from(operations))
        case = data.draw(operation.as_strategy())
        knows = data.draw(hypothesis.strategies.integers(0, 3)) > 0
        method = operation.method.upper()
        headers = {"Authorization": f"Bearer {TOKEN}"} if knows else {}
        signer = sign if knows and method == "POST" else None
        answer = case.call(base_url=url, headers=headers, auth=signer)
        # The contract says of `since` in words only which texts are times.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])
        assert answer.status_code in statuses(method, is_known=knows), answer
        outcomes[f"contract: {answer.status_code}"] += 1

    ask()
    return outcomes


async def _by_dice(dice: random.Random, url: str, session: aiohttp.ClientSession) -> str:
    path = dice.choice(PATHS)
    query = []
    if dice.random() < 0.8:
        query.append(f"since={quote(dice.choice((*SINCE, text(dice)[:300])), errors='replace')}")
    if dice.random() < 0.6:
        query.append(f"limit={quote(dice.choice((*LIMITS, text(dice)[:300])), errors='replace')}")
    if dice.random() < 0.2:
        query.append(quote(mangled(dice, b"since=1&limit=%ff&x[]=1"), safe="=&%[]+"))
    knows = dice.random() < 0.8
    word = dice.choice(("Bearer", "Bearer", "Bearer", "bearer", "Basic", "")) if knows else "Bearer"
    token = TOKEN if knows else dice.choice((TOKEN[:-1], f"{TOKEN}x", "", "x" * 4000, "%00"))
    headers = {"Authorization": f"{word} {token}"}
    method = "GET" if dice.random() < 0.8 else dice.choice(("POST", "HEAD", "OPTIONS", "DELETE", "BREW"))
    target = URL(f"{url}{path}?{'&'.join(query)}".replace(" ", "+").replace("#", ""), encoded=True)
    async with session.request(method, target, headers=headers, allow_redirects=False) as answer:
        body = await answer.read()
        assert answer.status < 500, (answer.status, body, target)
        assert knows or answer.status in (400, 401, 404, 405), (answer.status, target)
        assert SECRET.encode() not in body, body
        if answer.status == 200 and path == DECISIONS:
            await _leads_on(json.loads(body), url, session)
        return f"dice: {answer.status}"


async def _leads_on(page: dict[str, Any], url: str, session: aiohttp.ClientSession) -> None:
    """Its cursor is one that is taken, and leads past what it held."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with session.get(f"{url}{DECISIONS}", params={"since": page["next"]}, headers=headers) as answer:
        assert answer.status == 200, (answer.status, page["next"])
        after = await answer.json()
    seen = {decision["id"] for decision in page["decisions"]}
    assert not seen & {decision["id"] for decision in after["decisions"]}, page["next"]
    assert bool(after["decisions"]) is page["more"], (page["more"], page["next"])
