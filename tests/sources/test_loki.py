"""Records of the source type `loki`: pushes in Loki's JSON form."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from powertrip.domain.record import Record
from powertrip.errors import Unauthorized, Unreadable
from powertrip.rules import Quarantined
from tests.rules.support import rules_of
from tests.sources.posting import fields_of, read, records_of

SSH = rules_of("- use: ssh")
LOGIN = f"Accepted publickey for alice from 192.0.2.10 port 50022 ssh2: ED25519 SHA256:{'k' * 43}"
TIME = "1795378138759677123"
WHEN = datetime(2026, 11, 22, 20, 8, 58, 759677, tzinfo=UTC)
LABELS = {"hostname": "bastion-1", "syslog_identifier": "sshd", "facility": "auth"}


def push(line: str, *facts: object, **labels: str) -> dict[str, Any]:
    return {"streams": [{"stream": labels, "values": [[TIME, line, *facts]]}]}


def one(body: object) -> Record:
    [record] = records_of("loki", body)
    return record


def test_a_line_of_a_labelled_stream_is_an_event() -> None:
    record = one(push(LOGIN, **LABELS))
    assert fields_of(SSH, record)["user_name"] == "alice"
    assert (record.message, record.host_name, record.program) == (LOGIN, "bastion-1", "sshd")
    assert (record.occurred_at, record.facility) == (WHEN, "auth")


def test_the_answer_is_lokis_own() -> None:
    answer = read("loki", push(LOGIN, **LABELS)).answer
    assert answer is not None
    assert (answer.status, answer.content) == (204, None)


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"host": "bastion-1", "ident": "sshd", "message": LOGIN, "pri": "38"}),
        json.dumps({"_HOSTNAME": "bastion-1", "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": LOGIN}),
        f"<38>Nov 22 20:08:58 bastion-1 sshd[99]: {LOGIN}",
    ],
)
def test_where_the_labels_name_no_program_the_line_is_taken_apart(line: str) -> None:
    record = one(push(line, job="fluent-bit"))
    assert (record.message, record.host_name, record.program) == (LOGIN, "bastion-1", "sshd")
    assert record.occurred_at == WHEN


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"program": "sshd", "message": LOGIN, "facility": "auth", "_UID": "0"}),
        f"<38>Nov 22 20:08:58 bastion-1 sshd[99]: {LOGIN}",
    ],
)
def test_a_line_cannot_say_to_be_of_another_program_than_its_labels(line: str) -> None:
    record = one(push(line, program="app", host="web-1"))
    assert (record.message, record.host_name, record.program) == (line, "web-1", "app")
    assert (record.facility, record.trusted) == (None, {})


def test_facts_beside_a_line_count_and_labels_before_them() -> None:
    record = one(push(LOGIN, {"program": "sshd", "hostname": "other"}, hostname="bastion-1", facility="user"))
    assert (record.program, record.host_name) == ("sshd", "bastion-1")
    assert isinstance(SSH.judge(record), Quarantined)


def test_a_push_that_comes_again_has_the_same_ids() -> None:
    assert one(push(LOGIN, **LABELS)).record_id == one(push(LOGIN, **LABELS)).record_id
    assert one(push(LOGIN, **LABELS)).record_id != one(push(LOGIN, **(LABELS | {"pid": "7"}))).record_id


def test_gzip_is_read() -> None:
    assert one(gzip.compress(json.dumps(push(LOGIN, **LABELS)).encode())).message == LOGIN


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-protobuf"},
        {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"},
        {"Content-Encoding": "snappy"},
    ],
)
def test_protobuf_is_refused_with_what_to_set(headers: dict[str, str]) -> None:
    with pytest.raises(Unreadable, match="compression: gzip"):
        read("loki", b"\x96\x03\xf0", beside=headers)


@pytest.mark.parametrize("body", ["{}", "[]", "1", '{"streams": {}}', '{"streams": null}'])
def test_anything_else_is_no_push(body: str) -> None:
    with pytest.raises(Unreadable, match="not a Loki push"):
        read("loki", body)


@pytest.mark.parametrize(
    "stream",
    [
        None,
        1,
        {},
        {"stream": [], "values": []},
        {"stream": {}, "values": [None]},
        {"stream": {}, "values": [[1]]},
    ],
)
def test_a_stream_of_an_unknown_shape_is_refused_and_beside_others_quarantined(stream: object) -> None:
    with pytest.raises(Unreadable, match="of a Loki push is a"):
        read("loki", {"streams": [stream]})
    beside = read("loki", {"streams": [stream, *push(LOGIN)["streams"]]})

    assert len(beside.records) == 1
    assert [part.reason.startswith(("a stream of", "an entry of")) for part in beside.unread] == [True]


def test_a_request_without_the_secret_is_not_read() -> None:
    with pytest.raises(Unauthorized):
        records_of("loki", push(LOGIN), headers={})
