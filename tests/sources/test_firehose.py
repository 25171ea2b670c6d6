"""Amazon Data Firehose: every record is kept or told, and Firehose hears what it takes for success."""

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from powertrip.errors import Unauthorized
from powertrip.ingest.contract import Limits, Reading
from powertrip.sources.firehose import ACCESS_KEY_HEADER, REQUEST_ID_HEADER
from tests.sources import posting

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NOW_MS = 1768478400000
SECRET = "a-secret-that-is-long-enough"
REQUEST_ID = "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"
LINE = "Jan 15 12:00:00 bastion-1 sshd[99]: Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
EVENT = {
    "id": "31953106606966983378809025079804211143289615424298221568",
    "timestamp": NOW_MS,
    "message": LINE,
}
BATCH = {
    "messageType": "DATA_MESSAGE",
    "owner": "123456789012",
    "logGroup": "/var/log/auth",
    "logStream": "i-0abc",
    "subscriptionFilters": ["powertrip"],
    "logEvents": [EVENT],
}
CONTROL = BATCH | {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "message": "Checking health"}]}


def packed(*values: Any) -> str:
    """One record as CloudWatch Logs hands it over: its documents, gzipped one after the other."""
    members = (gzip.compress(json.dumps(value).encode()) for value in values)
    return base64.b64encode(b"".join(members)).decode()


def plain(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def delivery(*records: Any) -> bytes:
    data = [{"data": record} for record in records]
    return json.dumps({"requestId": REQUEST_ID, "timestamp": NOW_MS, "records": data}).encode()


def read(
    body: bytes, *, secret: str = SECRET, limits: Limits | None = None, request_id: str = REQUEST_ID
) -> Reading:
    given = {ACCESS_KEY_HEADER: secret, REQUEST_ID_HEADER: request_id}
    return posting.read("firehose", body, given, name="cloudwatch", limits=limits or Limits())


def test_an_event_of_cloudwatch_logs_is_a_record() -> None:
    [record] = read(delivery(packed(BATCH))).records

    assert record.record_id == EVENT["id"]
    assert record.message == "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
    assert (record.host_name, record.program, record.occurred_at) == ("bastion-1", "sshd", NOW)
    kept = {"owner": "123456789012", "logGroup": "/var/log/auth", "logStream": "i-0abc"}
    assert json.loads(record.raw) == EVENT | kept


def test_a_line_without_a_host_is_of_its_stream() -> None:
    event = EVENT | {"message": "Accepted publickey for alice"}

    [record] = read(delivery(packed(BATCH | {"logEvents": [event]}))).records

    assert (record.host_name, record.message) == ("i-0abc", "Accepted publickey for alice")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}", b"[]", b'{"records": {}}', b"\x1f\x8b", b"{} {}", b"\xff"]
)
def test_a_success_is_told_whatever_came(body: bytes) -> None:
    for reading in (read(body), read(delivery(packed(BATCH))), read(delivery("?"))):
        assert reading.answer is not None
        assert reading.answer.status == 200
        assert reading.answer.content == {"requestId": REQUEST_ID, "timestamp": NOW_MS}
    [part] = read(body).unread
    assert part.body == body
    assert part.reason


def test_the_access_key_is_the_secret() -> None:
    with pytest.raises(Unauthorized):
        read(delivery(packed(BATCH)), secret="another-secret-of-some-length")


def test_a_check_of_health_is_no_record_and_not_told() -> None:
    reading = read(delivery(packed(CONTROL)))

    assert (reading.records, reading.unread) == ([], ())


def test_documents_one_after_the_other_are_all_read() -> None:
    second = BATCH | {"logEvents": [EVENT | {"id": "2"}, EVENT | {"id": "3"}]}

    records = read(delivery(packed(CONTROL, BATCH, second), packed(BATCH | {"logEvents": []}))).records

    assert [record.record_id for record in records] == [EVENT["id"], "2", "3"]


