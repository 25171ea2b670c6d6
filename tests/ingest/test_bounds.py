"""What one body may hold: counted before memory is spent on it, and never against an honest batch."""

import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from powertrip.errors import BodyTooLarge
from powertrip.ingest import bounds
from powertrip.ingest.bounds import check_values
from powertrip.ingest.contract import IngestRequest, Limits
from powertrip.ingest.parsing import parse_values
from tests.sources.posting import source

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
FEW = Limits(records=50, inflated_bytes=64 * 1024)
MEBIBYTE = 1024 * 1024


def read(kind: str, body: bytes, limits: Limits = FEW) -> Any:
    return source(kind).read_body(
        IngestRequest(headers={}, body=body, received_at=NOW, source="app", limits=limits)
    )


def count(value: Any) -> int:
    """Values within a value as they are counted: what opens, and what follows a comma."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(0, len(parts) - 1) + sum(map(count, parts))


@pytest.mark.parametrize("step", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize(
    "value",
    [
        [1, {"a": 'b,"{[\\'}, [[], {}]],
        {"\\": ',,,"', '"': ["\\\\", '\\"', "\\", ",{["]},
        ["{},{},{}" * 20, "\\" * 9, '"' * 9],
        {"é\\": "\U0001f600,", "\u2028": ["\n", "\t,"]},
    ],
)
def test_values_are_counted_exactly_whatever_stands_in_strings(
    step: int, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "_STEP", step)
    text = json.dumps(value)

    check_values(text, count(value))
    with pytest.raises(BodyTooLarge, match=f"more than {count(value) - 1} values"):
        check_values(text, count(value) - 1)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("json", b"[" + b"{}," * 50 + b"{}]"),
        ("json", b"{}\n" * 51),
        ("json", b"{}" * 51),
        ("json", b"[1,2,3]" * 17),
        ("json", b'{"resourceLogs":[]}' * 51),
        ("syslog", b"[" + b"{}," * 50 + b"{}]"),
        ("syslog", b"a\n" * 101),
        ("syslog", b"5 <13>x" * 51),
        ("syslog", b"{} {} {}\n" * 40 + b"{x\n"),
        ("syslog", b'{"streams":[{"stream":{},"values":[' + b'["1","a"],' * 50 + b'["1","a"]]}]}'),
        ("loki", b'{"streams":[' + b'{"stream":{},"values":[["1","a"]]},' * 50 + b"{}]}"),
        ("loki", b'{"streams":[{"stream":{},"values":[' + b'["1","a"],' * 50 + b'["1","a"]]}]}'),
        ("loki", b'{"streams":[' + b"7," * 50 + b"7]}"),
        ("papertrail", b"payload=%7B%22events%22%3A[" + b"{}," * 50 + b"{}]%7D"),
        ("heroku", b"1 a" * 51),
        ("journald", b'{"MESSAGE":"a"}\n' * 51),
    ],
)
def test_a_record_too_many_is_refused_in_whatever_arrangement(kind: str, body: bytes) -> None:
    with pytest.raises(BodyTooLarge, match="more than 50 records"):
        read(kind, body)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[' + "{}," * 5000 + "{}]}",
        '{"a":[' + "[]," * 5000 + "[]]}",
        '{"a":[' + "1," * 5000 + "1]}",
        "{" + '"a":1,' * 5000 + '"b":1}',
    ],
)
def test_values_too_many_are_refused_before_they_are_decoded(text: str) -> None:
    with pytest.raises(BodyTooLarge, match="more than 4146 values"):
        parse_values(text, FEW)


def test_an_object_of_far_too_many_keys_is_refused_though_its_values_are_few_enough() -> None:
    keys = ",".join(f'"{number}":1' for number in range(bounds.KEYS_AT_ONCE + 1))

    with pytest.raises(BodyTooLarge, match="100000 keys"):
        parse_values("{" + keys + "}", Limits())


def test_what_records_share_is_counted_with_each() -> None:
    entries = b",".join([b'["1","a"]'] * 49)
    labels = b"x" * (FEW.raw_characters // 40)
    body = b'{"streams":[{"stream":{"a":"' + labels + b'"},"values":[' + entries + b"]}]}"

    with pytest.raises(BodyTooLarge, match="with what they share"):
        read("loki", body)


def test_what_a_resource_says_is_counted_with_each_of_its_records() -> None:
    attributes = [{"key": f"k{number}", "value": {"stringValue": ""}} for number in range(2000)]
    logs = {"resource": {"attributes": attributes}, "scopeLogs": [{"logRecords": [{"body": {}}] * 1000}]}

    with pytest.raises(BodyTooLarge, match="with what they share"):
        read("json", json.dumps({"resourceLogs": [logs]}).encode(), Limits())


def test_a_bomb_is_refused_with_little_memory() -> None:
    bomb = gzip.compress(b"{}," * (64 * MEBIBYTE // 3))
    assert len(bomb) < 70 * 1024

    tracemalloc.start()
    with pytest.raises(BodyTooLarge, match="inflates to more"):
        read("json", bomb, Limits())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * MEBIBYTE


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("json", lambda: json.dumps([{"message": "a,{[" * 20, "n": number} for number in range(49)])),
        ("syslog", lambda: "a, b, c [x] {y}\n\n" * 50),
        ("papertrail", lambda: "a=b&payload=" + json.dumps({"events": [{"id": "+", "message": "%41"}] * 9})),
    ],
)
def test_an_honest_batch_passes(kind: str, body: Callable[[], str]) -> None:
    assert read(kind, body().encode()).records


def test_of_a_form_the_one_field_is_read_as_it_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powertrip.ingest.body._DECODED_AT_ONCE", 5)
    event = {"id": 1, "message": "100% é \U0001f600 a+b&c=d"}
    payload = "".join(f"%{byte:02X}" for byte in json.dumps({"events": [event]}, ensure_ascii=False).encode())

    reading = read("papertrail", f"other=payload=1&payload={payload}&payload=2".encode())

    assert [record.message for record in reading.records] == [event["message"]]
