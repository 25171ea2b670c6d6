"""Records of the source type `papertrail`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from powertrip.errors import Unauthorized, Unreadable
from powertrip.event import Record
from powertrip.ingest import IngestRequest
from powertrip.sources import Limits, SourceSettings, build_sources

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
SECRET = "papertrail-secret"
EVENT = {
    "id": 1234567890123456789,
    "received_at": "2020-09-01T01:02:03Z",
    "hostname": "bastion.test",
    "program": "sshd",
    "message": "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2",
}


def read(body: object, *, secret: str = SECRET, batches_cut: list[str] | None = None) -> list[Record]:
    entry = SourceSettings(name="logs", type="papertrail", secret=SecretStr(SECRET))
    told = batches_cut if batches_cut is not None else []
    source = build_sources([entry], limits=Limits(), on_batch_cut=told.append)["logs"]
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return source.read(IngestRequest(headers={}, body=data, received_at=NOW, path_secret=secret)).records


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


@pytest.mark.parametrize(
    "body",
    [{"payload": {"events": [EVENT]}}, {"events": [EVENT]}, form({"events": [EVENT]})],
    ids=["payload-object", "bare", "form"],
)
def test_the_three_forms_of_the_webhook_give_the_same_record(body: object) -> None:
    [record] = read(body)
    assert record == Record(
        source="logs",
        record_id="1234567890123456789",
        message="Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2",
        raw=json.dumps(EVENT, separators=(",", ":")),
        received_at=NOW,
        occurred_at=datetime(2020, 9, 1, 1, 2, 3, tzinfo=UTC),
        host_name="bastion.test",
        program="sshd",
    )


def test_an_id_is_the_same_as_number_and_as_text() -> None:
    as_text = EVENT | {"id": str(EVENT["id"])}
    assert read({"events": [EVENT]})[0].record_id == read({"events": [as_text]})[0].record_id


def test_a_request_without_the_secret_is_not_read() -> None:
    with pytest.raises(Unauthorized):
        read({"events": [EVENT]}, secret="")


def test_no_events_are_no_records() -> None:
    assert read({"payload": {"events": []}}) == []


def test_counts_alone_are_refused_with_what_to_change_in_papertrail() -> None:
    with pytest.raises(Unreadable, match="set the alert of this saved search to send the events"):
        read(form({"counts": [{"source_name": "bastion", "timeseries": {"1453248895": 5}}]}))


@pytest.mark.parametrize(
    "body", [{}, [], 1, {"payload": "text"}, {"events": None}, {"payload": {"events": {}}}]
)
def test_anything_else_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable, match="not a Papertrail webhook"):
        read(body)


def test_an_event_of_an_unknown_shape_is_kept_as_its_json() -> None:
    [record] = read({"events": [{"text": "Accepted"}]})
    assert record.message == '{"text":"Accepted"}'


def test_a_batch_that_papertrail_cut_is_said_and_counted() -> None:
    batches_cut: list[str] = []
    body = {"events": [EVENT], "reached_record_limit": True, "min_id": "1", "max_id": "2"}
    with capture_logs() as logs:
        assert len(read(body, batches_cut=batches_cut)) == 1
    assert [line["event"] for line in logs] == ["papertrail_left_events_out"]
    assert batches_cut == ["logs"]


def test_a_whole_batch_is_not_said_to_be_cut() -> None:
    batches_cut: list[str] = []
    read({"events": [EVENT], "reached_record_limit": False}, batches_cut=batches_cut)
    assert batches_cut == []


@pytest.mark.parametrize(
    "path",
    ["papertrail/services_sample_event_payload.json", "telegraf/papertrail_event_payload.json"],
)
def test_real_event_payloads_are_read(corpora: Path, path: str) -> None:
    payload = json.loads((corpora / path).read_text())
    records = read(form(payload))
    assert [record.record_id for record in records] == [str(event["id"]) for event in payload["events"]]
    assert all(record.occurred_at and record.program == "CROND" for record in records)
    assert [record.host_name for record in records] == [event["hostname"] for event in payload["events"]]


@pytest.mark.parametrize(
    "path",
    ["papertrail/services_sample_count_payload.json", "telegraf/papertrail_count_payload.json"],
)
def test_real_count_payloads_are_refused(corpora: Path, path: str) -> None:
    with pytest.raises(Unreadable, match="only counts"):
        read(form(json.loads((corpora / path).read_text())))
