"""The report over HTTP: the figures of the card, and what the card withholds withheld."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from powertrip.api.report import PATH, ReportApi
from powertrip.rules import load_rules
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.conftest import Clock
from tests.databases import new_database
from tests.month import UNTIL, month, report_of, write

TOKEN = "9f31c07be2a84d65a0c4"


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What is asked here is the same on both databases."""
    return new_database(request, tmp_path)


@pytest.fixture
async def ask(store: Store, database_thread: DatabaseThread, clock: Clock) -> AsyncIterator[Any]:
    """Asks for a report at the end of a month of which every figure is known."""
    await database_thread.run(write, month())
    clock.now = UNTIL
    app, rules = web.Application(), load_rules([{"use": "ssh"}], lambda _: "a rule pack")
    ReportApi(store=lambda: store, rules=lambda: rules, clock=clock, token=lambda: SecretStr(TOKEN)).add_to(
        app
    )
    async with TestServer(app) as server, ClientSession() as session:

        async def get(since: str | None = "2026-01-01T00:00:00Z", token: str = TOKEN) -> tuple[int, Any]:
            headers, query = {"Authorization": f"Bearer {token}"}, {"since": since} if since else {}
            async with session.get(server.make_url(PATH), params=query, headers=headers) as answer:
                return answer.status, await answer.json()

        yield get


async def test_its_figures_are_those_of_the_card_and_what_few_people_made_is_withheld(ask: Any) -> None:
    status, said = await ask()
    card = report_of(month())
    assert status == 200
    assert (said["events"], said["asked"], said["answered"]) == (card.events, card.asked, card.answered)
    people, _, reviewers = said["groups"]
    assert (people["answers"], people["median_seconds"], people["under_three_seconds"]) == (37, 30, 6)
    # Two reviewers answered: how fast is nobody's business.
    assert reviewers["answers"] == 43
    assert reviewers["median_seconds"] is None
    assert reviewers["under_three_seconds"] is None
    assert said["cards_a_day"] == {"median": 1, "p95": 1, "most": 6}
    assert "U0ALICE" not in str(said)


async def test_without_a_time_it_is_of_the_last_week(ask: Any) -> None:
    _, said = await ask(None)
    assert (said["since"], said["events"]) == ("2026-01-25T00:00:00.000000Z", 0)


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01", "2024-01-01T00:00:00Z", "2026-02-02T00:00:00Z"])
async def test_a_time_that_cannot_be_read_is_refused(ask: Any, since: str) -> None:
    status, said = await ask(since)
    assert (status, said["error"].startswith("since: ")) == (400, True)


async def test_nobody_without_the_token_reads_it(ask: Any) -> None:
    assert (await ask(token="a-guess"))[0] == 401


async def test_while_one_is_read_another_is_put_off(ask: Any, store: Store) -> None:
    async with store.reports.turn:
        done, left = await asyncio.wait(
            {asyncio.create_task(ask()) for _ in range(2)}, return_when=asyncio.FIRST_COMPLETED
        )
    statuses = [(await each)[0] for each in (*done, *left)]
    assert statuses == [429, 200]
