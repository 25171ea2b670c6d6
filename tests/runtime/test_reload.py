"""A reload puts every setting in force that can be, and names those that wait for a restart."""

import asyncio
import contextlib
import gc
import gzip
import json
import logging
import weakref
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from powertrip.config.section import Section
from powertrip.config.values import AT_START
from powertrip.runtime import loops
from powertrip.settings import Config, load_config
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from slack_emulator.seen import SeenMessage
from tests.end_to_end.evidence import Evidence, until
from tests.end_to_end.harness import BEARER, SECRET, login, powertrip_here, settings, write_config
from tests.outside import serving
from tests.polls.api import Api
from tests.runtime.conftest import Process

ALICE = "U0ALICE"
NEW_TOKEN = "another-secret-of-some-length"
CALLBACK = {"type": "callback", "url": "https://hids.example.com/told", "secret": "a-secret-that-is-long"}


async def status_of(web: Process, body: bytes, **headers: str) -> tuple[int, str | None]:
    """Status and Retry-After of a POST."""
    url, sent = f"{web.sender.url}/ingest/syslog", BEARER | {"Content-Type": "application/json"} | headers
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=sent) as answer:
        return answer.status, answer.headers.get("Retry-After")


async def card(control: Control, words: str) -> SeenMessage:
    state = await control.wait_for(lambda state: any(m.shows(words) for m in state.messages()))
    return next(message for message in state.messages() if message.shows(words))


# --- The endpoint ---


async def test_the_largest_body_is_another(web: Process) -> None:
    body = json.dumps([login("alice", note="x" * 3000)]).encode()
    assert (await status_of(web, body))[0] == 200
    assert await web.reload(ingest={"max_body": "1KiB"}) == ()
    assert (await status_of(web, body))[0] == 413


async def test_the_most_that_a_body_may_inflate_to_is_another(web: Process) -> None:
    body = gzip.compress(json.dumps([login("alice", note="x" * 9000)]).encode())
    assert (await status_of(web, body, **{"Content-Encoding": "gzip"}))[0] == 200
    assert await web.reload(ingest={"max_body": "4KiB", "max_inflated": "8KiB"}) == ()
    assert (await status_of(web, body, **{"Content-Encoding": "gzip"}))[0] == 413


async def test_the_limit_of_the_backlog_and_the_time_to_retry_are_others(web: Process) -> None:
    await web.sender.post(login("alice", id="1"))
    assert (await web.sender.get("/readyz"))[0] == 200
    assert await web.reload(ingest={"backlog_limit": 1, "retry_after": "77s"}) == ()
    status, retry_after = await status_of(web, json.dumps([login("alice", id="2")]).encode())
    assert (status, retry_after) == (503, "77")
    assert (await web.sender.get("/readyz"))[0] == 503


async def test_the_token_of_the_read_api_is_another(web: Process) -> None:
    there = "/api/v1/decisions"
    assert (await web.sender.get(there))[0] == 404
    assert await web.reload(api={"token": NEW_TOKEN}) == ()
    assert (await web.sender.get(there, {"Authorization": f"Bearer {NEW_TOKEN}"}))[0] == 200


async def test_the_level_of_the_log_is_another(web: Process) -> None:
    assert await web.reload(log={"level": "debug"}) == ()
    assert logging.getLogger().level == logging.DEBUG
    assert await web.reload(log={"level": "error"}) == ()
    assert logging.getLogger().level == logging.ERROR


# --- What waits for a restart ---


async def test_what_only_a_start_can_change_is_named(web: Process) -> None:
    named = await web.reload(
        slack={"bot_token": "xoxb-2", "app_token": "xapp-2", "base_url": "https://slack.example.com/api/"},
        ingest={"host": "127.0.0.2", "port": 1},
        database={"url": "sqlite:////tmp/elsewhere.db"},
        enrichment={"services": ["greynoise"]},
        origins={"hids": {"tell": CALLBACK}},
    )
    assert set(named) == {
        "slack.bot_token",
        "slack.app_token",
        "slack.base_url",
        "ingest.host",
        "ingest.port",
        "database.url",
        "enrichment",
        "origins.hids.tell",
    }


