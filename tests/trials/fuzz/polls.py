"""Polled APIs that answer what they like: Papertrail, CloudWatch Logs, Aptible, Wazuh's indexer."""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx
from botocore.awsrequest import AWSResponse
from pydantic import TypeAdapter

from powertrip.domain.backlog import Backlog
from powertrip.domain.record import Cursor, Record
from powertrip.errors import IngestRefused, OutsideError
from powertrip.ingest.contract import Page, PollRequest
from powertrip.pipeline.poll import Poller
from powertrip.polls import AnyPoll, PollSection, build_backfills, poll_client
from powertrip.polls.cloudwatch_logs import _connected
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.poll_tables import PollRow
from powertrip.store.tables import InboxRow
from tests.outside import client_of
from tests.pipeline.contexts import context
from tests.samples import NOW, SECURITY
from tests.sources.posting import source
from tests.trials.fuzz.dice import as_body, changed, odd, text
from tests.trials.fuzz.outside import Hostile
from tests.trials.fuzz.poll_answers import ANSWERS, URL
from tests.trials.fuzz.trying import SECRET, a_database, check_told, each

_ANY: TypeAdapter[PollSection] = TypeAdapter(AnyPoll)
SECTIONS: Mapping[str, Mapping[str, Any]] = {
    "papertrail_search": {"url": URL, "token": SECRET, "query": "program:sshd"},
    "aptible_operations": {"url": URL, "token": SECRET, "account": "7"},
    "wazuh_indexer": {"url": URL, "username": "powertrip", "password": SECRET, "rule_ids": ["5715"]},
    "cloudwatch_logs": {"url": URL, "region": "eu-central-1", "log_group": "auth"},
}
PAGES = 3
REFUSALS = ("InvalidParameterException", "ThrottlingException", "AccessDeniedException", "500", "")


class _Amazon:
    """What boto3 gets in place of an answer from Amazon."""

    def __init__(self) -> None:
        self.dice = random.Random()  # noqa: S311
        self.answer: Any = None

    def __call__(self, **_request: Any) -> AWSResponse:
        dice, body = self.dice, as_body(self.dice, self.answer)
        status = 200
        if dice.random() < 0.1:
            status = dice.choice((400, 400, 403, 500, 503))
            code = dice.choice((*REFUSALS, odd(dice)))
            body = as_body(dice, {"__type": code, "message": text(dice)})
        return AWSResponse(URL, status, {"Content-Type": "application/x-amz-json-1.1"}, _Raw(body))


class _Raw:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self._body


@contextmanager
def _amazon() -> Iterator[_Amazon]:
    made_up = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_MAX_ATTEMPTS": "1"}
    with patch.dict(os.environ, made_up):
        amazon, client = _Amazon(), _connected("eu-central-1", URL)
        client.meta.events.register("before-send.*.*", amazon)
        yield amazon
        client.meta.events.unregister("before-send.*.*", amazon)
        _connected.cache_clear()


def check_page(page: Page, cursor: Cursor | None) -> Cursor | None:
    """A page is fit for the database, and goes on where it says that there is more; its cursor as kept."""
    kept: Cursor | None = json.loads(json.dumps(page.cursor))
    # As PostgreSQL takes no number that JSON has not.
    json.dumps(kept, allow_nan=False)
    assert not page.more or kept != cursor or page.records, f"stands still at {cursor}"
    newest = (kept or {}).get("newest")
    assert newest is None or datetime.fromisoformat(newest) <= NOW, f"waits for the future: {kept}"
    check_records(page.records)
    return kept


def check_records(records: list[Record]) -> None:
    """A database takes them."""
    for record in records:
        for part in (
            record.record_id,
            record.message,
            record.raw,
            record.host_name or "",
            record.program or "",
        ):
            assert "\0" not in part, record
            part.encode()
        assert len(record.record_id) <= 255, record


class _Api(Hostile):
    """Answers as one of the APIs would, and less well."""

    kind = "papertrail_search"

    def answer(self) -> Any:
        return _answer(self.dice, self.kind)


