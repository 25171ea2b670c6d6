"""Slack is away for a whole hour while nobody was ever looked up; the hour passes in seconds."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from powertrip.runtime import loops, shared
from powertrip.slack import calls
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from slack_emulator.entities import User
from tests.end_to_end.evidence import Evidence, assert_no_message_twice, until
from tests.end_to_end.harness import login, powertrip_here, settings, write_config

SECURITY = "C0SECURITY"
HOP = timedelta(seconds=20)
"""Less than a lease, so that no other takes over what is just being attempted."""
HOPS_MORE = 180
"""Another hour for a machine that is too slow to attempt all that falls due between two hops."""
EMAILS, IDS = [f"email{n}" for n in range(10)], [f"id{n}" for n in range(5)]
BOTS, STRANGERS = [f"bot{n}" for n in range(3)], ["stranger0", "stranger1"]
PEOPLE: dict[str, Any] = {
    **{name: {"email": f"{name}@example.com"} for name in EMAILS},
    **{name: {"slack": f"U0{name.upper()}"} for name in IDS},
    **{name: {"bot": True, "team": "Platform"} for name in BOTS},
}
FALSE_ONCE_SLACK_IS_BACK = (
    "has not said",
    "could not be sent",
    "could not be found",
    "not found",
    "knows no",
    "nobody was asked",
)


class Hours:
    """A clock that is moved on by hand, and else goes as the real one."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()

    async def pass_by(self, span: timedelta, pace: float) -> None:
        until = self.ahead + span
        while self.ahead < until:
            self.ahead += HOP
            await asyncio.sleep(pace)


def most_attempts(evidence: Evidence) -> int:
    """How often the person was called who was called most often."""
    return evidence.number("SELECT max(attempts) FROM delivery WHERE channel LIKE '@%'")


async def until_told(evidence: Evidence, hours: Hours) -> None:
    """Let time pass until nothing is left to do."""
    began: set[Any] = set()
    while not evidence.is_idle():
        for _ in range(40):
            if evidence.is_idle():
                return
            # Slower, for a post that takes longer than its lease would be made twice.
            await hours.pass_by(HOP, pace=0.25)
        leased = (
            "SELECT id, attempts, attempted_at FROM delivery WHERE state = 'waiting' AND leased_until > 0"
        )
        still = set(evidence.rows(leased))
        # Each hop is a step of the clock, which renews all leases: that of an attempt which an earlier hop
        # had interrupted would never run out. None takes ten seconds now that Slack answers.
        with closing(sqlite3.connect(evidence.path, timeout=10)) as connection, connection:
            over = [(row[0],) for row in still & began]
            connection.executemany("UPDATE delivery SET leased_until = NULL WHERE id = ?", over)
        began = still


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch, sandbox: SlackEmulator) -> Hours:
    """The clock of Powertrip and of the local Slack's rates."""
    hours = Hours()
    for module in (shared, calls):
        monkeypatch.setattr(module, "utc_now", hours.now)
    for tick in ("TICK", "SLOW_TICK", "WORKSPACE_TICK"):
        monkeypatch.setattr(loops, tick, timedelta(milliseconds=20))
    sandbox.rates._clock = hours.seconds
    return hours


@pytest.fixture
async def pager() -> AsyncIterator[tuple[str, list[str]]]:
    """A backup channel: its address, and the texts that it was told."""
    told: list[str] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        told.append(f"{body['title']}\n{body['message']}")
        return web.Response()

    application = web.Application()
    application.router.add_post("/page", take)
    async with TestServer(application) as server:
        yield f"json://127.0.0.1:{server.port}/page", told


async def test_after_an_hour_without_slack_each_question_is_with_its_person_and_says_nothing_false(
    sandbox: SlackEmulator,
    control: Control,
    hours: Hours,
    pager: tuple[str, list[str]],
    tmp_path: Path,
) -> None:
    url, told = pager
    for name in (*EMAILS, *IDS):
        user_id = f"U0{name.upper()}"
        sandbox.world.users[user_id] = User(user_id, name, name.title(), f"{name}@example.com")
    whole = settings(
        sandbox,
        tmp_path,
        backup={"after": "10m", "channels": {"pager": {"url": url}}},
        reminders={"remind_after": "20m", "remind_every": "20m"},
        lookups={"timeout": "1s"},
    )
    whole["people"] = PEOPLE
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    users = [*EMAILS, *IDS, *BOTS, *STRANGERS]
    async with powertrip_here(write_config(tmp_path / "config.yaml", whole)) as (_, sender):
        await control.connected()
        await control.fault("*", "drop_before", count=10**9)
        await sender.post(*(login(user, id=user) for user in users))
        await hours.pass_by(timedelta(hours=1), pace=0.03)
        assert not (await control.state()).messages()
        # Who waits is told elsewhere, each once, and is asked for again, ever less often.
        await until(lambda: all(f" {user} " in "\n".join(told) for user in users), "all are told of")
        assert {user: "\n".join(told).count(f" {user} ") for user in users} == dict.fromkeys(users, 1)
        for _ in range(HOPS_MORE):
            if most_attempts(evidence) >= 8:
                break
            await hours.pass_by(HOP, pace=0.03)
        assert 8 <= most_attempts(evidence) <= 25
        await control.clear_faults()
        await until_told(evidence, hours)
        state = await control.state()
        # Of each event one live card, in the right place; the reminders that fell due are one list.
        cards = [m for m in state.messages() if m.buttons and not m.shows("Reminder")]
        places = {m.channel: {user for user in users if m.shows(f"login as {user} on")} for m in cards}
        assert len(cards) == len(users)
        assert places.pop(SECURITY) <= {*BOTS, *STRANGERS}
        assert places == {f"D0{user.upper()}": {user} for user in EMAILS + IDS}
        asked = dict(evidence.rows("SELECT user_name, subject_kind FROM event"))
        expected = dict.fromkeys(EMAILS + IDS, "person") | dict.fromkeys(BOTS, "bot")
        assert asked == expected | dict.fromkeys(STRANGERS, "unmapped")
        wrong = [
            (words, m.text) for m in state.messages() for words in FALSE_ONCE_SLACK_IS_BACK if m.shows(words)
        ]
        assert wrong == []
        assert_no_message_twice(evidence, state)
