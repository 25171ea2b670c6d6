"""How the bytes of a request become JSON values, whatever the sender calls them."""

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from powertrip.errors import BodyTooLarge, IngestRefused, Unreadable
from powertrip.ingest.body import _unescaped, inflate, read_text, read_values
from powertrip.ingest.contract import IngestRequest, Limits

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
LIMIT = 1024 * 1024


def read(body: bytes, limit: int = LIMIT, **headers: str) -> list[Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    limits = Limits(inflated_bytes=limit)
    return read_values(IngestRequest(headers=named, body=body, received_at=NOW, source="app", limits=limits))


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b'{"a":1}', [{"a": 1}]),
        (b'[{"a":1},{"a":2}]', [[{"a": 1}, {"a": 2}]]),
        (b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}\r\n\r\n{"a":2}', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}{"a":2}[3]', [{"a": 1}, {"a": 2}, [3]]),
        (b'\xef\xbb\xbf \n{"a":1}  ', [{"a": 1}]),
        (b'"a line"', ["a line"]),
        (b"[]", [[]]),
    ],
)
def test_json_is_read_in_every_arrangement(body: bytes, values: list[Any]) -> None:
    assert read(body) == values


def test_the_content_type_decides_nothing() -> None:
    assert read(b'{"a":1}', content_type="application/x-www-form-urlencoded") == [{"a": 1}]
    assert read(b"payload=%7B%22a%22%3A1%7D", content_type="application/json") == [{"a": 1}]
    assert read(b'{"a":1}\n{"a":2}', content_type="text/plain") == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("encode", [quote, quote_plus])
def test_a_form_payload_keeps_plus_percent_and_other_alphabets(encode: Any) -> None:
    value = {"m": "1 + 1 = 100 % & zoë; 漢字 \\ \" 'x'"}
    body = f"x=1&payload={encode(json.dumps(value, ensure_ascii=False))}&y=2".encode()
    assert read(body) == [value]


def test_a_json_text_that_mentions_payload_is_not_taken_for_a_form() -> None:
    assert read(b'{"m":"payload=%7B%7D"}') == [{"m": "payload=%7B%7D"}]


def test_gzip_is_recognised_with_and_without_its_header() -> None:
    body = gzip.compress(b'{"a":1}')
    assert read(body) == read(body, content_encoding="gzip") == [{"a": 1}]


def test_gzip_may_have_several_members_and_padding() -> None:
    body = gzip.compress(b'{"a":1}') + gzip.compress(b'{"a":2}') + b"\0" * 10
    assert read(body) == [{"a": 1}, {"a": 2}]


def test_a_body_that_a_proxy_already_inflated_is_read() -> None:
    assert read(b'{"a":1}', Content_Encoding="gzip") == [{"a": 1}]


def test_another_encoding_is_refused_by_name() -> None:
    with pytest.raises(Unreadable, match="zstd"):
        read(b"\x28\xb5\x2f\xfd", content_encoding="zstd")


def test_a_gzip_bomb_is_refused_before_it_is_held() -> None:
    bomb = gzip.compress(b"0" * (200 * LIMIT))
    with pytest.raises(BodyTooLarge, match=str(LIMIT)):
        read(bomb)


def test_the_limit_counts_all_members_together() -> None:
    members = gzip.compress(b" " * 600_000) * 2
    with pytest.raises(BodyTooLarge):
        read(members)
    assert len(inflate(members, 1_200_000)) == 1_200_000


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b'{"a":1}')[:-9],
        gzip.compress(b'{"a":1}')[:5],
        gzip.compress(b'{"a":1}')[:-8] + b"\0" * 8,
        gzip.compress(b'{"a":1}') + b"garbage",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00" + b"\xff" * 40,
    ],
    ids=["cut", "cut-in-header", "wrong-checksum", "garbage-after", "magic-only", "not-deflate"],
)
def test_damaged_gzip_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="gzip"):
        read(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"   ", "not JSON"),
        (b"Accepted password for alice", "not JSON"),
        (b'{"a":1', "not JSON"),
        (b'{"a":1}\nnot json', "character 8"),
        (b"payload=", "not JSON"),
        (b"other=1", "not JSON"),
        (b"[" * 100_000, "deeply"),
        (b'{"a":' * 100_000, "deeply"),
    ],
)
def test_what_is_not_json_is_unreadable_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(body)


