"""Every source type, over what a stranger or a broken sender may post.

Whatever comes, the answer is records, parts for the quarantine, or a refusal with a name; never another
exception, for that would be a mistake of ours, and never a reading of nothing, for that loses what came.
"""

from dataclasses import replace

import pytest

from powertrip.domain.record import Record
from powertrip.errors import BodyTooLarge, IngestRefused, Unauthorized, Unreadable
from powertrip.ingest.contract import Reading
from tests.sources.hostile import LIMITS, SECRET, TYPES, WRONG, in_json, request_of, source_of
from tests.sources.posting import take

pytestmark = pytest.mark.parametrize("kind", TYPES)

LINE = b"Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
TOO_DEEP = 100_000
"""Far beyond what any reader of JSON recurses."""


def outcome(kind: str, body: bytes) -> Reading | IngestRefused:
    """What the source says to a sender who holds the secret; fails if it loses what came."""
    try:
        reading = take(source_of(kind), request_of(kind, body))
    except (BodyTooLarge, Unreadable) as refusal:
        return refusal
    assert reading.records or reading.unread, "what came is neither kept nor refused"
    return reading


def records_of(kind: str, body: bytes) -> list[Record]:
    reading = outcome(kind, body)
    return reading.records if isinstance(reading, Reading) else []


def storable(record: Record) -> bool:
    """Whether SQLite and PostgreSQL can both keep it."""
    kept = (record.record_id, record.message, record.host_name or "", record.program or "")
    return all("\0" not in text and text.encode() is not None for text in kept)


def test_what_the_sender_documents_is_one_record(kind: str) -> None:
    [record] = records_of(kind, TYPES[kind].wrap(LINE, 1))

    assert LINE.decode() in record.message


@pytest.mark.parametrize("secret", [WRONG, "", SECRET[:-1], SECRET + "x", SECRET.upper()])
def test_a_wrong_secret_is_refused(kind: str, secret: str) -> None:
    body = TYPES[kind].wrap(LINE, 1)

    with pytest.raises(Unauthorized) as refusal:
        take(source_of(kind), request_of(kind, body, secret))
    assert SECRET not in str(refusal.value)


def test_a_request_that_proves_nothing_is_refused(kind: str) -> None:
    request = replace(request_of(kind, TYPES[kind].wrap(LINE, 1)), headers={})

    with pytest.raises(Unauthorized):
        source_of(kind).authorize(replace(request, body=b""))
    with pytest.raises(Unauthorized):
        take(source_of(kind), request)


def test_a_gzip_bomb_is_told_as_too_large(kind: str) -> None:
    for pack in TYPES[kind].packings:
        found = outcome(kind, pack(b" " * (LIMITS.inflated_bytes + 1)))

        told = [part.reason for part in found.unread] if isinstance(found, Reading) else [str(found)]
        assert any("inflates to more than" in reason for reason in told), told
        assert isinstance(found, BodyTooLarge) or records_of(kind, TYPES[kind].wrap(LINE, 1))


def test_gzip_that_ends_early_is_told(kind: str) -> None:
    for pack in TYPES[kind].packings:
        outcome(kind, pack(TYPES[kind].wrap(LINE, 1))[:-12])


def test_a_line_of_10_megabytes_is_cut_and_says_so(kind: str) -> None:
    for record in records_of(kind, TYPES[kind].wrap(b"x" * 10_000_000, 1)):
        assert len(record.message) == LIMITS.message_characters
        assert record.cut >= 10_000_000 - LIMITS.message_characters


@pytest.mark.parametrize("junk", [b"\xff\xfe\xc3\x28", b"\xed\xa0\x80", b"\xc0\x80"])
def test_invalid_utf_8_is_kept_or_told(kind: str, junk: bytes) -> None:
    records = records_of(kind, TYPES[kind].wrap(LINE + junk, 1))

    assert all(storable(record) and LINE.decode() in record.message for record in records)


@pytest.mark.parametrize("nul", [b"\0", b"\\u0000", b"\\ud800"])
def test_what_no_database_can_keep_is_replaced_or_told(kind: str, nul: bytes) -> None:
    records = records_of(kind, TYPES[kind].wrap(LINE + nul, 1))

    assert all(storable(record) and LINE.decode() in record.message for record in records)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"message":', '{"events":['])
def test_json_that_nests_too_deeply_is_kept_or_told(kind: str, opening: str) -> None:
    outcome(kind, opening.encode() * TOO_DEEP)
    outcome(kind, TYPES[kind].wrap(in_json(opening * TOO_DEEP), 1))


def test_ids_beyond_53_bits_stay_apart(kind: str) -> None:
    first, second = (2**63 + 1, 2**63 + 2)

    ids = [records_of(kind, TYPES[kind].wrap(LINE, number))[0].record_id for number in (first, second)]

    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\0", b"null", b"0", b'""', b"{}", b"[[]]", b'"text"', b"payload=", b"NaN", b"9" * 10_000),
        *(b"\xff", b"\x1f\x8b", b"--boundary", b'{"a": 1} trailing', b'{"events": {}}', b'{"records": 1}'),
    ],
    ids=repr,
)
def test_a_body_of_another_shape_is_kept_or_told(kind: str, body: bytes) -> None:
    outcome(kind, body)
