"""A record of a source of log lines in which no line is found is quarantined with the keys that it has."""

import json
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.record import Record
from powertrip.rules import Match, Quarantined, RuleSet, Unmatched
from powertrip.settings import Config
from tests.config.test_config import load
from tests.sources.posting import records_of

SECRET = "1f8e0c5b7a9d4e36c2b07f51"
LOGIN = {"id": 1, "message": "hello", "host": "bastion-1", "program": "sshd"}


def config_of(folder: Path, source: str, rules: str = "[{use: ssh}]") -> Config:
    return load(
        folder,
        f"""
        sources:
          servers: {{secret: {SECRET}, {source}}}
          others: {{type: json, secret: {SECRET[::-1]}}}
        rules: {rules}
        """,
    )


def made(kind: str, value: Any, **settings: Any) -> Record:
    [record] = records_of(kind, value, name="servers", **settings)
    return record


def reason(rules: RuleSet, record: Record) -> str:
    verdict = rules.judge(record)
    assert isinstance(verdict, Quarantined), verdict
    assert verdict.rule is None
    return verdict.reason


def test_a_wrong_key_is_said_with_the_keys_that_there_are(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: json, keys: {message: msgg}").rules
    record = made("json", LOGIN, keys={"message": "msgg"})

    told = "servers: no `msgg` in the record; it has host, id, message, program"
    assert reason(rules, record) == told


def test_a_wrong_key_is_said_of_a_record_that_a_rule_should_judge(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: json, keys: {message: msgg}").rules
    login = LOGIN | {"message": "Accepted password for alice from 192.0.2.10 port 4 ssh2", "program": "sshd"}

    verdict = rules.judge(made("json", login, keys={"message": "msgg"}))

    assert isinstance(verdict, Quarantined)
    assert verdict.reason == (
        "servers: no `msgg` in the record; it has host, id, message, program; "
        "should be judged by ssh_login, which does not match it"
    )


@pytest.mark.parametrize("kind", ["syslog", "json", "journald"])
def test_an_object_without_a_line_is_told_of(tmp_path: Path, kind: str) -> None:
    rules = config_of(tmp_path, f"type: {kind}").rules

    told = reason(rules, made(kind, {"note": "hello", "host": "bastion-1"}))

    assert "in the record; it has host, note" in told
    assert f"servers: no `{'MESSAGE' if kind == 'journald' else 'message'}`" in told


def test_a_line_of_loki_that_is_json_without_a_line_is_told_of(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: loki").rules
    stream = {"stream": {"job": "auth"}, "values": [["1", json.dumps({"note": "hello"})]]}

    assert "it has stream, value" in reason(rules, made("loki", {"streams": [stream]}))


def test_a_papertrail_event_without_a_message_is_told_of(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: papertrail").rules
    body = {"events": [{"id": 1, "text": "hello"}]}

    assert reason(rules, made("papertrail", body)) == "servers: no `message` in the record; it has id, text"


def test_what_is_no_object_is_told_of_too(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: json").rules

    assert "it is no object" in reason(rules, made("json", [[1, 2]]))
    assert "it has nothing" in reason(rules, made("json", {}))


def test_names_of_keys_are_bounded_and_plain(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: json").rules
    value = {f"key{number:02}": 1 for number in range(30)} | {"<!channel>\n": 1, "x" * 500: 1}

    told = reason(rules, made("json", value))

    assert told.endswith("key10, key11, 20 more")
    assert "channel" in json.dumps(value)
    assert "channel" not in told


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("json", {"message": ""}),
        ("json", {"message": "hello"}),
        ("json", {"message": 7}),
        ("syslog", "hello"),
        ("syslog", "[  12.345678] usb 1-1: new device"),
        ("syslog", "null"),
        ("syslog", {"log": "hello", "stream": "stdout"}),
    ],
)
def test_a_line_of_no_interest_is_no_fault(tmp_path: Path, kind: str, value: Any) -> None:
    rules = config_of(tmp_path, f"type: {kind}").rules

    assert isinstance(rules.judge(made(kind, value)), Unmatched)


@pytest.mark.parametrize(
    ("rules", "value"),
    [
        ("[{use: okta, source: servers}]", {"a": 1}),
        ("[{use: cloudtrail}]", {"eventName": "Nothing", "eventSource": "x"}),
        ("[{use: cloudtrail}]", {"detail": {"eventName": "Nothing", "eventSource": "x"}}),
        ("[{name: own, title: Own, folds_people: true, when: {level: error}}]", {"level": "info"}),
        (
            "[{name: own, title: Own, folds_people: true, source: servers, program: a, when: {x: y}}]",
            {"level": "info"},
        ),
    ],
)
def test_where_a_rule_over_json_is_interested_in_such_records_nothing_is_lacking(
    tmp_path: Path, rules: str, value: Any
) -> None:
    judged = config_of(tmp_path, "type: json", rules).rules.judge(made("json", value))

    assert isinstance(judged, Unmatched), judged


@pytest.mark.parametrize(
    "rules",
    [
        "[{use: ssh}, {use: sudo}, {use: su}, {use: pam}]",
        "[{use: ssh}, {use: cloudtrail}, {use: github}, {use: pam-login}]",
        "[{use: ssh}, {name: own, title: Own, folds_people: true, source: others, when: {level: error}}]",
        "[{use: ssh}, {name: own, title: Own, folds_people: true, program: app, when: {level: error}}]",
    ],
)
def test_rules_over_json_of_other_records_hide_no_wrong_key(tmp_path: Path, rules: str) -> None:
    config = config_of(tmp_path, "type: json, keys: {message: msgg}", rules)
    record = made("json", LOGIN | {"id": 7}, keys={"message": "msgg"})

    assert "no `msgg` in the record" in reason(config.rules, record)


def test_a_record_that_a_rule_over_json_judges_lacks_nothing(tmp_path: Path) -> None:
    rules = config_of(
        tmp_path, "type: json", "[{name: own, title: Own, folds_people: true, when: {level: error}}]"
    ).rules

    assert isinstance(rules.judge(made("json", {"level": "error"})), Match)


def test_services_that_send_no_lines_lack_none(tmp_path: Path) -> None:
    rules = config_of(tmp_path, "type: teleport").rules

    assert isinstance(rules.judge(made("teleport", {"event": "x", "code": "T0"})), Unmatched)