def test_invalid_utf8_is_replaced_and_said() -> None:
    with capture_logs() as logs:
        assert read(b'{"m":"a\xff\xfeb"}') == [{"m": "a\ufffd\ufffdb"}]
    assert [(line["event"], line["count"]) for line in logs] == [("body has replaced characters", 2)]


@pytest.mark.parametrize(
    "body",
    [zlib.compress(bytes(range(256)) * 3), bytes(range(128, 256)) * 9, b"\x28\xb5\x2f\xfd\x04\xe8\xff\xfe"],
)
def test_what_is_compressed_by_another_way_than_gzip_is_refused_and_not_taken_for_lines(body: bytes) -> None:
    with pytest.raises(Unreadable, match="no text"):
        read_text(IngestRequest(headers={}, body=body, received_at=NOW, source="app", limits=Limits()))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_lines_in_another_alphabet_are_read_all_the_same(encoding: str) -> None:
    line = "Nov  5 10:00:00 bastion-1 login[1]: LOGIN ON tty1 BY d\u00e9sir\u00e9e"
    body = line.encode(encoding)
    text = read_text(IngestRequest(headers={}, body=body, received_at=NOW, source="app", limits=Limits()))
    assert text == line.replace("\u00e9", "\ufffd")


def test_unescaped_control_characters_are_tolerated() -> None:
    assert read(b'{"m":"a\tb\x00c"}') == [{"m": "a\tb\0c"}]


def test_numbers_json_cannot_write_stay_text() -> None:
    assert read(b'{"a":NaN,"b":-Infinity,"c":1e999,"d":1.5}') == [
        {"a": "NaN", "b": "-Infinity", "c": "1e999", "d": 1.5}
    ]


def test_integers_keep_every_digit() -> None:
    assert read(b'{"id":31953106606966983378809}') == [{"id": 31953106606966983378809}]


@pytest.mark.parametrize("digits", [301, 5000])
def test_a_whole_number_that_takes_long_to_read_stays_the_text_it_was(digits: int) -> None:
    assert read(b'{"n":' + b"9" * digits + b"}") == [{"n": "9" * digits}]


@given(st.binary(max_size=300) | st.binary(max_size=200).map(gzip.compress) | st.text().map(str.encode))
def test_arbitrary_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        values = read(body, limit=10_000)
    except IngestRefused:
        return
    assert values


PIECES = st.sampled_from(
    [*b"%=4aFg_.\n\r\t \0", b"%41", b"%3d", b"%0A", b"%25", "é".encode(), b"%\n", b"=\r\n", b"%C3%A9"]
)


@given(st.lists(PIECES.map(lambda piece: piece if isinstance(piece, bytes) else bytes([piece]))))
def test_a_form_is_unescaped_as_python_does_it(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    assert _unescaped(text) == unquote_to_bytes(text)


@given(
    st.text(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]), st.binary(max_size=3)
)
def test_a_body_is_the_same_text_whether_decoded_at_once_or_in_steps(
    text: str, encoding: str, more: bytes
) -> None:
    body = text.encode(encoding) + more
    # A part of a mark and nothing else: in steps nothing is left of it, at once it is no text.
    assume(body not in (b"\xef", b"\xef\xbb"))
    asked = IngestRequest(headers={}, body=body, received_at=NOW, source="app", limits=Limits())

    def read_it() -> str | None:
        try:
            return read_text(asked)
        except Unreadable:
            return None

    at_once = read_it()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("powertrip.ingest.body._DECODED_AT_ONCE", 2)
        assert read_it() == at_once
