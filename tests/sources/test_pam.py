"""Records of the source type `pam`: signed requests, and nothing else."""

import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from powertrip.domain import session_number
from powertrip.domain.record import Record
from powertrip.errors import BodyTooLarge, Unauthorized, Unreadable
from powertrip.ingest.contract import IngestRequest, Limits
from powertrip.sources.pam import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tests.samples import NOW
from tests.samples import PAM_LOGIN as LOGIN
from tests.sources import posting

SECRET = "the-secret-of-the-servers"
MAC = "0123456789abcdef" * 4
NUMBERED = LOGIN | {"terminal": "shell", "number_mac": MAC}


def body_of(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def request(
    value: object = LOGIN, *, sent: datetime = NOW, changes: dict[str, str | None] | None = None
) -> IngestRequest:
    """A rightly signed request; `changes` are laid over its headers, None for one that is not there."""
    body, timestamp = body_of(value), str(int(sent.timestamp()))
    headers: dict[str, str | None] = {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: sign(SECRET, timestamp, body),
        **(changes or {}),
    }
    given = {name: text for name, text in headers.items() if text is not None}
    return posting.request(body, given, name="servers")


def read(asked: IngestRequest, secret: str = SECRET) -> list[Record]:
    # The config refuses an empty secret; the source must not take one either.
    return posting.with_secret(posting.source("pam"), secret).read(asked).records


def test_a_signed_login_is_a_record() -> None:
    [record] = read(request())

    whole = json.dumps(LOGIN, separators=(",", ":"))
    assert record == Record(
        source="servers",
        record_id=LOGIN["id"],
        message=whole,
        raw=whole,
        received_at=NOW,
        occurred_at=NOW,
        host_name="web-1",
        program="powertrip-login",
    )


def test_the_signature_is_the_documented_one() -> None:
    # echo -n '1768478400.{"id":"1"}' | openssl dgst -sha256 -hmac the-secret-of-the-servers
    assert sign(SECRET, "1768478400", b'{"id":"1"}') == (
        "sha256=5db0ef13a82a02a11da12cee54daa117027ad5dad8d8a20912b875cc5e7b99fc"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {SIGNATURE_HEADER: None},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "sha256="},
        {SIGNATURE_HEADER: "sha256=" + "0" * 64},
        {SIGNATURE_HEADER: "sha256=" + "é" * 64},
        {SIGNATURE_HEADER: sign("another-secret-of-servers", str(LOGIN["time"]), body_of(LOGIN))},
        {SIGNATURE_HEADER: sign(SECRET, str(LOGIN["time"] + 1), body_of(LOGIN))},
        {SIGNATURE_HEADER: sign(SECRET, str(LOGIN["time"]), body_of(LOGIN) + b" ")},
        {TIMESTAMP_HEADER: None},
        {TIMESTAMP_HEADER: str(LOGIN["time"] + 1)},
        {TIMESTAMP_HEADER: "-1"},
        {TIMESTAMP_HEADER: "١٧٦٨٤٧٨٤٠٠"},
        {TIMESTAMP_HEADER: f"{LOGIN['time']}.0"},
        {TIMESTAMP_HEADER: "9" * 5000},
        {TIMESTAMP_HEADER: "nan"},
    ],
    ids=str,
)
def test_a_request_that_is_not_rightly_signed_is_refused(changes: dict[str, str | None]) -> None:
    with pytest.raises(Unauthorized):
        read(request(changes=changes))


def test_the_secret_itself_is_no_signature() -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "X-Powertrip-Secret": SECRET}
    asked = IngestRequest(headers=headers, body=body_of(LOGIN), received_at=NOW, path_secret=SECRET)

    with pytest.raises(Unauthorized):
        read(asked)


def test_an_empty_secret_lets_nobody_in() -> None:
    body, timestamp = body_of(LOGIN), str(LOGIN["time"])
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign("", timestamp, body)}

    with pytest.raises(Unauthorized):
        read(IngestRequest(headers=headers, body=body, received_at=NOW), secret="")


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_clock_may_be_a_quarter_of_an_hour_wrong(minutes: int) -> None:
    assert len(read(request(sent=NOW + timedelta(minutes=minutes)))) == 1


@pytest.mark.parametrize(("seconds", "said"), [(-901, "901 s behind"), (901, "901 s ahead of")])
def test_a_request_kept_longer_is_refused_and_says_how_much(seconds: int, said: str) -> None:
    with pytest.raises(Unauthorized, match=said):
        read(request(sent=NOW + timedelta(seconds=seconds)))


def test_strangers_are_refused_before_they_send_a_body() -> None:
    with pytest.raises(Unauthorized):
        posting.source("pam").authorize(IngestRequest(headers={}, body=b"", received_at=NOW))


def test_a_login_that_waited_for_weeks_is_taken_with_its_own_time() -> None:
    [record] = read(request(LOGIN | {"time": LOGIN["time"] - 40 * 86_400}))

    assert record.occurred_at == NOW - timedelta(days=40)


def test_the_same_login_sent_again_has_the_same_id() -> None:
    [first], [second] = read(request()), read(request(sent=NOW + timedelta(minutes=3)))

    assert first.record_id == second.record_id


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff\x00",
        b"not JSON",
        b'{"id":"4d2f',
        b"[" * 100_000,
        "text",
        [],
        {},
        LOGIN | {"id": ""},
        LOGIN | {"id": 2**53 + 1},
        LOGIN | {"program": "sshd"},
        {"message": "Accepted publickey for alice from 192.0.2.10 port 22 ssh2", "id": "1"},
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_signed_body_that_is_no_login_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        read(request(value))


def test_the_hash_of_its_number_is_kept_apart_from_what_people_are_shown() -> None:
    [record] = read(request(NUMBERED))

    assert record.trusted[session_number.MAC] == MAC
    assert MAC not in record.message
    assert json.loads(record.raw)["number_mac"] == MAC


@pytest.mark.parametrize(
    "said",
    [
        {"terminal": "none"},
        {"terminal": "unknown"},
        {"terminal": None},
        {"terminal": ["shell"]},
        {"number_mac": None},
        {"number_mac": 7},
        {"number_mac": "482"},
        {"number_mac": MAC.upper()},
        {"number_mac": f"{MAC}\n"},
        {"user": "a" * 10_000_000},
    ],
    ids=lambda said: ascii(said)[:40],
)
def test_where_no_terminal_shows_a_number_or_its_hash_is_none_the_login_has_no_number(
    said: dict[str, Any],
) -> None:
    [record] = read(request(NUMBERED | said))

    assert session_number.MAC not in record.trusted


def test_text_that_no_database_stores_is_replaced() -> None:
    body = body_of(LOGIN).replace(b"alice", b"al\\u0000\xffice")

    [record] = read(request(body))

    assert "\0" not in record.message
    assert json.loads(record.raw)["user"] == "al\0\ufffdice"


def test_ten_megabytes_are_cut_and_an_inflating_bomb_is_refused() -> None:
    [record] = read(request(LOGIN | {"user": "a" * 10_000_000}))
    assert record.cut > 9_000_000

    with pytest.raises(BodyTooLarge):
        read(request(gzip.compress(b" " * (Limits().inflated_bytes + 1))))
