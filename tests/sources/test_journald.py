"""Records of the source type `journald`: entries of systemd's journal."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.record import Record
from powertrip.errors import Unauthorized, Unreadable
from powertrip.rules import Quarantined
from tests.rules.support import rules_of
from tests.sources.posting import NAME, fields_of, read, records_of

SSH = rules_of("- use: ssh")
LOGIN = f"Accepted publickey for alice from 192.0.2.10 port 50022 ssh2: ED25519 SHA256:{'k' * 43}"
ENTRY = {
    "__CURSOR": "s=e991dd57;i=2;b=0dc8;m=24;t=573f;x=9cee",
    "__REALTIME_TIMESTAMP": "1795378138759677",
    "_HOSTNAME": "bastion-1",
    "_UID": "0",
    "_COMM": "sshd-session",
    "SYSLOG_FACILITY": "4",
    "SYSLOG_IDENTIFIER": "sshd-session",
    "MESSAGE": LOGIN,
}


def entry(**changes: Any) -> Record:
    [record] = records_of("journald", ENTRY | changes)
    return record


def test_a_login_is_an_event_with_all_that_journald_vouches_for() -> None:
    record = entry()
    assert fields_of(SSH, record)["user_name"] == "alice"
    assert record == Record(
        source=NAME,
        record_id="s=e991dd57;i=2;b=0dc8;m=24;t=573f;x=9cee",
        message=LOGIN,
        raw=json.dumps(ENTRY, separators=(",", ":")),
        received_at=record.received_at,
        occurred_at=datetime(2026, 11, 22, 20, 8, 58, 759677, tzinfo=UTC),
        host_name="bastion-1",
        program="sshd-session",
        facility="auth",
        trusted={"_UID": "0", "_COMM": "sshd-session"},
    )


def test_a_forged_login_is_quarantined() -> None:
    assert isinstance(SSH.judge(entry(_UID="1000", _COMM="logger")), Quarantined)


def test_what_a_program_sends_along_is_not_what_journald_says() -> None:
    record = entry(HOSTNAME="other", host="other", message="other", program="other", id="other")
    assert (record.host_name, record.message, record.program) == ("bastion-1", LOGIN, "sshd-session")
    assert record.record_id == ENTRY["__CURSOR"]


def test_lists_of_bytes_and_repeated_fields_are_read() -> None:
    assert entry(MESSAGE=list("Accepted zoë\x1b".encode())).message == "Accepted zoë\x1b"
    assert entry(MESSAGE=["one", "two"]).message == "one\ntwo"
    assert entry(SYSLOG_IDENTIFIER=["sudo", "x"]).program == "sudo"


def test_an_entry_without_an_identifier_is_of_its_command() -> None:
    without = {key: value for key, value in ENTRY.items() if key != "SYSLOG_IDENTIFIER"}
    assert records_of("journald", without)[0].program == "sshd-session"


def test_a_message_that_journalctl_left_out_is_quarantined_with_what_to_do() -> None:
    result = read("journald", [ENTRY | {"MESSAGE": None}, ENTRY])
    assert [record.message for record in result.records] == [LOGIN]
    [part] = result.unread
    assert "--all" in part.reason
    assert b"bastion-1" in part.body


@pytest.mark.parametrize("arrange", [json.dumps, lambda two: "\n".join(map(json.dumps, two))])
def test_entries_may_come_as_lines_or_as_an_array(arrange: Any) -> None:
    second = ENTRY | {"__CURSOR": "s=e991dd57;i=3"}
    assert len({record.record_id for record in records_of("journald", arrange([ENTRY, second]))}) == 2


def test_an_entry_that_nests_too_deeply_to_be_written_is_refused() -> None:
    # There is a depth that can still be read and no more be written; where it is depends on the stack.
    refusals = []
    for depth in range(700, 1010):
        nested = "[" * depth + "]" * depth
        try:
            read("journald", f'{{"MESSAGE": null, "_HOSTNAME": {nested}}}')
        except Unreadable as refusal:
            refusals.append(str(refusal))
    assert set(refusals) == {"the body nests lists or objects too deeply"}


def test_a_request_without_the_secret_is_not_read() -> None:
    with pytest.raises(Unauthorized):
        records_of("journald", ENTRY, headers={})


def test_the_export_format_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        records_of("journald", f"__CURSOR=s=1\nMESSAGE={LOGIN}\n\n")


@pytest.mark.parametrize("name", ["openssh/journald_constructed.jsonl", "lnav/logfile_journald.json"])
def test_whole_journals_are_read(corpora: Path, name: str) -> None:
    body = (corpora / name).read_bytes()
    records = records_of("journald", body)
    assert len(records) == len({record.record_id for record in records}) == len(body.strip().splitlines())
    assert all(record.occurred_at and record.trusted and record.program for record in records)
