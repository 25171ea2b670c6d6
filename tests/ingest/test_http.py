"""The HTTP side, over loopback: what each sender is answered, and what must be kept before it is."""

import asyncio
import base64
import gzip
import io
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from aiohttp import ClientResponse, ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powertrip.domain.record import Gap, Record
from powertrip.errors import Overloaded, StoreUnavailable, Unauthorized
from powertrip.ingest.contract import IngestAnswer, IngestRequest, Limits, Reading, Source, Unread
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.log import configure_logging
from powertrip.metrics import Metrics
from tests.sources.posting import source

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
SECRET = "a-secret-of-some-length"
MEBIBYTE = 1024 * 1024
EVENT = {
    "id": 9007199254740993,
    "received_at": "2020-09-01T01:02:03Z",
    "hostname": "bastion.test",
    "program": "sshd",
    "message": "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2",
}


@dataclass
class ListInbox:
    """Keeps records in a list, and can be told to fail."""

    records: list[Record] = field(default_factory=list)
    quarantined: list[tuple[str, bytes, str]] = field(default_factory=list)
    headers: list[Mapping[str, str] | None] = field(default_factory=list)
    failure: Exception | None = None
    committed: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.committed.set()

    async def put(self, records: Sequence[Record], gaps: Sequence[Gap] = ()) -> int:  # noqa: ARG002
        self.waiting.set()
        await self.committed.wait()
        if self.failure:
            raise self.failure
        known = {(record.source, record.record_id) for record in self.records}
        new = [record for record in records if (record.source, record.record_id) not in known]
        self.records += new
        return len(new)

    async def quarantine_body(
        self,
        source: str,
        body: bytes,
        reason: str,
        received_at: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        assert received_at == NOW
        if self.failure:
            raise self.failure
        self.quarantined.append((source, body, reason))
        self.headers.append(headers)


@dataclass(frozen=True)
class BrokenSource:
    """A source with a mistake of its own."""

    name: str = "broken"
    body_limit: int | None = None
    proves_by_body: bool = False
    packs_parts: bool = False

    def authorize(self, request: IngestRequest) -> None:
        assert request.body == b""

    def authenticate(self, request: IngestRequest) -> None:
        raise Unauthorized(f"nobody sent these {len(request.body)} bytes")

    def read(self, request: IngestRequest) -> Reading:
        raise KeyError(request.body)


@dataclass
class OddSource:
    """A source whose sender asks before it sends, wants its own answer, and sends a part that is damaged."""

    inbox: ListInbox
    name: str = "odd"
    body_limit: int | None = None
    proves_by_body: bool = False
    packs_parts: bool = False
    follow_up_failure: Exception | None = None
    prepare_failure: Exception | None = None
    prepared: bytes | None = None
    kept_before_follow_up: int = 0

    def authorize(self, request: IngestRequest) -> None:
        self.challenge(request)

    def authenticate(self, request: IngestRequest) -> None:
        self.challenge(request)

    def challenge(self, request: IngestRequest) -> IngestAnswer:
        if request.header("x-challenge") is None:
            raise Unauthorized("X-Challenge is missing")
        return IngestAnswer(content={"challenge": request.header("x-challenge")})

    async def prepare(self, request: IngestRequest) -> None:
        if self.prepare_failure:
            raise self.prepare_failure
        self.prepared = request.body

    def read(self, request: IngestRequest) -> Reading:
        assert self.prepared == request.body
        self.authorize(request)
        record = Record(source=self.name, record_id="1", message="m", raw="m", received_at=NOW)
        return Reading(
            records=[record],
            unread=(Unread(body=b"half", reason="it ends early"),),
            answer=IngestAnswer(status=204),
            follow_up=self._follow_up,
        )

    async def _follow_up(self) -> None:
        self.kept_before_follow_up = len(self.inbox.records)
        if self.follow_up_failure:
            raise self.follow_up_failure


@dataclass
class Served:
    """A running server and everything around it."""

    inbox: ListInbox
    metrics: Metrics
    client: ClientSession
    server: WebServer
    sources: dict[str, Source]
    log: io.StringIO

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    async def post(self, body: Any, path: str = f"/ingest/logs/{SECRET}", **headers: str) -> ClientResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.post(self.url(path), data=io.BytesIO(data), headers=named)
        await answer.read()
        return answer

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    log = io.StringIO()
    configure_logging("debug", "json", log)
    inbox, metrics = ListInbox(), Metrics()
    sources: dict[str, Source] = {
        "broken": BrokenSource(),
        "odd": OddSource(inbox),
        "logs": source("papertrail", secret=SECRET, auth_header="X-Key"),
        "app": source("json", secret=SECRET),
    }

    app = build_app(
        sources=lambda: sources,
        limits=lambda: Limits(body_bytes=MEBIBYTE, inflated_bytes=2 * MEBIBYTE),
        inbox=inbox,
        metrics=metrics,
        clock=lambda: NOW,
        body_timeout=0.2,
    )
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    async with ClientSession() as client:
        yield Served(inbox, metrics, client, server, sources, log)
    await server.stop()
    configure_logging("critical")


async def test_the_articles_body_is_accepted_and_kept(served: Served) -> None:
    answer = await served.post({"payload": {"events": [EVENT]}}, Content_Type="application/json")
    assert answer.status == 200
    [record] = served.inbox.records
    assert (record.source, record.host_name, record.program) == ("logs", "bastion.test", "sshd")
    assert record.message == "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2"
    assert record.occurred_at == datetime(2020, 9, 1, 1, 2, 3, tzinfo=UTC)
    assert record.received_at == NOW
    assert record.record_id == "9007199254740993"


async def test_the_answer_is_what_the_strictest_sender_wants(served: Served) -> None:
    answer = await served.post({"events": [EVENT, EVENT | {"id": 2}]})
    assert answer.headers["Content-Type"].startswith("application/json")
    assert int(answer.headers["Content-Length"]) == len(await answer.read())
    body = await answer.json()
    assert body["accepted"] == 2
    assert body["timestamp"] == int(NOW.timestamp() * 1000)
    assert isinstance(body["requestId"], str)


async def test_papertrails_form_is_read_with_plus_and_percent(served: Served) -> None:
    event = EVENT | {"message": "1 + 1 = 100 % & zoë"}
    body = urlencode({"payload": json.dumps({"events": [event]})}).encode()
    answer = await served.post(body, Content_Type="application/x-www-form-urlencoded")
    assert answer.status == 200
    assert served.inbox.records[0].message == "1 + 1 = 100 % & zoë"


async def test_json_sent_as_text_is_read(served: Served) -> None:
    answer = await served.post(
        b'{"message":"a"}\n{"message":"b"}', f"/ingest/app/{SECRET}", Content_Type="text/plain"
    )
    assert answer.status == 200
    assert [record.message for record in served.inbox.records] == ["a", "b"]


async def test_an_empty_list_is_accepted_without_the_database(served: Served) -> None:
    served.inbox.failure = StoreUnavailable("down")
    answer = await served.post({"events": []})
    assert answer.status == 200
    assert (await answer.json())["accepted"] == 0


async def test_duplicates_are_accepted_dropped_and_counted(served: Served) -> None:
    await served.post({"events": [EVENT]})
    answer = await served.post({"events": [EVENT, EVENT | {"id": 7}]})
    assert answer.status == 200
    assert await answer.json() == await answer.json() | {"accepted": 2, "duplicates": 1}
    assert len(served.inbox.records) == 2
    assert served.counted("powertrip_records_accepted_total", source="logs") == 2
    assert served.counted("powertrip_records_duplicate_total", source="logs") == 1
    assert served.counted("powertrip_requests_total", source="logs", status="200") == 2


async def test_nothing_is_answered_before_the_commit(served: Served) -> None:
    served.inbox.committed.clear()
    asked = asyncio.create_task(served.post({"events": [EVENT]}))
    await served.inbox.waiting.wait()
    assert not asked.done()
    served.inbox.committed.set()
    assert (await asked).status == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/ingest/logs", {"Authorization": f"Bearer {SECRET}"}),
        ("/ingest/logs", {"Authorization": "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode()}),
        ("/ingest/logs", {"X-Key": SECRET}),
        (f"/ingest/logs/{SECRET}", {}),
    ],
    ids=["bearer", "basic", "header", "path"],
)
async def test_each_way_to_carry_the_secret_is_taken_and_a_wrong_one_refused(
    served: Served, path: str, headers: dict[str, str]
) -> None:
    assert (await served.post({"events": [EVENT]}, path, **headers)).status == 200
    wrong = {name: value[:-3] + "AAA" for name, value in headers.items()}
    refused = await served.post({"events": [EVENT]}, path.replace(SECRET, "wrong"), **wrong)
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert len(served.inbox.records) == 1


async def test_a_stranger_is_refused_before_the_body_is_there(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"POST /ingest/logs HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    assert b" 401 " in await reader.readline()
    writer.close()


async def test_an_unknown_source_is_not_found_and_none_is_named(served: Served) -> None:
    answer = await served.post({"events": [EVENT]}, f"/ingest/nobody/{SECRET}")
    assert answer.status == 404
    assert "logs" not in await answer.text()
    assert served.counted("powertrip_requests_total", source="(unknown)", status="404") == 1
    assert (await served.post({}, "/elsewhere")).status == 404


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/ingest/log", "logs"),
        (f"/ingest/Logs/{SECRET}", "logs"),
        (f"/ingest/{'x' * 4000}", None),
        ("/", None),
    ],
)
async def test_a_slip_in_the_address_is_told_to_the_sender_and_seen_in_the_log(
    served: Served, path: str, meant: str | None
) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = await served.post([], path)

    assert (answer.status, "records are posted to /ingest/NAME" in await answer.text()) == (404, True)
    assert [entry["meant"] for entry in logged if entry["event"] == "request"] == [meant]


