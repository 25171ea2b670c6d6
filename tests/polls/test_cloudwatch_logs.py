"""CloudWatch Logs through the real boto3, against moto's server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest

from powertrip.domain.record import Cursor
from powertrip.errors import Rejected, Unavailable
from powertrip.ingest.contract import Page, PollRequest
from powertrip.polls.cloudwatch_logs import CloudWatchPoll
from powertrip.rules import Match, load_rules
from tests.amazon import amazon, may_use_amazon
from tests.outside import answer, json_answer, serving
from tests.polls.api import Api
from tests.sources.test_firehose import delivery, packed, read

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(hours=1)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    may_use_amazon(monkeypatch)
    with amazon() as url:
        yield url


@pytest.fixture
def logs(aws: str) -> Any:
    client = boto3.client("logs", region_name="eu-central-1", endpoint_url=aws)
    client.create_log_group(logGroupName="auth")
    client.create_log_stream(logGroupName="auth", logStreamName="bastion-1")
    yield client
    client.delete_log_group(logGroupName="auth")
    client.close()


def poll(url: str, group: str = "auth") -> CloudWatchPoll:
    return CloudWatchPoll(type="cloudwatch_logs", url=url, log_group=group, region="eu-central-1")


async def fetch(poll: CloudWatchPoll, cursor: Cursor | None = None) -> Page:
    client = Api().http()
    return await poll.fetch(PollRequest(name="aws", client=client, cursor=cursor, since=SINCE, now=NOW))


def put(logs: Any, message: str, ago: timedelta) -> None:
    events = [{"timestamp": int((NOW - ago).timestamp() * 1000), "message": message}]
    logs.put_log_events(logGroupName="auth", logStreamName="bastion-1", logEvents=events)


async def test_late_events_are_found_in_the_overlap(aws: str, logs: Any) -> None:
    one = poll(aws)
    put(logs, "first", timedelta(minutes=5))
    first = await fetch(one)
    put(logs, "late", timedelta(minutes=12))
    second = await fetch(one, first.cursor)
    assert [record.message for record in first.records] == ["first"]
    assert {record.message for record in second.records} == {"first", "late"}
    assert first.records[0].record_id in {record.record_id for record in second.records}
    assert first.records[0].host_name == "bastion-1"
    assert first.more is False


ACCEPTED = "Accepted publickey for carol from 192.0.2.10 port 50022 ssh2"


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (f"Nov 25 10:00:00 web-9 sshd[1]: {ACCEPTED}", (ACCEPTED, "web-9", "sshd", None)),
        (f"2026-11-25T10:00:00.123456+00:00 web-9 sshd[1]: {ACCEPTED}", (ACCEPTED, "web-9", "sshd", None)),
        (f"<86>1 2026-11-25T10:00:00Z web-9 sshd 1 - - {ACCEPTED}", (ACCEPTED, "web-9", "sshd", "authpriv")),
        (f"<38>Nov 25 10:00:00 web-9 sshd[1]: {ACCEPTED}", (ACCEPTED, "web-9", "sshd", "auth")),
        (f"Nov 25 10:00:00 sshd[1]: {ACCEPTED}", (ACCEPTED, "bastion-1", "sshd", None)),
        (ACCEPTED, (ACCEPTED, "bastion-1", None, None)),
        ('{"eventName": "ConsoleLogin"}', ('{"eventName": "ConsoleLogin"}', "bastion-1", None, None)),
    ],
)
async def test_an_event_is_the_same_record_by_poll_as_through_firehose(
    aws: str, logs: Any, message: str, parts: tuple[str, str, str | None, str | None]
) -> None:
    put(logs, message, timedelta(minutes=5))
    [polled] = (await fetch(poll(aws))).records
    event = {"id": "1", "timestamp": int((NOW - timedelta(minutes=5)).timestamp() * 1000), "message": message}
    batch = {"messageType": "DATA_MESSAGE", "logStream": "bastion-1", "logEvents": [event]}
    [delivered] = read(delivery(packed(batch))).records
    for record in (polled, delivered):
        assert (record.message, record.host_name, record.program, record.facility) == parts
    assert polled.occurred_at == delivered.occurred_at


async def test_a_login_with_its_syslog_header_is_a_match_of_the_pack(aws: str, logs: Any) -> None:
    put(logs, f"Nov 25 10:00:00 web-9 sshd[1]: {ACCEPTED}", timedelta(minutes=5))
    [polled] = (await fetch(poll(aws))).records
    verdict = load_rules([{"use": "ssh"}], str).judge(polled)
    assert isinstance(verdict, Match)
    assert (verdict.fields["user_name"], verdict.fields["host_name"]) == ("carol", "web-9")


async def test_a_log_group_that_is_not_there_is_refused_with_what_to_do(aws: str, logs: Any) -> None:  # noqa: ARG001
    with pytest.raises(Rejected, match="ResourceNotFoundException; check the log group"):
        await fetch(poll(aws, "other"))


async def test_aws_that_is_away_is_tried_later(aws: str) -> None:  # noqa: ARG001
    with pytest.raises(Unavailable, match="no answer"):
        await fetch(poll("http://127.0.0.1:1"))


async def fetch_of(given: httpx.Response) -> Page:
    """What the poll makes of an answer that Amazon would not give."""

    async def handle(_request: httpx.Request) -> httpx.Response:
        return given

    async with serving(handle) as url:
        return await fetch(poll(url.rstrip("/")))


@pytest.mark.parametrize("timestamp", [2**62, -(2**62), "soon", None, [1]])
async def test_an_event_without_a_time_that_can_be_read_is_a_record_all_the_same(
    monkeypatch: pytest.MonkeyPatch, timestamp: object
) -> None:
    may_use_amazon(monkeypatch)
    event = {"eventId": "1", "timestamp": timestamp, "message": "of no time"}
    page = await fetch_of(json_answer({"events": [event]}))
    assert [record.message for record in page.records] == ["of no time"]


@pytest.mark.parametrize(
    "body", [b'{"events": 7}', b'{"events": [], "nextToken": 7}', b'{"events": "\xff"}', b"[" * 100_000]
)
async def test_an_answer_that_is_none_of_amazons_is_asked_for_again_later(
    monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    may_use_amazon(monkeypatch)
    with pytest.raises(Unavailable):
        await fetch_of(answer(200, body))
