"""Records of the source type `json`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.domain.record import Record
from powertrip.errors import BodyTooLarge, IngestRefused, Unauthorized, Unreadable
from powertrip.ingest.contract import Limits
from powertrip.sources.generic_json import Keys
from tests.sources import posting
from tests.sources.posting import SECRET

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
LOGIN = "Accepted publickey for alice from 192.0.2.10 port 50022 ssh2: ED25519 SHA256:abc"
PLAIN = {
    "time": "2026-11-22T20:08:58Z",
    "host": "bastion-1",
    "program": "sshd-session[812]:",
    "message": LOGIN,
}
LIMITS = Limits()
PLAIN_KEYS = Keys()
JOURNALD = Keys(
    message="MESSAGE",
    host="_HOSTNAME",
    time="__REALTIME_TIMESTAMP",
    id="__CURSOR",
    program="SYSLOG_IDENTIFIER",
)


def read(
    body: object,
    keys: Keys = PLAIN_KEYS,
    *,
    events: str | None = None,
    limits: Limits = LIMITS,
    now: datetime = NOW,
    secret: str = SECRET,
) -> list[Record]:
    return posting.records_of(
        "json",
        body if isinstance(body, bytes) else json.dumps(body),
        {},
        name="app",
        now=now,
        path_secret=secret,
        limits=limits,
        keys=keys,
        events=events,
    )


def read_one(body: object, keys: Keys = PLAIN_KEYS, **options: Any) -> Record:
    [record] = read(body, keys, **options)
    return record


def test_the_configured_keys_become_the_records_fields() -> None:
    record = read_one(PLAIN)
    assert record == Record(
        source="app",
        record_id=record.record_id,
        message=LOGIN,
        raw=json.dumps(PLAIN, separators=(",", ":")),
        received_at=NOW,
        occurred_at=datetime(2026, 11, 22, 20, 8, 58, tzinfo=UTC),
        host_name="bastion-1",
        program="sshd-session",
    )


def test_a_request_without_the_secret_is_not_read() -> None:
    with pytest.raises(Unauthorized):
        read(PLAIN, secret="wrong")


def test_every_arrangement_gives_the_same_records() -> None:
    first, second = PLAIN, PLAIN | {"host": "bastion-2"}
    lines = [json.dumps(value).encode() for value in (first, second)]
    expected = read([first, second])
    assert [record.host_name for record in expected] == ["bastion-1", "bastion-2"]
    assert read(b"\n".join(lines)) == read(b"".join(lines)) == expected


def test_a_list_under_a_key_is_opened() -> None:
    body = {"meta": 1, "data": {"events": [PLAIN, PLAIN | {"host": "b"}]}}
    assert [record.host_name for record in read(body, events="data.events")] == ["bastion-1", "b"]
    assert read({"data": {"events": []}}, events="data.events") == []


def test_an_object_without_the_configured_list_is_a_record() -> None:
    assert read_one(PLAIN, events="data.events").message == LOGIN


def test_an_empty_array_is_no_records() -> None:
    assert read([]) == []


@pytest.mark.parametrize(
    ("body", "advised"),
    [(b"<38>Nov 22 20:08:58 bastion-1 sshd[9]: Accepted", True), (b'{"message": ', False), (b"", False)],
)
def test_a_body_of_syslog_lines_is_refused_with_the_type_that_reads_them(body: bytes, advised: bool) -> None:
    with pytest.raises(Unreadable) as refused:
        read(body)

    assert ("give the source the type syslog" in str(refused.value)) is advised


def test_keys_may_be_paths_or_contain_dots_themselves() -> None:
    keys = Keys(message="log.message", host="host.name", time="@timestamp", id="event.id", program="p.q.r")
    body = {
        "log": {"message": "m"},
        "host.name": "h",
        "@timestamp": "2026-11-22T20:08:58Z",
        "event": {"id": "42"},
        "p": {"q.r": "sudo"},
    }
    record = read_one(body, keys)
    assert (record.message, record.host_name, record.record_id, record.program) == ("m", "h", "42", "sudo")
    assert record.occurred_at == datetime(2026, 11, 22, 20, 8, 58, tzinfo=UTC)


@pytest.mark.parametrize("message", [None, {"a": 1}, [], [1, 256], [True], ["a", 1], True])
def test_a_record_without_a_readable_message_is_kept_as_its_json(message: object) -> None:
    body = {"message": message, "host": "h"}
    record = read_one(body)
    assert record.message == record.raw == json.dumps(body, separators=(",", ":"))
    assert record.host_name == "h"


@pytest.mark.parametrize("body", [17, None, "a line", {}, [["nested"]]])
def test_values_that_are_no_objects_are_records_too(body: object) -> None:
    record = read_one(body)
    assert record.message
    assert record.host_name is None


def test_journald_lines_are_read() -> None:
    body = {
        "__CURSOR": "s=e991;i=2",
        "__REALTIME_TIMESTAMP": "1795378138759677",
        "_HOSTNAME": "bastion-1",
        "SYSLOG_IDENTIFIER": "sshd-session",
        "MESSAGE": list("Accepted zoë".encode()),
    }
    record = read_one(body, JOURNALD)
    assert record.message == "Accepted zoë"
    assert record.record_id == "s=e991;i=2"
    assert record.occurred_at == datetime(2026, 11, 22, 20, 8, 58, 759677, tzinfo=UTC)
    assert read_one(body | {"MESSAGE": ["one", "two"]}, JOURNALD).message == "one\ntwo"
    assert read_one(body | {"SYSLOG_IDENTIFIER": ["sudo", "x"]}, JOURNALD).program == "sudo"


@pytest.mark.parametrize(
    ("tag", "program"),
    [("sshd", "sshd"), ("sshd[812]:", "sshd"), ("sudo:", "sudo"), ("[x]", "[x]"), ("", None), (" ", None)],
)
def test_a_syslog_tag_loses_its_pid(tag: str, program: str | None) -> None:
    assert read_one(PLAIN | {"program": tag}).program == program


@pytest.mark.parametrize(
    ("stated", "facility"),
    [
        ({"facility": "Auth"}, "auth"),
        ({"FACILITY": "authpriv"}, "authpriv"),
        ({"SYSLOG_FACILITY": "4"}, "auth"),
        ({"facility": 10}, "authpriv"),
        ({"facility": "23"}, "local7"),
        ({"facility": "24"}, "24"),
        ({"facility": "9" * 300}, "9" * 255),
        ({"facility": None}, None),
        ({}, None),
    ],
)
def test_the_facility_is_named_in_lower_case(stated: dict[str, object], facility: str | None) -> None:
    assert read_one(PLAIN | stated).facility == facility


def test_what_journald_vouches_for_is_kept() -> None:
    forged = {"_UID": "1000", "_COMM": "logger", "_EXE": "/usr/bin/logger", "UID": "0"}
    assert read_one(PLAIN | forged).trusted == {"_UID": "1000", "_COMM": "logger"}
    assert read_one(PLAIN).trusted == {}


def test_a_time_that_cannot_be_read_leaves_the_record_without_one() -> None:
    assert read_one(PLAIN | {"time": "teatime"}).occurred_at is None
    assert read_one(PLAIN | {"time": "2026-11-22T20:08:58"}).occurred_at is None


def test_a_long_message_is_cut_and_says_by_how_much() -> None:
    record = read_one({"message": "x" * 10_000_000}, limits=Limits(message_characters=8192))
    assert (len(record.message), record.cut) == (8192, 10_000_000 - 8192)
    assert len(record.raw) > 10_000_000
    assert read_one({"message": "x" * 8192}).cut == 0


def test_nothing_that_a_database_cannot_store_is_left_in_a_record() -> None:
    body = b'{"message":"a\\u0000b\\ud800c","host":"h\\u0000","program":"p\\udfff","time":"\\u0000"}'
    record = read_one(body)
    for text in (record.message, record.host_name, record.program, record.raw, record.record_id):
        assert text is not None
        assert "\0" not in text
        assert text.encode()
    assert record.message.startswith("a\ufffdb\ufffd")
    assert "\\ud800" in record.raw


@pytest.mark.parametrize("sent", ["31171139124469760", 31171139124469760, 9007199254740993, 2**80])
def test_a_senders_id_keeps_every_digit(sent: str | int) -> None:
    assert read_one(PLAIN | {"id": sent}, Keys(id="id")).record_id == str(sent)


@pytest.mark.parametrize("sent", [None, "", 1.5e17, True, ["1"]])
def test_what_cannot_be_an_id_is_replaced_by_a_hash(sent: object) -> None:
    assert read_one(PLAIN | {"id": sent}, Keys(id="id")).record_id.startswith("sha256:")


def test_an_id_too_long_for_an_index_is_hashed() -> None:
    ids = {read_one(PLAIN | {"id": "i" * 5000 + end}, Keys(id="id")).record_id for end in "ab"}
    assert len(ids) == 2
    assert all(len(record_id) < 100 for record_id in ids)


def test_a_resent_record_without_an_id_is_recognised_later() -> None:
    later = NOW.replace(hour=23)
    assert read_one(PLAIN).record_id == read_one(PLAIN, now=later).record_id


def test_two_logins_of_one_second_are_told_apart_by_any_key() -> None:
    other_pid = PLAIN | {"program": "sshd-session[813]:"}
    assert read_one(PLAIN).record_id != read_one(other_pid).record_id


def test_equal_lines_without_time_or_id_are_never_dropped() -> None:
    """The same text may be another login weeks later; asking twice is better than not at all."""
    body = [{"message": LOGIN}, {"message": LOGIN}]
    ids = {record.record_id for now in (NOW, NOW.replace(day=23)) for record in read(body, now=now)}
    assert len(ids) == 4


def test_too_many_records_are_refused() -> None:
    with pytest.raises(BodyTooLarge, match="3 records"):
        read([1, 2, 3, 4], limits=Limits(records=3))
    assert len(read([1, 2, 3], limits=Limits(records=3))) == 3


@pytest.mark.parametrize("depth", [50, 900, 950, 990, 1100, 50_000])
def test_any_depth_of_nesting_is_read_or_refused(depth: int) -> None:
    body = b'{"message":"m","deep":' + b"[" * depth + b"]" * depth + b"}"
    try:
        assert read_one(body).message == "m"
    except Unreadable as refusal:
        assert depth > 800
        assert "deeply" in str(refusal)  # noqa: PT017 (either outcome is right near the limit)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["message", "host", "time", "id"]), inner)
    ),
)


@given(json_values)
def test_any_json_becomes_records_that_can_be_stored(value: object) -> None:
    for record in read(value, Keys(id="id")):
        json.loads(record.raw)
        assert (record.message + record.record_id + record.raw).encode()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_become_records_or_a_refusal(body: bytes) -> None:
    try:
        records = read(body)
    except IngestRefused:
        return
    assert all(record.source == "app" for record in records)


def test_real_rsyslog_json_is_read(corpora: Path) -> None:
    keys = Keys(time="@timestamp", program="syslog-tag")
    records = read((corpora / "openssh/rsyslog_json.log").read_bytes(), keys)
    assert len(records) > 50
    assert {record.program for record in records} >= {"sshd", "sshd-session"}
    assert {record.facility for record in records} >= {"auth"}
    assert all(record.occurred_at and record.host_name == "bastion-1" for record in records)


@pytest.mark.parametrize("name", ["openssh/journald_constructed.jsonl", "lnav/logfile_journald.json"])
def test_real_journald_exports_are_read(corpora: Path, name: str) -> None:
    body = (corpora / name).read_bytes()
    records = read(body, JOURNALD)
    assert len(records) == len(body.strip().splitlines())
    assert len({record.record_id for record in records}) == len(records)
    assert all(record.occurred_at and record.message != record.raw for record in records)
