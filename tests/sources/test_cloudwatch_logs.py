"""CloudWatch Logs through the real boto3, against moto's server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from powertrip.errors import Rejected, Unavailable
from powertrip.ingest import Cursor, Page, PollRequest
from powertrip.sources.polled.cloudwatch_logs import CloudWatchPoll
from tests.sources.polled_api import Api

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(hours=1)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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
    request = PollRequest(name="aws", client=Api().http(), cursor=cursor, since=SINCE, now=NOW)
    return await poll.fetch(request)


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


async def test_a_log_group_that_is_not_there_is_refused_with_what_to_do(aws: str, logs: Any) -> None:  # noqa: ARG001
    with pytest.raises(Rejected, match="ResourceNotFoundException; check the log group"):
        await fetch(poll(aws, "other"))


async def test_aws_that_is_away_is_tried_later(aws: str) -> None:  # noqa: ARG001
    with pytest.raises(Unavailable, match="no answer"):
        await fetch(poll("http://127.0.0.1:1"))