def test_a_gzipped_request_is_inflated() -> None:
    assert len(read(gzip.compress(delivery(packed(BATCH)))).records) == 1


def test_lines_of_text_are_records_with_ids_that_a_resend_repeats() -> None:
    body = delivery(plain(f"{LINE}\r\n\nsecond\u2028still second\n"), plain('{"a": 1}\n{"a": 2}'))

    first, again = read(body).records, read(body).records

    assert [record.record_id for record in first] == [
        f"{REQUEST_ID}:{place}" for place in ("0:0", "0:1", "1:0", "1:1")
    ]
    assert first == again
    assert [first[0].program, first[1].message, first[3].raw] == [
        "sshd",
        "second\u2028still second",
        '{"a":2}',
    ]


def test_without_a_request_id_equal_lines_are_still_told_apart_by_their_place() -> None:
    records = read(delivery(plain("same\nsame")), request_id="").records

    assert len({record.record_id for record in records}) == 2


@pytest.mark.parametrize(
    "bad",
    [
        *(None, 1, {}, "?", plain(b""), plain("{"), plain("{} []"), plain(b"\x1f\x8bxx")),
        *(plain('{"a":' * 100_000), packed(BATCH)[:-20], packed(BATCH | {"logEvents": None})),
        packed(BATCH | {"logEvents": ["text"]}),
    ],
)
def test_a_record_that_cannot_be_read_does_not_take_the_others_with_it(bad: Any) -> None:
    reading = read(delivery(bad, packed(BATCH), bad))

    assert [record.record_id for record in reading.records] == [EVENT["id"]]
    [part] = reading.unread
    assert part.reason.startswith("2 of 3 records cannot be read, the first because ")
    assert json.loads(part.body) == {"records": [{"data": bad}, {"data": bad}]}


def test_bombs_share_the_room_of_their_request() -> None:
    limits = Limits(inflated_bytes=1_000_000)
    third = packed(BATCH | {"padding": "x" * 400_000})

    reading = read(delivery(third, third, third, packed(BATCH)), limits=limits)

    assert len(reading.records) == 3
    [part] = reading.unread
    assert "1 of 4 records" in part.reason
    assert "inflates to more than" in part.reason


def test_more_events_than_the_limit_are_kept_aside() -> None:
    many = packed(BATCH | {"logEvents": [EVENT] * 3})

    reading = read(delivery(many, many), limits=Limits(records=5))

    assert len(reading.records) == 3
    assert "more than 5 records" in reading.unread[0].reason


def test_a_record_of_cloudtrail_keeps_its_json() -> None:
    trail = json.dumps({"eventName": "ConsoleLogin", "eventTime": "2026-01-15T11:58:00Z"})

    [record] = read(delivery(packed(BATCH | {"logEvents": [EVENT | {"message": trail}]}))).records

    assert record.message == trail
    assert json.loads(json.loads(record.raw)["message"])["eventName"] == "ConsoleLogin"


def test_the_sample_request_is_read(corpora: Path) -> None:
    sample = json.loads((corpora / "synthetic/firehose_cwlogs_request.json").read_text())

    reading = read(json.dumps(sample["body"]).encode(), request_id=sample["headers"][REQUEST_ID_HEADER])

    [record] = reading.records
    assert (record.program, record.host_name) == ("sshd-session", "bastion-1")
    assert reading.unread == ()
    assert reading.answer is not None
    assert reading.answer.content is not None
    assert reading.answer.content["requestId"] == sample["body"]["requestId"]


def test_lambdas_sample_event_is_read(corpora: Path) -> None:
    sample = json.loads((corpora / "aws-lambda-go/kinesis-firehose-event.json").read_text())
    logs = json.loads((corpora / "aws-lambda-go/cloudwatch-logs-event.json").read_text())
    records = [record["data"] for record in sample["records"]]

    reading = read(delivery(*records, logs["awslogs"]["data"]))

    assert len(reading.records) > len(records)
    assert reading.unread == ()
