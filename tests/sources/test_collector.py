"""What OpenTelemetry's collector posts: its log records, each with its attributes."""

from typing import Any

import pytest

from powertrip.rules import Match, Quarantined, RuleSet
from tests.rules.support import rules_of
from tests.sources.posting import read

ACCEPTED = "Accepted publickey for alice from 192.0.2.10 port 50022 ssh2"
LINE = f"Nov  5 10:00:00 bastion-1 sshd[1]: {ACCEPTED}"
RULES = RuleSet(rules_of("- use: ssh").rules, {"it": ("message",)})


def attributes(**values: str) -> list[dict[str, Any]]:
    return [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in values.items()]


def otlp(*bodies: Any, of_record: dict[str, str] | None = None, **of_resource: str) -> dict[str, Any]:
    records = [
        {"timeUnixNano": "1793872800000000000", "body": body, "attributes": attributes(**(of_record or {}))}
        for body in bodies
    ]
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes(**of_resource)},
                "scopeLogs": [{"scope": {}, "logRecords": records}],
            }
        ]
    }


JOURNAL = {
    "kvlistValue": {
        "values": attributes(MESSAGE=ACCEPTED, SYSLOG_IDENTIFIER="sshd", _HOSTNAME="bastion-1", _UID="0")
    }
}


@pytest.mark.parametrize("kind", ["syslog", "json"])
@pytest.mark.parametrize(
    "value",
    [
        otlp({"stringValue": LINE}, of_record={"log__file__name": "auth.log"}),
        otlp({"stringValue": LINE}, host__name="bastion-1"),
        otlp(
            {"stringValue": f"<38>{LINE}"},
            of_record={"appname": "sshd", "hostname": "bastion-1", "message": ACCEPTED},
        ),
        otlp(JOURNAL),
    ],
    ids=["filelog", "filelog with a host", "syslog", "journald"],
)
def test_a_login_is_an_event(kind: str, value: dict[str, Any]) -> None:
    [record] = read(kind, value).records
    verdict = RULES.judge(record)
    assert isinstance(verdict, Match)
    assert (verdict.fields["user_name"], verdict.fields["host_name"]) == ("alice", "bastion-1")
    assert record.occurred_at is not None
    assert record.occurred_at.isoformat() == "2026-11-05T10:00:00+00:00"


@pytest.mark.parametrize("kind", ["syslog", "json"])
def test_each_log_record_is_a_record(kind: str) -> None:
    value = otlp({"stringValue": LINE}, {"stringValue": LINE.replace("alice", "bob")}, JOURNAL)
    assert [type(RULES.judge(record)) for record in read(kind, value).records] == [Match] * 3


@pytest.mark.parametrize("kind", ["syslog", "json"])
@pytest.mark.parametrize(
    "value",
    [
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"text": LINE}]}]}]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": LINE}]}]}]},
        {"resourceLogs": [{"scopeLogs": {"logRecords": LINE}}]},
        {"resourceLogs": LINE},
        {"resourceLogs": []},
        {"resourceLogs": [LINE], "more": 1},
        otlp({"arrayValue": {"values": [{"intValue": "1"}]}}, of_record={"notes": LINE}),
        otlp({"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": LINE}}]}}),
        otlp({"kvlistValue": {"values": LINE}}),
    ],
)
def test_what_has_another_form_is_quarantined(kind: str, value: dict[str, Any]) -> None:
    assert [type(RULES.judge(record)) for record in read(kind, value).records] == [Quarantined]