async def test_whoever_gets_instead_of_posting_is_told_so(served: Served) -> None:
    answer = await served.client.get(served.url("/ingest/logs"))

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert "sent by POST, to /ingest/NAME" in await answer.text()


async def test_sources_may_come_and_go_while_serving(served: Served) -> None:
    served.sources["audit"] = served.sources.pop("app")
    assert (await served.post([], f"/ingest/app/{SECRET}")).status == 404
    assert (await served.post([], f"/ingest/audit/{SECRET}")).status == 200
    assert served.counted("powertrip_requests_total", source="audit", status="200") == 1


async def test_a_sender_that_asks_before_it_sends_is_answered(served: Served) -> None:
    answer = await served.client.get(served.url("/ingest/odd"), headers={"X-Challenge": "abc"})
    assert (answer.status, await answer.json()) == (200, {"challenge": "abc"})
    assert (await served.client.get(served.url("/ingest/odd"))).status == 401


async def test_a_source_may_answer_in_its_senders_words_and_keep_what_it_cannot_read(served: Served) -> None:
    answer = await served.post({}, "/ingest/odd", X_Challenge="abc")
    assert (answer.status, await answer.read()) == (204, b"")
    assert [record.source for record in served.inbox.records] == ["odd"]
    assert served.inbox.quarantined == [("odd", b"half", "it ends early")]


