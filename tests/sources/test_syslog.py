"""Records of the source type `syslog`: each shipper's own body for the same login."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.errors import IngestRefused, Unauthorized, Unreadable
from powertrip.rules import Match, Quarantined
from tests.rules.support import rules_of
from tests.sources.posting import NOW, read, records_of

SSH = rules_of("- use: ssh")
SUDO = rules_of("- use: sudo")
LOGIN = f"Accepted publickey for alice from 192.0.2.10 port 50022 ssh2: ED25519 SHA256:{'k' * 43}"
WHEN = datetime(2026, 11, 22, 20, 8, 58, tzinfo=UTC)
TIME = "2026-11-22T20:08:58+00:00"
RSYSLOG = {"time": TIME, "host": "bastion-1", "facility": "auth", "program": "sshd", "message": f" {LOGIN}"}
FLUENT_BIT = {"date": WHEN.timestamp(), "pri": "38", "host": "bastion-1", "ident": "sshd", "message": LOGIN}
FLUENT_BIT_SYSTEMD = {
    "date": WHEN.timestamp(),
    "_HOSTNAME": "bastion-1",
    "SYSLOG_IDENTIFIER": "sshd",
    "SYSLOG_FACILITY": "4",
    "_UID": "0",
    "_COMM": "sshd",
    "MESSAGE": LOGIN,
}
FLUENT_BIT_TAIL = {
    "date": WHEN.timestamp(),
    "log": f"{TIME} bastion-1 sshd[99]: {LOGIN}",
    "facility": "auth",
}
VECTOR = {
    "appname": "sshd",
    "facility": "auth",
    "hostname": "bastion-1",
    "message": LOGIN,
    "procid": 99,
    "source_type": "syslog",
    "timestamp": "2026-11-22T20:08:58Z",
}
SYSLOG_NG = {"PROGRAM": "sshd", "HOST": "bastion-1", "ISODATE": TIME, "FACILITY": "auth", "MESSAGE": LOGIN}
SYSLOG_NG_EXAMPLE = RSYSLOG | {"id": "1@2", "pid": "99", "message": LOGIN, "_UID": "", "_COMM": ""}
LINES = (
    f"<38>Nov 22 20:08:58 bastion-1 sshd[99]: {LOGIN}",
    f"<38>{TIME} bastion-1 sshd[99]: {LOGIN}",
    f"<38>1 {TIME} bastion-1 sshd 99 - - {LOGIN}",
    f"<38>1 {TIME} bastion-1 sshd 99 - -  {LOGIN}",
    f'<38>1 {TIME} bastion-1 sshd 99 ID7 [a@1 k="x\\"]y"][b@1] \ufeff{LOGIN}',
)
STREAM = {
    "stream": {"host": "bastion-1", "program": "sshd", "facility": "auth"},
    "values": [[str(int(WHEN.timestamp())) + "000000000", LOGIN]],
}


def lines(*values: dict[str, Any]) -> str:
    return "\n".join(json.dumps(value) for value in values)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(RSYSLOG, id="rsyslog omhttp"),
        pytest.param(lines(RSYSLOG), id="rsyslog omhttp newline"),
        pytest.param([RSYSLOG], id="rsyslog omhttp jsonarray"),
        pytest.param({"records": [{"value": RSYSLOG}]}, id="rsyslog omhttp kafkarest"),
        pytest.param({"streams": [STREAM]}, id="rsyslog omhttp lokirest"),
        pytest.param([SYSLOG_NG], id="syslog-ng format-json"),
        pytest.param([SYSLOG_NG_EXAMPLE], id="syslog-ng, as documented"),
        pytest.param([FLUENT_BIT], id="fluent-bit json"),
        pytest.param(lines(FLUENT_BIT) + "\n", id="fluent-bit json_lines"),
        pytest.param([FLUENT_BIT_SYSTEMD], id="fluent-bit systemd"),
        pytest.param([FLUENT_BIT_TAIL], id="fluent-bit tail"),
        pytest.param([VECTOR], id="Vector json"),
        pytest.param(lines(VECTOR) + "\n", id="Vector newline_delimited"),
        *(pytest.param(line, id=f"text {number}") for number, line in enumerate(LINES)),
        pytest.param(gzip.compress(lines(RSYSLOG).encode()), id="gzip"),
    ],
)
def test_the_login_is_the_same_whoever_ships_it(body: object) -> None:
    [record] = records_of("syslog", body, now=WHEN)
    verdict = SSH.judge(record)
    assert isinstance(verdict, Match)
    assert verdict.fields["user_name"] == "alice"
    assert (record.message, record.host_name, record.program) == (LOGIN, "bastion-1", "sshd")
    assert (record.occurred_at, record.facility) == (WHEN, "auth")


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (lines(RSYSLOG, RSYSLOG | {"host": "bastion-2"}), 2),
        (json.dumps(FLUENT_BIT) + json.dumps(FLUENT_BIT | {"host": "bastion-2"}), 2),
        ({"records": [{"value": RSYSLOG}, {"value": RSYSLOG | {"host": "b"}}]}, 2),
        ("\r\n".join(LINES) + "\r\n", 5),
        ([], 0),
    ],
    ids=["newline", "json_stream", "kafkarest", "text", "empty array"],
)
def test_every_record_of_a_batch_is_read(body: object, count: int) -> None:
    records = records_of("syslog", body)
    assert [record.message for record in records] == [LOGIN] * count
    assert len({record.record_id for record in records}) == count


def test_a_batch_that_is_sent_again_has_the_same_ids() -> None:
    later = NOW.replace(hour=23)
    for body in (lines(RSYSLOG), "\n".join(LINES)):
        first, again = records_of("syslog", body), records_of("syslog", body, now=later)
        assert [record.record_id for record in first] == [record.record_id for record in again]


def test_the_senders_own_id_is_kept_only_where_the_config_names_it() -> None:
    sent = RSYSLOG | {"id": "7b1d", "__CURSOR": "s=1"}
    (unnamed,) = records_of("syslog", sent)
    (named,) = records_of("syslog", sent, keys={"id": "id"})

    assert unnamed.record_id.startswith("sha256:")
    assert named.record_id == "7b1d"


def test_rsyslogs_default_template_names_no_program_and_is_still_judged() -> None:
    default = {"message": f" {LOGIN}", "fromhost": "bastion-1", "facility": "auth", "timereported": TIME}
    [record] = records_of("syslog", default)
    assert record.program is None
    assert isinstance(SSH.judge(record), Match)


def test_a_text_line_that_a_user_forged_is_quarantined_for_its_facility() -> None:
    [record] = records_of("syslog", f"<13>Nov 22 20:08:58 bastion-1 sshd[999]: {LOGIN}")
    assert record.facility == "user"
    assert isinstance(SSH.judge(record), Quarantined)


def test_a_forged_line_without_a_header_keeps_its_facility() -> None:
    [record] = records_of("syslog", f"<13>{LOGIN}")
    assert (record.message, record.program, record.facility) == (LOGIN, None, "user")
    assert isinstance(SSH.judge(record), Quarantined)


def test_exactly_one_leading_blank_goes() -> None:
    padded = "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"
    [record] = records_of(
        "syslog", RSYSLOG | {"program": "sudo", "facility": "authpriv", "message": f" {padded}"}
    )
    assert record.message == padded
    assert isinstance(SUDO.judge(record), Match)


def test_a_program_that_the_shipper_names_is_not_replaced_by_what_a_message_claims() -> None:
    claim = f"<38>Nov 22 20:08:58 bastion-1 sshd[99]: {LOGIN}"
    [record] = records_of("syslog", RSYSLOG | {"program": "app", "message": claim})
    assert (record.program, record.message) == ("app", claim)


def test_what_a_program_adds_to_its_journal_entry_does_not_replace_what_journald_says() -> None:
    [record] = records_of(
        "syslog", FLUENT_BIT_SYSTEMD | {"HOST": "other", "host": "other", "DATE": "teatime"}
    )
    assert (record.host_name, record.trusted) == ("bastion-1", {"_UID": "0", "_COMM": "sshd"})


def test_the_zone_of_a_traditional_line_is_the_configured_one() -> None:
    [record] = records_of("syslog", LINES[0], now=WHEN, time_zone="Europe/Berlin")
    assert record.occurred_at == WHEN.replace(hour=19)


def test_the_raw_record_is_what_came() -> None:
    assert records_of("syslog", LINES[0])[0].raw == LINES[0]
    assert json.loads(records_of("syslog", RSYSLOG)[0].raw) == RSYSLOG


def test_a_broken_line_is_quarantined_and_the_others_are_kept() -> None:
    result = read("syslog", lines(RSYSLOG) + '\n{"message": "a "quoted" word"}\n' + lines(VECTOR))
    assert [record.message for record in result.records] == [LOGIN, LOGIN]
    [part] = result.unread
    assert part.body == b'{"message": "a "quoted" word"}'
    assert "not JSON" in part.reason


@pytest.mark.parametrize("body", ['{"message": "a', "[1, 2", '{"a": 1} x'])
def test_json_that_is_broken_as_a_whole_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        read("syslog", body, beside={"Content-Type": "application/json"})


@pytest.mark.parametrize("body", ["", "\n\n"])
def test_an_empty_body_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable, match="empty"):
        read("syslog", body)


def test_text_may_begin_like_json() -> None:
    [record] = records_of("syslog", "[997.390602] sda2: rw=0", beside={"Content-Type": "text/plain"})
    assert record.message == "[997.390602] sda2: rw=0"


def test_a_message_that_begins_like_rfc_5424_is_left_alone() -> None:
    assert records_of("syslog", {"message": "1 a b c d e f g"})[0].message == "1 a b c d e f g"


def test_a_request_without_the_secret_is_not_read() -> None:
    with pytest.raises(Unauthorized):
        records_of("syslog", RSYSLOG, headers={})


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_arbitrary_bytes_become_records_or_a_refusal(body: bytes) -> None:
    try:
        records = records_of("syslog", body)
    except IngestRefused:
        return
    assert all((record.message + record.raw + record.record_id).encode() for record in records)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["message", "streams", "records", "program", "values"]), inner)
        ),
    )
)
def test_any_json_becomes_records_that_can_be_stored(value: object) -> None:
    try:
        records = records_of("syslog", value)
    except IngestRefused:
        return
    assert all((record.message + record.raw + record.record_id).encode() for record in records)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\0", "\0\n", "\r\n\0"])
@pytest.mark.parametrize(
    "shipped", [RSYSLOG, FLUENT_BIT_SYSTEMD, FLUENT_BIT_TAIL, SYSLOG_NG, LINES[0], LINES[2]]
)
def test_what_ends_a_line_is_no_part_of_its_message_and_hides_no_login(shipped: Any, ending: str) -> None:
    key = next((key for key in ("message", "MESSAGE", "log") if key in shipped), "")
    value = shipped + ending if isinstance(shipped, str) else shipped | {key: shipped[key] + ending}
    [record] = records_of("syslog", json.dumps([value]).encode())
    verdict = SSH.judge(record)
    assert isinstance(verdict, Match), verdict
    assert verdict.fields["user_name"] == "alice"


def test_frames_that_are_counted_in_octets_need_no_line_break() -> None:
    frames = [line.encode() for line in LINES]
    body = b"".join(str(len(frame)).encode() + b" " + frame for frame in frames)
    assert [record.message for record in records_of("syslog", body)] == [LOGIN] * len(LINES)
    broken = body[:-1]
    assert any("Accepted" in record.message for record in records_of("syslog", broken))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda record: {"metrics": [record]},
        lambda record: {"events": [record]},
        lambda record: {"payload": {"events": [record]}},
        lambda record: {
            "message": {"data": base64.b64encode(json.dumps(record).encode()).decode(), "messageId": "1"},
            "subscription": "projects/p/subscriptions/s",
        },
    ],
    ids=["Telegraf's batch", "events", "Papertrail's payload", "Pub/Sub's push"],
)
def test_the_records_within_an_envelope_are_read(wrap: Any) -> None:
    [record] = records_of("syslog", wrap(RSYSLOG))
    assert (record.message, record.host_name, record.program) == (LOGIN, "bastion-1", "sshd")


def test_a_record_that_only_looks_like_an_envelope_is_kept_whole() -> None:
    for value in (
        {"message": {"data": ""}, "line": LINES[0]},
        {"message": {"data": "no base64!"}},
        {"events": [RSYSLOG], "more": 1},
    ):
        [record] = records_of("syslog", value)
        assert json.loads(record.raw) == value


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_text_of_windows_is_read(encoding: str) -> None:
    assert records_of("syslog", LINES[0].encode(encoding))[0].message == LOGIN
    assert records_of("syslog", f"\0{LOGIN}".encode(encoding))[0].message.endswith(LOGIN)


def test_the_time_of_a_header_with_a_zone_is_better_than_that_of_reading_it() -> None:
    read_at = {"@timestamp": "2026-11-22T23:00:00Z"}
    for time, when in ((TIME, WHEN), ("Nov 22 20:08:58", WHEN.replace(hour=23, minute=0, second=0))):
        [record] = records_of("syslog", read_at | {"message": f"{time} bastion-1 sshd[9]: {LOGIN}"}, now=WHEN)
        assert record.occurred_at == when
