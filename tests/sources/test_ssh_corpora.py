"""What real sshds logged, shipped in every way that the sources read, makes the events that it should."""

import json
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.record import Record
from powertrip.rules import Match, Quarantined
from tests.rules.support import rules_of
from tests.sources.posting import fields_of, records_of

SSH = rules_of("- use: ssh")
GENUINE = {"192.0.2.10", "2001:db8::10"}
SHIPPED: tuple[tuple[str, str], ...] = (
    ("syslog", "rsyslog_json.log"),
    ("syslog", "rsyslog_trad.log"),
    ("syslog", "rsyslog_iso.log"),
    ("syslog", "devlog_9INFOyes.raw"),
    ("syslog", "devlog_9VERBOSEno.raw"),
    ("syslog", "journald_constructed.jsonl"),
    ("journald", "journald_constructed.jsonl"),
)
WITHOUT_FACILITY = ("rsyslog_trad.log", "rsyslog_iso.log")
"""Nothing but the facility, or journald, tells a line of logger(1) from sshd's own."""


def is_login(record: Record) -> bool:
    """Whether sshd says here, in its own words, that somebody is in."""
    words = record.message.split()
    return words[:1] == ["Accepted"] and words[1] not in ("key", "certificate")


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_every_login_is_an_event_and_the_forged_one_is_not(corpora: Path, kind: str, name: str) -> None:
    body = (corpora / "openssh" / name).read_bytes()
    records = records_of(kind, body)
    matches = [record for record in records if isinstance(SSH.judge(record), Match)]
    *genuine, forged = [record for record in records if is_login(record)]

    assert len(records) == len(body.splitlines())
    assert len(genuine) >= 12
    assert {fields_of(SSH, record)["source_ip"] for record in genuine} == GENUINE
    assert all(record.occurred_at for record in records)
    if name in WITHOUT_FACILITY:
        assert matches == [*genuine, forged]
    else:
        assert matches == genuine
        assert isinstance(SSH.judge(forged), Quarantined)


def bodies(line: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The line as each shipper sends it."""
    message, program, pri = line["message"], line["ident"], line["pri"]
    rsyslog = {"message": f" {message}", "programname": program, "facility": "auth"}
    journal = {"MESSAGE": message, "SYSLOG_IDENTIFIER": program, "SYSLOG_FACILITY": str(pri >> 3)}
    return {
        "rsyslog json": ("syslog", json.dumps(rsyslog)),
        "rsyslog traditional": ("syslog", f"<{pri}>Nov 22 20:08:58 bastion-1 {program}[9]: {message}"),
        "RFC 5424": ("syslog", f"<{pri}>1 2026-11-22T20:08:58Z bastion-1 {program} 9 - - {message}"),
        "/dev/log": ("syslog", f"<{pri}>Nov 22 20:08:58 {program}[9]: {message}"),
        "journald": ("journald", json.dumps(journal)),
        "loki": (
            "loki",
            json.dumps({"streams": [{"stream": {"program": program}, "values": [["1", message]]}]}),
        ),
    }


def test_every_labelled_line_names_the_right_user_address_and_method(corpora: Path) -> None:
    lines = json.loads((corpora / "openssh" / "accepted_expected.json").read_text())
    assert lines
    for line in lines:
        expected = line["expect"]
        for shipper, (kind, body) in bodies(line).items():
            [record] = records_of(kind, body)
            fields = fields_of(SSH, record)
            assert (fields["user_name"], fields["source_ip"], fields["method"], fields["source_port"]) == (
                expected["user_unvis"],
                expected["ip"],
                expected["method"],
                expected["port"],
            ), shipper


@pytest.mark.parametrize(
    "name",
    [
        *("syslog", "syslog_osx", "syslog_rsyslog", "syslog_rsyslog_SysklogdFileFormat"),
        *("syslog_rsyslog_SyslogProtocol23Format", "syslog_rsyslog_traditional", "syslog_ssh.log"),
    ],
)
def test_no_line_of_other_programs_logs_is_lost(corpora: Path, name: str) -> None:
    text = (corpora / "plaso" / name).read_text()
    records = records_of("syslog", text)
    assert [record.raw for record in records] == [line for line in text.split("\n") if line.strip()]


def test_the_parts_of_rfc_5424_lines_are_read(corpora: Path) -> None:
    records = records_of("syslog", (corpora / "plaso/syslog_rsyslog_SyslogProtocol23Format").read_text())
    known = [record for record in records if record.program]
    assert {record.program for record in known} == {"log_tag", "systemd", "cron"}
    assert all(record.host_name == "hostname" and record.facility for record in known)
