"""A start while Slack is away: with what it said of the workspace last, if that can still be read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import TypeAdapter
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.slack import workspace
from powertrip.slack.preflight import Found
from powertrip.slack.settings import SlackSection
from powertrip.slack.workspace import KEPT, Workspace
from powertrip.store import Store
from tests.conftest import Clock
from tests.databases import new_database

SECTION = SlackSection.model_validate({"bot_token": "xoxb-1", "app_token": "xapp-1"})


def workspace_of(store: Store, settings: SlackSection, clock: Clock) -> Workspace:
    """The workspace of this section of the configuration."""
    return Workspace(
        store,
        token=settings.bot_token.get_secret_value(),
        channel=settings.security_channel,
        clock=clock,
    )


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with all its tables: one kind will do."""
    return new_database(request, tmp_path)


@pytest.fixture
async def slack() -> AsyncIterator[AsyncWebClient]:
    """A client of a Slack that answers the two questions of a start."""
    answers: dict[str, dict[str, Any]] = {
        "auth.test": {"team_id": "T0", "url": "https://example.slack.com/", "team": "Example"},
        "users.conversations": {"channels": [{"id": "C0SECURITY", "name": "security"}]},
        "conversations.info": {"channel": {"id": "C0SECURITY", "name": "security", "is_member": True}},
    }

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"ok": True} | answers[request.match_info["method"]])

    application = web.Application()
    application.router.add_route("*", "/{method}", answer)
    async with TestServer(application) as server:
        yield AsyncWebClient(token="xoxb-1", base_url=str(server.make_url("/")), retry_handlers=[])


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> AsyncWebClient:
    """A client of a Slack that nobody can reach; attempts follow at once."""
    monkeypatch.setattr(workspace, "RETRY", 0.01)
    return AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])


async def test_a_socket_that_cannot_be_remembered_ends_no_start(store: Store, clock: Clock) -> None:
    thread, known = store.people_cache.database, workspace_of(store, SECTION, clock)
    database: Any = thread.database
    await thread.run(lambda: database.pragma("query_only", 1, permanent=True))

    await known.remember_socket("xapp-1")

    database.pragma("query_only", 0, permanent=True)
    assert not await known.took("xapp-1")


async def test_slack_is_asked_once_and_remembered_for_a_start_without_it(
    store: Store, clock: Clock, slack: AsyncWebClient, away: AsyncWebClient
) -> None:
    reached = await workspace_of(store, SECTION, clock).reach(slack)
    assert (reached.identity.team_id, reached.security_channel) == ("T0", "C0SECURITY")
    assert await workspace_of(store, SECTION, clock).reach(away) == reached


async def test_what_is_too_old_or_of_another_release_is_not_believed(
    store: Store, clock: Clock, slack: AsyncWebClient, away: AsyncWebClient
) -> None:
    async def is_waiting() -> bool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await workspace_of(store, SECTION, clock).reach(away)
        return True

    remembered = workspace_of(store, SECTION, clock)
    found = await remembered.reach(slack)
    clock.now += KEPT + KEPT / 7
    assert await is_waiting()
    await store.people_cache.put(remembered._key(), {"identity": {"team": "Example"}}, clock())
    assert await is_waiting()
    await store.people_cache.put(
        remembered._key(), TypeAdapter(Found).dump_python(found, mode="json"), clock()
    )
    assert await workspace_of(store, SECTION, clock).reach(away) == found
