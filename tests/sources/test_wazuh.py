"""Records of the source types `wazuh4`, `wazuh5` and `ossec`: the lines that their alerts quote."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.record import Record
from powertrip.errors import Unauthorized, Unreadable
from powertrip.rules import Ignored, Match, Quarantined
from tests.rules.support import rules_of
from tests.sources.posting import NOW, judged, read

SSH = rules_of("- use: ssh")
LOGIN = f"Accepted publickey for alice from 192.0.2.10 port 52277 ssh2: ED25519 SHA256:{'k' * 43}"
HEADER = "Jan 15 11:59:58 bastion-1 sshd[17584]: "
ALERT: dict[str, Any] = {
    "timestamp": "2026-01-15T11:59:59.905+0000",
    "rule": {"level": 3, "description": "sshd: authentication success.", "id": "5715"},
    "agent": {"id": "001", "name": "agent-1", "ip": "192.0.2.1"},
    "manager": {"name": "wazuh-1"},
    "id": "1768478399.1549653",
    "full_log": HEADER + LOGIN,
    "predecoder": {"program_name": "sshd", "timestamp": "Jan 15 11:59:58", "hostname": "bastion-1"},
    "decoder": {"parent": "sshd", "name": "sshd"},
    "data": {"srcip": "203.0.113.9", "srcport": "1", "dstuser": "mallory"},
    "location": "/var/log/auth.log",
}
OSSEC: dict[str, Any] = {
    "rule": {"level": 3, "comment": "SSHD authentication success.", "sidid": 5715, "group": "syslog,sshd,"},
    "id": "1768478399.0",
    "TimeStamp": 1768478399000,
    "decoder": "sshd",
    "srcip": "203.0.113.9",
    "dstuser": "mallory",
    "location": "/var/log/messages",
    "full_log": HEADER + LOGIN,
    "hostname": "bastion-1",
    "program_name": "sshd",
}
FINDING: dict[str, Any] = {
    "@timestamp": "2026-01-15T11:59:59.905Z",
    "event": {"original": HEADER + LOGIN},
    "wazuh": {
        "agent": {"name": "agent-1"},
        "rule": {"title": "sshd: authentication success", "level": "low"},
    },
    "user": {"name": "mallory"},
}


def wazuh4(**changes: Any) -> Record:
    """The record of one alert."""
    [made] = read("wazuh4", ALERT | changes).records
    return made


def test_an_alert_of_wazuh_4_is_a_record_of_the_line_it_quotes() -> None:
    assert wazuh4() == Record(
        source="it",
        record_id="wazuh-1:1768478399.1549653",
        message=LOGIN,
        raw=json.dumps(ALERT, separators=(",", ":")),
        received_at=NOW,
        occurred_at=datetime(2026, 1, 15, 11, 59, 59, 905000, UTC),
        host_name="bastion-1",
        program="sshd",
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [("wazuh4", ALERT), ("ossec", OSSEC), ("wazuh5", FINDING), ("wazuh5", HEADER + LOGIN)],
    ids=["wazuh4", "ossec", "wazuh5 as JSON", "wazuh5 as text"],
)
def test_who_logged_in_is_what_the_line_says_and_not_what_the_hids_decoded(kind: str, body: object) -> None:
    [verdict] = judged(SSH, read(kind, body))

    assert isinstance(verdict, Match)
    fields = {name: verdict.fields[name] for name in ("user_name", "host_name", "source_ip")}
    assert fields == {"user_name": "alice", "host_name": "bastion-1", "source_ip": "192.0.2.10"}


@pytest.mark.parametrize("kind", ["wazuh4", "ossec", "wazuh5"])
def test_a_key_that_would_be_accepted_is_no_login(kind: str) -> None:
    line = HEADER + "Accepted key ED25519 SHA256:" + "k" * 43 + " found at /home/alice/.ssh/authorized_keys:1"
    body = {"wazuh4": ALERT | {"full_log": line}, "ossec": OSSEC | {"full_log": line}, "wazuh5": line}[kind]

    [verdict] = judged(SSH, read(kind, body))

    assert isinstance(verdict, Ignored)


@pytest.mark.parametrize(
    "header",
    [
        "Jan  5 11:59:58 bastion-1 sshd[1]: ",
        "2026-01-15T11:59:58.123456+00:00 bastion-1 sshd-session[1]: ",
        "<38>Jan 15 11:59:58 bastion-1 sshd[1]: ",
        "Jan 15 11:59:58 sshd[1]: ",
        "2026 Jan 15 11:59:58 sshd-gate->192.0.2.1 Jan 15 11:59:58 bastion-1 sshd[1]: ",
        "sshd[1]: ",
        "",
    ],
)
def test_every_form_of_header_is_taken_off(header: str) -> None:
    [verdict] = judged(SSH, read("wazuh4", ALERT | {"full_log": header + LOGIN}))

    assert isinstance(verdict, Match)
    assert verdict.fields["user_name"] == "alice"


def test_a_line_that_only_quotes_a_login_is_none() -> None:
    forged = f"Jan 15 11:59:58 bastion-1 app[7]: sshd[17584]: {LOGIN}"
    predecoder = ALERT["predecoder"] | {"program_name": "app"}

    [verdict] = judged(SSH, read("wazuh4", ALERT | {"full_log": forged, "predecoder": predecoder}))

    assert not isinstance(verdict, Match)


def test_an_id_is_of_its_manager_or_node() -> None:
    ids = {
        wazuh4().record_id,
        wazuh4(manager={"name": "wazuh-2"}).record_id,
        wazuh4(cluster={"name": "wazuh", "node": "worker-1"}).record_id,
    }

    assert ids == {f"{node}:1768478399.1549653" for node in ("wazuh-1", "wazuh-2", "worker-1")}


def test_an_alert_without_a_manager_is_known_by_its_hash() -> None:
    first, again, other = wazuh4(manager=None), wazuh4(manager=None), wazuh4(manager=None, location="x")

    assert first.record_id == again.record_id != other.record_id
    assert first.record_id.startswith("sha256:")


def test_a_host_that_the_line_does_not_name_is_the_agent() -> None:
    assert wazuh4(full_log=LOGIN, predecoder=None).host_name == "agent-1"


@pytest.mark.parametrize(("kind", "alert"), [("wazuh4", ALERT), ("ossec", OSSEC)])
def test_an_alert_that_quotes_no_line_is_not_lost(kind: str, alert: dict[str, Any]) -> None:
    lacking = {key: value for key, value in alert.items() if key != "full_log"}

    with pytest.raises(Unreadable, match="no_full_log"):
        read(kind, lacking)
    reading = read(kind, [alert, lacking])
    assert len(reading.records) == 1
    assert [json.loads(part.body) for part in reading.unread] == [lacking]
    assert "no_full_log" in reading.unread[0].reason


@pytest.mark.parametrize("kind", ["wazuh4", "ossec", "wazuh5"])
@pytest.mark.parametrize("body", ["", b"\xff{", '{"rule":', "[{" * 50_000], ids=ascii)
def test_no_hostile_body_breaks_a_source(kind: str, body: object) -> None:
    try:
        reading = read(kind, body)
    except Unreadable:
        return
    assert kind == "wazuh5"
    assert len(reading.records) == 1


@pytest.mark.parametrize("kind", ["wazuh4", "ossec", "wazuh5"])
def test_a_hids_needs_the_secret(kind: str) -> None:
    with pytest.raises(Unauthorized):
        read(kind, ALERT, {})


def test_characters_that_no_database_stores_are_replaced() -> None:
    made = wazuh4(full_log=HEADER + "a\0b\ud800c")

    assert (made.message, made.program) == ("a\ufffdb\\ud800c", "sshd")


def test_an_alert_of_ossec_keeps_its_milliseconds() -> None:
    [made] = read("ossec", OSSEC | {"TimeStamp": 1768478399123}).records

    assert made.occurred_at == datetime(2026, 1, 15, 11, 59, 59, 123000, UTC)
    assert made.record_id != read("ossec", OSSEC).records[0].record_id


def test_a_finding_says_when_it_was_found() -> None:
    [made] = read("wazuh5", FINDING).records

    assert made.occurred_at == datetime(2026, 1, 15, 11, 59, 59, 905000, UTC)
    assert json.loads(made.raw) == FINDING


def test_the_same_line_sent_twice_is_one_record() -> None:
    first, second = (read("wazuh5", f"{HEADER}{LOGIN}{end}").records[0] for end in ("", "\n"))

    assert first.record_id == second.record_id
    assert first.occurred_at == datetime(2026, 1, 15, 11, 59, 58, tzinfo=UTC)


def test_a_line_that_is_json_itself_is_judged_as_such() -> None:
    line = {"eventID": "1", "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com"}
    rules = rules_of("- use: cloudtrail")

    [verdict] = judged(rules, read("wazuh5", line))

    assert isinstance(verdict, Quarantined)
    assert verdict.rule is not None
    assert verdict.rule.name == "aws_console_login"


@pytest.mark.parametrize("kind", ["wazuh4", "ossec", "wazuh5"])
def test_a_line_that_names_a_key_twice_is_put_aside_and_not_its_neighbours(kind: str) -> None:
    line = '{"user": "alice", "user": "bob"}'
    alerts = {
        "wazuh4": [ALERT | {"full_log": line}, ALERT],
        "ossec": [OSSEC | {"full_log": line}, OSSEC],
        "wazuh5": [{"event": {"original": line}}, FINDING],
    }[kind]

    twice, login = judged(SSH, read(kind, alerts))

    assert isinstance(twice, Quarantined)
    assert isinstance(login, Match)


def test_a_finding_without_its_line_is_told_to_the_operator() -> None:
    with pytest.raises(Unreadable, match=r"event\.original"):
        read("wazuh5", FINDING | {"event": {}})


def test_a_line_may_begin_with_a_bracket() -> None:
    assert read("wazuh5", "[2026-01-15] app: started").records[0].message == "[2026-01-15] app: started"


def test_the_alert_of_the_corpora_is_a_login(corpora: Path) -> None:
    alert = json.loads((corpora / "wazuh" / "alert_5715_constructed.json").read_text())

    [verdict] = judged(SSH, read("wazuh4", alert))

    assert isinstance(verdict, Match)
    assert (verdict.fields["user_name"], verdict.fields["source_ip"]) == ("ann", "192.0.2.10")