def _answer(dice: random.Random, kind: str) -> Any:
    good = ANSWERS[kind](dice)
    return changed(dice, good, dice.choice((0.02, 0.02, 0.15))) if dice.random() < 0.7 else good


async def _pages(
    kind: str, section: PollSection, client: httpx.AsyncClient, prepare: Callable[[], None]
) -> str:
    cursor: Cursor | None = None
    came_to = "empty"
    for _ in range(PAGES):
        prepare()
        asked = PollRequest(
            name="polled",
            client=poll_client(client, lambda: NOW),
            cursor=cursor,
            since=NOW - timedelta(hours=1),
            now=NOW,
        )
        try:
            page = await section.fetch(asked)
        except (OutsideError, IngestRefused) as error:
            return f"{kind}: {check_told(error)}"
        cursor = check_page(page, cursor)
        came_to = "records" if page.records or came_to == "records" else "empty"
        if not page.more:
            break
    return f"{kind}: {came_to}"


async def _filled(client: httpx.AsyncClient) -> str:
    """A gap of a webhook's is filled by the same search, and no further than it goes."""
    entry = source("papertrail", secret=SECRET, backfill_token=SECRET, backfill_url=URL)
    backfill = build_backfills({"logs": entry}, poll_client(client, lambda: NOW))["logs"]
    cursor: Cursor = {"min_id": "10"}
    for _ in range(PAGES):
        try:
            page = await backfill.fetch(cursor, "500000", "program:sshd", NOW)
        except (OutsideError, IngestRefused) as error:
            return f"backfill: {check_told(error)}"
        assert not page.more or int((page.cursor or {})["min_id"]) > int(cursor["min_id"]), page.cursor
        cursor = check_page(page, cursor) or {}
        if not page.more:
            return "backfill: filled"
    return "backfill: goes on"


async def _round(kind: str, section: PollSection, client: httpx.AsyncClient, thread: DatabaseThread) -> str:
    """A whole round, kept in the database: it succeeds, or fails for a reason that has a name."""
    about = context(Store(thread), lambda: NOW, security_channel=SECURITY)
    bounded = section.model_copy(update={"catch_up": 1000})
    poller = Poller(
        _numbered(about), "polled", bounded, poll_client(client, lambda: NOW), lambda: Backlog(10**6, 1)
    )
    async with asyncio.timeout(30):
        await poller.step()
    row = await thread.run(lambda: PollRow.get_by_id("polled"))
    assert row.next_at > NOW, "asks again at once"
    assert not row.failures or row.error, "fails for no reason"
    assert not (row.error or "").startswith("broke"), row.error
    came_to = "failed" if row.failures else "succeeded"
    await thread.run(lambda: (PollRow.delete().execute(), InboxRow.delete().execute()))
    return f"{kind}: a round {came_to}"


def _numbered(about: Any) -> Any:
    object.__setattr__(about, "new_id", lambda: "owner")
    return about


def polls(cases: int, seed: int) -> Counter[str]:
    """Whatever a polled API answers: records that can be kept, or an error with a name; and it goes on."""
    return asyncio.run(_polls(cases, seed))


async def _polls(cases: int, seed: int) -> Counter[str]:
    server = _Api(random.Random())  # noqa: S311 - each case gives it dice
    sections = {kind: _ANY.validate_python({"type": kind, **own}) for kind, own in SECTIONS.items()}

    async with client_of(server.handle) as client, a_database() as thread:
        with _amazon() as amazon:

            async def act(dice: random.Random) -> str:
                kind = dice.choice((*SECTIONS, *list(SECTIONS)[:3]))
                server.kind, server.dice, amazon.dice = kind, dice, dice
                way = dice.random()
                if way < 0.1:
                    server.kind = "papertrail_search"
                    return await _filled(client)

                def prepare() -> None:
                    amazon.answer = _answer(dice, "cloudwatch_logs") if kind == "cloudwatch_logs" else None

                prepare()
                if way < 0.2:
                    return await _round(kind, sections[kind], client, thread)
                return await _pages(kind, sections[kind], client, prepare)

            return await each(cases, seed, act, lambda: (server.last, amazon.answer))
