"""Records of the source type `papertrail`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from powertrip.domain.record import Gap, Record
from powertrip.errors import Unauthorized, Unreadable
from powertrip.ingest.contract import Reading
from tests.sources import posting

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
SECRET = "papertrail-secret"
EVENT = {
    "id": 1234567890123456789,
    "received_at": "2020-09-01T01:02:03Z",
    "hostname": "bastion.test",
    "program": "sshd",
    "message": "Accepted publickey for oswaldo from 10.0.0.1 port 22 ssh2",
}


def reading(body: object, *, secret: str = SECRET, backfill_token: str | None = None) -> Reading:
    return posting.read(
        "papertrail",
        body,
        {},
        name="logs",
        now=NOW,
        path_secret=secret,
        secret=SECRET,
        backfill_token=backfill_token,
    )


def read(body: object, *, secret: str = SECRET) -> list[Record]:
    return reading(body, secret=secret).records


def gaps(payload: dict[str, object], *, has_token: bool = True) -> tuple[Gap, ...]:
    """The gaps that a source, with a token or without, reads out of a payload that Papertrail cut."""
    body = {"events": [], "reached_record_limit": True} | payload
    return reading(body, backfill_token="a-token" if has_token else None).gaps


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


@pytest.mark.parametrize(
    ("names", "host"),
    [
        ({"source_name": "bastion.test"}, "bastion.test"),
        ({"source_name": "bastion.test", "hostname": None}, "bastion.test"),
        ({"source_name": "bastion.test", "hostname": ""}, "bastion.test"),
        ({"source_name": "name-in-papertrail", "hostname": "bastion.test"}, "bastion.test"),
        ({"source_name": None}, None),
    ],
)
def test_an_event_without_a_hostname_is_of_the_host_that_papertrail_names_its_sender(
    names: dict[str, str | None], host: str | None
) -> None:
    event = {name: value for name, value in EVENT.items() if name != "hostname"} | names
    assert read({"events": [event]})[0].host_name == host


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
    body = {"events": [EVENT], "reached_record_limit": True, "min_id": "1", "max_id": "2"}
    with capture_logs() as logs:
        cut = reading(body)
    assert [line["event"] for line in logs] == ["papertrail left events out"]
    assert (len(cut.records), cut.is_cut) == (1, True)


@pytest.mark.parametrize("ids", [{"min_id": "11", "max_id": "12"}, {"min_id": 11, "max_id": 12}])
def test_with_a_token_what_was_cut_is_a_gap_from_the_first_id_to_the_last(ids: dict[str, object]) -> None:
    [gap] = gaps({**ids, "saved_search": {"query": "program:sshd"}})
    assert gap == Gap(source="logs", after_id="10", until_id="12", query="program:sshd", noticed_at=NOW)


def test_without_a_token_nothing_is_to_be_fetched() -> None:
    assert gaps({"min_id": "11", "max_id": "12"}, has_token=False) == ()


def test_a_whole_batch_leaves_no_gap() -> None:
    assert gaps({"min_id": "11", "max_id": "12", "reached_record_limit": False}) == ()


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"min_id": "x", "max_id": "12"},
        {"min_id": "13", "max_id": "12"},
        {"min_id": 1.5, "max_id": 12},
        {"min_id": True, "max_id": 12},
        {"min_id": "1", "max_id": "9" * 21},
        {"min_id": "\u0661", "max_id": "12"},
        {"min_id": [1], "max_id": "12"},
    ],
)
def test_a_gap_whose_ids_cannot_be_used_is_warned_of(ids: dict[str, object]) -> None:
    with capture_logs() as logs:
        assert gaps(ids) == ()
    assert [line["event"] for line in logs] == ["papertrail left events out"]


@pytest.mark.parametrize("search", [None, "text", {}, {"query": 1}, {"query": ""}, {"query": "a" * 2001}])
def test_without_a_usable_query_everything_of_the_gap_is_fetched(search: object) -> None:
    [gap] = gaps({"min_id": "11", "max_id": "12", "saved_search": search})
    assert gap.query is None


def test_a_whole_batch_is_not_said_to_be_cut() -> None:
    assert not reading({"events": [EVENT], "reached_record_limit": False}).is_cut


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
