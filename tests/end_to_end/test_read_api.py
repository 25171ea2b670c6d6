"""Decisions can be read along, in order and without a gap, by whoever has the token."""

import base64
import json
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from powertrip.runtime.app import Running
from slack_emulator.control import Control
from tests.end_to_end.harness import ROOT, Sender, asks, login

TOKEN = "a-token-that-is-long-enough"
CAROL = "U0CAROL"
CONTRACT = json.loads((ROOT / "powertrip" / "openapi.json").read_text(encoding="utf-8"))
PAGE = {"$ref": "#/components/schemas/Page", "components": CONTRACT["components"]}

Started = tuple[Running, Sender]


@pytest.fixture
def changes() -> dict[str, Any]:
    """The API has a token."""
    return {"api": {"token": TOKEN}}


class Reader:
    """A HIDS that asks."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/"

    async def get(self, path: str = "decisions", token: str | None = TOKEN, **query: str) -> tuple[int, Any]:
        """Status and JSON."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(self._url + path, params=query) as answer,
        ):
            return answer.status, await answer.json()

    async def page(self, **query: str) -> dict[str, Any]:
        """One page, which is as the contract says."""
        status, body = await self.get(**query)
        assert status == 200, body
        Draft202012Validator(PAGE, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)
        page: dict[str, Any] = body
        return page


@pytest.fixture
def reader(running: Started) -> Reader:
    """Asks the running Powertrip."""
    return Reader(running[0].port)


async def decide(control: Control, sender: Sender, user: str, action: str = "approve") -> None:
    """A login of this user, decided by Carol."""
    await sender.post(login(user, id=user))
    state = await control.wait_for(lambda s: any(m.shows(f"as {user}") and m.buttons for m in s.messages()))
    card = next(m for m in state.messages() if m.shows(f"as {user}") and m.buttons)
    await control.press(CAROL, card.channel, card.ts, action_id=action)
    await control.wait_for(lambda s: not asks(s.message(card)))


def test_the_contract_is_valid_openapi() -> None:
    validate(CONTRACT)


async def test_decisions_are_read_page_by_page_in_their_order(
    running: Started, control: Control, reader: Reader
) -> None:
    for user in ("user1", "user2", "user3"):
        await decide(control, running[1], user)
    first = await reader.page(limit="2")
    second = await reader.page(limit="2", since=first["next"])
    read = [*first["decisions"], *second["decisions"]]
    assert [one["event"]["user_name"] for one in read] == ["user1", "user2", "user3"]
    assert (first["more"], second["more"]) == (True, False)
    assert {one["verdict"] for one in read} == {"approved"}
    assert read[0]["decided_by"] == {"slack_id": CAROL, "name": "Carol"}
    assert read[0]["event"]["host_name"] == "bastion-1"
    nothing = await reader.page(since=second["next"])
    assert nothing == {"decisions": [], "next": second["next"], "more": False}
    await decide(control, running[1], "user4", "deny")
    (new,) = (await reader.page(since=nothing["next"]))["decisions"]
    assert (new["verdict"], new["event"]["status"]) == ("denied", "denied")


async def test_a_first_call_may_begin_at_a_time(running: Started, control: Control, reader: Reader) -> None:
    await decide(control, running[1], "user1")
    (one,) = (await reader.page(since="2020-01-01T00:00:00Z"))["decisions"]
    assert len((await reader.page(since=one["decided_at"]))["decisions"]) == 1
    assert len((await reader.page(since=one["decided_at"].replace("Z", "+00:00")))["decisions"]) == 1
    assert (await reader.page(since="2099-01-01T00:00:00+02:00"))["decisions"] == []


async def test_what_was_before_the_time_of_a_first_call_never_comes(
    running: Started, control: Control, reader: Reader
) -> None:
    await decide(control, running[1], "user1")
    (old,) = (await reader.page())["decisions"]
    nothing = await reader.page(since=old["decided_at"][:-4] + "999Z")
    again = await reader.page(since=nothing["next"])
    assert (nothing["decisions"], again["decisions"]) == ([], [])
    await decide(control, running[1], "user2")
    (new,) = (await reader.page(since=again["next"]))["decisions"]
    assert new["event"]["user_name"] == "user2"


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN} "[1:]])
@pytest.mark.parametrize("path", ["decisions", "openapi.json"])
async def test_without_the_token_nothing_is_read(reader: Reader, token: str | None, path: str) -> None:
    status, body = await reader.get(path, token)
    assert (status, set(body)) == (401, {"error"})


async def test_the_contract_is_served(reader: Reader) -> None:
    assert await reader.get("openapi.json") == (200, CONTRACT)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "-1"},
        {"limit": "\u0661"},
        {"limit": "1e2"},
        {"since": "nonsense"},
        {"since": "ZA"},
        {"since": base64.urlsafe_b64encode(b"d1 OR 1=1").decode()},
        {"since": base64.urlsafe_b64encode(b"d" + b"9" * 40).decode()},
        {"since": "2026-13-01T00:00:00Z"},
        {"since": "2026-01-01"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"since": "9999-12-31T23:59:59-12:00"},
        {"since": base64.urlsafe_b64encode(b"d1t" + b"9" * 18).decode()},
        {"since": "\x00"},
        {"since": "x" * 4000},
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(reader: Reader, query: dict[str, str]) -> None:
    status, body = await reader.get(**query)
    assert status == 400
    assert body["error"].startswith(tuple(query))


@pytest.mark.parametrize("changes", [{}])
async def test_without_a_configured_token_there_is_no_such_address(running: Started) -> None:
    status, _ = await Reader(running[0].port).get()
    assert status == 404