async def test_what_follows_a_request_comes_after_the_commit_and_may_ask_for_a_retry(served: Served) -> None:
    odd = served.sources["odd"]
    assert isinstance(odd, OddSource)
    odd.follow_up_failure = Overloaded("not confirmed yet")
    answer = await served.post({}, "/ingest/odd", X_Challenge="abc")
    assert answer.status == 503
    assert odd.kept_before_follow_up == 1


async def test_a_source_that_cannot_prepare_asks_for_a_retry_and_keeps_nothing(served: Served) -> None:
    odd = served.sources["odd"]
    assert isinstance(odd, OddSource)
    odd.prepare_failure = Overloaded("no certificate yet")
    answer = await served.post({}, "/ingest/odd", X_Challenge="abc")
    assert (answer.status, served.inbox.records, served.inbox.quarantined) == (503, [], [])

    odd.prepare_failure = None
    assert (await served.post({}, "/ingest/odd", X_Challenge="abc")).status == 204


async def test_nothing_is_prepared_for_a_stranger(served: Served) -> None:
    odd = served.sources["odd"]
    assert isinstance(odd, OddSource)
    assert (await served.post({}, "/ingest/odd")).status == 401
    assert odd.prepared is None


async def test_only_post_is_allowed(served: Served) -> None:
    answer = await served.client.get(served.url(f"/ingest/logs/{SECRET}"))
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


async def test_a_database_that_cannot_commit_asks_the_sender_to_retry(served: Served) -> None:
    served.inbox.failure = StoreUnavailable("disk full")
    answer = await served.post({"events": [EVENT]})
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "disk full" not in await answer.text()