async def test_what_waits_is_named_until_it_is_as_it_was_at_the_start(web: Process) -> None:
    heard = {"sources": ["papertrail"], "grace": "1h"}
    assert await web.reload(origins={"hids": {"tell": CALLBACK}}) == ("origins.hids.tell",)
    assert await web.reload(origins={"hids": {"tell": CALLBACK} | heard}) == ("origins.hids.tell",)
    assert await web.reload(origins={"hids": heard}) == ()


# --- The worker ---


async def test_cards_name_the_new_command_and_slack_may_send_it(whole: Process, control: Control) -> None:
    # The workspace takes any command, as it does once the manifest has the new one.
    whole.sandbox.world.app = replace(whole.sandbox.world.app, commands=None)
    assert await whole.reload(slack={"command": "/watch"}) == ()
    await whole.sender.post(login("alice", address="192.0.2.1"))
    asked = await card(control, "192.0.2.1")
    assert asked.shows("/watch approve")
    await control.slash(ALICE, asked.channel, "help", command="/watch")
    assert (await control.ephemeral_to(ALICE)).shows("/watch pending")


@pytest.fixture
def slow_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves nothing to wake the reminders but their own interval, which is an hour at the start."""
    monkeypatch.setattr(loops, "SLOW_TICK", timedelta(hours=1))


async def test_reminders_come_as_soon_as_the_new_configuration_says(
    slow_ticks: None,  # noqa: ARG001 (before the process starts)
    whole: Process,
    control: Control,
) -> None:
    # A first reminder that is due before its card is posted, on a busy machine, leaves it to the second.
    assert await whole.reload(reminders={"remind_after": "100ms", "remind_every": "1s"}) == ()
    await whole.sender.post(login("alice", address="192.0.2.1"))
    await card(control, "Reminder ")


async def test_a_start_without_slack_knows_the_channel_that_a_reload_brought(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    await control.channel("C0NEW", name="new-security", members=["U0POWERTRIP"])
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    async with powertrip_here(path) as (running, _):
        write_config(path, settings(sandbox, tmp_path, slack={"security_channel": "C0NEW"}))
        await running.reload(load_config(path, {}))
        kept = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
        known = "SELECT count(*) FROM people_cache WHERE key LIKE '%C0NEW'"
        await until(lambda: kept.number(known), "what was found is kept")
    await sandbox.stop()
    async with asyncio.timeout(10), powertrip_here(path) as (_, sender):
        assert (await sender.get("/healthz"))[0] == 200


# --- Polls ---


def logged(number: int) -> dict[str, Any]:
    """An answer with one login from an address that ends with this number."""
    message = f"Accepted publickey for alice from 192.0.2.{number} port 50000 ssh2"
    record = {"id": str(number), "received_at": "2026-01-15T11:59:00Z", "program": "sshd"}
    events = [record | {"hostname": "bastion-1", "message": message}]
    return {"events": events, "max_id": str(number), "reached_end": True}


def search(api: Api, **more: Any) -> dict[str, Any]:
    return {"type": "papertrail_search", "token": "a-token", "url": api.url, "every": "50ms"} | more


@pytest.fixture
async def apis() -> AsyncIterator[tuple[Api, Api]]:
    one, other = Api(answers=[logged(1)]), Api(answers=[logged(2)])
    async with serving(one.handle) as one.url, serving(other.handle) as other.url:
        yield one, other


async def test_polls_come_change_and_go(whole: Process, control: Control, apis: tuple[Api, Api]) -> None:
    one, other = apis
    assert await whole.reload(polls={"search": search(one)}) == ()
    await card(control, "192.0.2.1")

    assert await whole.reload(polls={"search": search(other, query="sshd")}) == ()
    await card(control, "192.0.2.2")
    assert other.asked[0].query["q"] == "sshd"
    asked_before = len(one.asked)

    assert await whole.reload(polls={}) == ()
    assert whole.running.worker is not None
    await until(lambda: not whole.running.worker._ending, "the last round is over")  # type: ignore[union-attr]
    asked_at_the_end = len(other.asked)
    await whole.reload(polls={"again": search(Api(url=other.url), every="20ms")})
    await until(lambda: len(other.asked) >= asked_at_the_end + 3, "the new poll runs")
    assert len(one.asked) == asked_before


async def test_a_poll_whose_token_is_mended_is_asked_at_once(
    whole: Process, control: Control, apis: tuple[Api, Api]
) -> None:
    api, _ = apis
    api.answers = [(401, "", {})]
    await whole.reload(polls={"search": search(api, every="1h")})
    await until(lambda: api.asked, "the first attempt")
    failed = Evidence(f"sqlite:///{whole.path.parent}/powertrip.db")
    await until(lambda: failed.number("SELECT count(*) FROM poll WHERE failures = 1"), "it failed")
    api.answers = [logged(1)]
    await whole.reload(polls={"search": search(api, every="1h", token="another-token")})
    await card(control, "192.0.2.1")


# --- Nothing else ---


def sections_in(value: object) -> Iterator[Section]:
    """The sections of a configuration but for those that are read at the start only."""
    if isinstance(value, Section):
        yield value
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            # A default is the class's own object, which every configuration shares, and so is what is in one.
            ours = field.default if isinstance(field.default, tuple) else (field.default,)
            entries = inner if isinstance(inner, tuple) else (inner,)
            if AT_START not in field.metadata:
                yield from sections_in(tuple(e for e in entries if all(e is not own for own in ours)))
    elif isinstance(value, dict):
        yield from (inner for item in value.values() for inner in sections_in(item))
    elif isinstance(value, tuple):
        yield from (inner for item in value for inner in sections_in(item))


def references(config: Config) -> list[weakref.ref[Section]]:
    return [weakref.ref(section) for section in sections_in(config) if section is not config]


def held(sections: list[weakref.ref[Section]]) -> set[str]:
    gc.collect()
    return {type(section).__name__ for ref in sections if (section := ref()) is not None}


async def until_let_go(config: Config, sections: list[weakref.ref[Section]]) -> None:
    """Wait until nobody holds any of the sections, once the configuration itself is emptied."""
    config.__dict__.clear()
    # A step that is under way ends with what it began with.
    with contextlib.suppress(TimeoutError):
        await until(lambda: not held(sections), "all is let go", patience=5)
    assert held(sections) == set()


async def test_nothing_of_the_old_configuration_is_kept(
    whole: Process, control: Control, apis: tuple[Api, Api]
) -> None:
    """Each section is another object after a reload; whoever still holds an old one reads it for ever."""
    every_section: dict[str, Any] = {
        "polls": {"search": search(apis[0])},
        "origins": {"hids": {"sources": ["papertrail"]}},
        "policy": [{"when": {"rule": "ssh_login"}, "require": ["reason"]}],
        "also_tell": [{"channel": "C0GENERAL", "when": {"risk": "high"}}],
        "backup": {"after": "1h", "channels": {"file": {"url": "json://127.0.0.1:1"}}},
        "severity": {"sensitive": {"hosts": ["db-1"]}, "expected": {"hosts": ["ci-1"]}},
        "api": {"token": SECRET},
        "cards": {"late_after": "1m"},
        "lookups": {"keep": "1m"},
        "quarantine": {"keep": 100},
        "retention": {"records": "1d"},
    }
    at_start = whole.running.shared.config()
    of_the_start = references(at_start)
    await whole.reload(**deepcopy(every_section))
    await whole.sender.post(login("alice", address="192.0.2.9"))
    await card(control, "192.0.2.9")
    await until_let_go(at_start, of_the_start)

    first = whole.running.shared.config()
    of_the_first = references(first)
    assert len(of_the_first) > 15
    await whole.reload(**deepcopy(every_section))
    await whole.sender.post(login("alice", address="192.0.2.10"))
    await card(control, "192.0.2.10")
    await until_let_go(first, of_the_first)