async def test_a_backlog_over_its_limit_asks_the_sender_to_retry_when_told(served: Served) -> None:
    served.inbox.failure = Overloaded("too much waits", retry_after=77)
    answer = await served.post({"events": [EVENT]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "77")


async def test_an_unforeseen_failure_asks_the_sender_to_retry(served: Served) -> None:
    served.inbox.failure = ZeroDivisionError("oops")
    answer = await served.post({"events": [EVENT]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert "ZeroDivisionError" in served.log.getvalue()


async def test_a_body_nobody_can_read_is_kept_in_quarantine_and_not_asked_for_again(served: Served) -> None:
    body = b'{"counts":[]}'
    answer = await served.post(body)
    assert answer.status == 422
    [(source, kept, reason)] = served.inbox.quarantined
    assert (source, kept) == ("logs", body)
    assert "only counts" in reason
    assert reason == (await answer.json())["error"]


async def test_of_a_request_only_what_its_body_is_read_by_is_kept_and_nothing_where_nobody_sent_it(
    served: Served,
) -> None:
    await served.post(b"not json", Content_Encoding="br")
    await served.post(b"something", "/ingest/broken")
    kept, of_nobody = served.inbox.headers
    assert kept is not None
    assert kept["content-encoding"] == "br"
    assert "authorization" not in kept
    assert SECRET not in str(kept)
    assert of_nobody is None


async def test_a_body_that_cannot_be_kept_in_quarantine_is_asked_for_again(served: Served) -> None:
    served.inbox.failure = StoreUnavailable("down")
    answer = await served.post(b"not json")
    assert answer.status == 503
    assert "Retry-After" in answer.headers


async def test_a_source_that_fails_does_not_block_its_sender(served: Served) -> None:
    answer = await served.post(b"something", "/ingest/broken")
    assert answer.status == 422
    assert served.inbox.quarantined[0][:2] == ("broken", b"something")
    assert "source failed" in served.log.getvalue()


async def test_a_body_over_the_limit_is_too_large(served: Served) -> None:
    answer = await served.post({"events": [EVENT | {"message": "x" * 10_000_000}]})
    assert answer.status == 413
    assert served.inbox.records == []


async def test_a_long_line_within_the_limit_is_cut(served: Served) -> None:
    assert (await served.post({"events": [EVENT | {"message": "x" * 500_000}]})).status == 200
    assert served.inbox.records[0].cut == 500_000 - 8192


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(json.dumps({"events": [EVENT]}).encode()), 200),
        (gzip.compress(b"0" * 50 * MEBIBYTE), 413),
        (gzip.compress(json.dumps({"events": [EVENT]}).encode())[:-12], 422),
        (b'{"events":[{"message":"\xff\x00","id":"\x00"}]}', 200),
        (b'{"events":' + b"[" * 100_000, 422),
        (b"", 422),
    ],
    ids=["gzip", "bomb", "truncated-gzip", "invalid-utf8-and-nul", "deep", "empty"],
)
async def test_hostile_bodies_get_an_answer_of_the_contract(served: Served, body: bytes, status: int) -> None:
    headers = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    assert (await served.post(body, **headers)).status == status
    kept = [quarantined for _, quarantined, _ in served.inbox.quarantined]
    assert kept == ([body] if status == 422 else [])


async def test_gzip_is_kept_as_it_came_where_its_content_cannot_be_read(served: Served) -> None:
    body = gzip.compress(b"not json")
    assert (await served.post(body, Content_Encoding="gzip")).status == 422
    assert served.inbox.quarantined[0][1] == body


async def test_a_chunked_body_is_read(served: Served) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"events":'
        yield json.dumps([EVENT]).encode() + b"}"

    answer = await served.client.post(served.url(f"/ingest/logs/{SECRET}"), data=parts())
    assert answer.status == 200
    assert len(served.inbox.records) == 1


async def test_a_sender_too_slow_with_its_body_is_asked_to_retry(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    head = f"POST /ingest/logs/{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b"{")
    async with asyncio.timeout(5):
        assert b" 503 " in await reader.readline()
    writer.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400) | st.binary(max_size=100).map(gzip.compress), authorized=st.booleans())
async def test_no_bytes_lead_to_anything_but_an_answer_of_the_contract(
    served: Served, body: bytes, authorized: bool
) -> None:
    for name in ("logs", "app"):
        answer = await served.post(body, f"/ingest/{name}/{SECRET if authorized else 'wrong'}")
        assert answer.status in ({200, 413, 422} if authorized else {401})
    assert "source failed" not in served.log.getvalue()


async def test_neither_secrets_nor_bodies_are_logged(served: Served) -> None:
    await served.post({"events": [EVENT]})
    await served.post({"events": [EVENT]}, f"/ingest/nobody/{SECRET}")
    await served.post({"events": [EVENT]}, f"/ingest/{SECRET}")
    await served.post({"events": [EVENT]}, f"/ingest/logs/{SECRET}/more?key={SECRET}")
    await served.post(b"oswaldo is not json", Authorization=f"Bearer {SECRET}")
    logged = served.log.getvalue()
    assert logged.count('"event": "request"') == 5
    assert SECRET not in logged
    assert "oswaldo" not in logged
    assert '"route": "/ingest/{source}/{secret}"' in logged


async def test_stopping_lets_a_request_in_flight_finish(served: Served) -> None:
    served.inbox.committed.clear()
    asked = asyncio.create_task(served.post({"events": [EVENT]}))
    await served.inbox.waiting.wait()
    started = time.monotonic()
    stopping = asyncio.create_task(served.server.stop())
    await asyncio.sleep(0)
    served.inbox.committed.set()
    assert (await asked).status == 200
    await stopping
    assert time.monotonic() - started < 5
