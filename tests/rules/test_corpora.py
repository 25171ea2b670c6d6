"""The rules on logs that real programs and services wrote, with and without an attacker at work."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from powertrip.cli.rules.report import LineVerdict, judge_lines
from powertrip.rules import Match
from tests.rules.corpora_summary import FILES, all_packs, records, rows, summary
from tests.rules.support import rules_of

RULES = rules_of("- use: ssh")
PACKS = all_packs()
GENUINE = {"192.0.2.10", "2001:db8::10"}
SHOWS_FORGERY = (
    "devlog_9INFOyes.raw",
    "devlog_9VERBOSEno.raw",
    "journald_constructed.jsonl",
    "rsyslog_json.log",
)
SHOWS_TEXT_ALONE = ("rsyslog_iso.log", "rsyslog_trad.log")
USERS = {"ann", "root", "ann lee", "CORP\\ann", "zoë", "deploy"}


def judged(file: Path) -> Iterator[LineVerdict]:
    """The verdicts on all lines of a file."""
    return judge_lines(RULES, file.read_text().splitlines())


def begins_as_login(verdict: LineVerdict) -> bool:
    """Whether sshd says here, in its own words, that somebody is in."""
    words = verdict.message.split()
    return words[:1] == ["Accepted"] and words[1] not in ("key", "certificate")


def test_every_labelled_line_names_the_right_user_address_and_method(corpora: Path) -> None:
    lines = json.loads((corpora / "openssh" / "accepted_expected.json").read_text())
    assert lines
    for line in lines:
        record = json.dumps({"message": line["message"], "program": line["ident"]})
        (verdict,) = judge_lines(RULES, [record])
        fields, expected = verdict.fields, line["expect"]
        assert fields["user_name"] == expected["user_unvis"]
        assert fields["source_ip"] == expected["ip"]
        assert (fields["method"], fields["source_port"]) == (expected["method"], expected["port"])


@pytest.mark.parametrize("name", SHOWS_FORGERY)
def test_every_login_is_found_and_the_forged_one_quarantined(corpora: Path, name: str) -> None:
    verdicts = list(judged(corpora / "openssh" / name))
    logins = [verdict for verdict in verdicts if begins_as_login(verdict)]
    *genuine, forged = logins

    assert len(genuine) >= 12
    assert {verdict.verdict for verdict in genuine} == {"match"}
    assert {verdict.fields["source_ip"] for verdict in genuine} <= GENUINE
    assert {verdict.fields["user_name"] for verdict in genuine} <= USERS
    assert (forged.verdict, forged.line) == ("quarantine", verdicts[-1].line)
    assert [verdict for verdict in verdicts if verdict.verdict == "match"] == genuine


@pytest.mark.parametrize("name", SHOWS_TEXT_ALONE)
def test_without_facility_only_the_line_of_logger_names_the_attackers_address(
    corpora: Path, name: str
) -> None:
    matches = [verdict for verdict in judged(corpora / "openssh" / name) if verdict.verdict == "match"]

    assert {verdict.fields["source_ip"] for verdict in matches[:-1]} == GENUINE
    assert matches[-1].fields["source_ip"] == "6.6.6.6"
    assert len(matches) == 14


def test_a_key_that_would_be_accepted_is_ignored_and_counted(corpora: Path) -> None:
    verdicts = judged(corpora / "openssh" / "devlog_9VERBOSEno.raw")
    ignored = [verdict for verdict in verdicts if verdict.rule == "ssh_verbose"]

    assert len(ignored) == 22
    assert all(
        verdict.message.startswith(("Accepted key ", "Accepted certificate ID ")) for verdict in ignored
    )


@pytest.mark.parametrize("name", FILES)
def test_no_row_of_an_audit_log_is_lost_or_breaks_a_rule(corpora: Path, name: str) -> None:
    counts = summary(corpora / name, PACKS)
    verdicts = {what: number for what, number in counts.items() if not what.startswith(" ")}

    assert sum(verdicts.values()) == len(records(corpora / name))
    assert len(records(corpora / name)) >= len(rows(corpora / name))
    assert verdicts.keys() <= {"match", "ignored", "unmatched", "quarantined"}


def test_only_a_sign_in_without_an_outcome_is_quarantined(corpora: Path) -> None:
    reasons = {what for name in FILES for what in summary(corpora / name, PACKS) if what.startswith(" ")}

    assert reasons == {"  should be judged by aws_console_login, which does not match it"}


def test_every_console_sign_in_of_the_documentation_is_an_event(corpora: Path) -> None:
    file = corpora / "aws-docs" / "cloudtrail_console_signin.json"
    verdicts = [PACKS.judge(record) for record in records(file)]
    signs_in = ["ConsoleLogin" in record.raw for record in records(file)]

    assert sum(signs_in) >= 5
    assert all(isinstance(v, Match) for v, is_sign_in in zip(verdicts, signs_in, strict=True) if is_sign_in)


def test_nobody_is_named_by_a_session_name_that_the_caller_chose(corpora: Path) -> None:
    """Every user name of a role's session is the role, or was given by SSO, SAML or a source identity."""
    for record in records(corpora / "panther" / "aws_cloudtrail.jsonl"):
        verdict = PACKS.judge(record)
        identity = json.loads(record.raw).get("userIdentity") or {}
        if not isinstance(verdict, Match) or identity.get("type") != "AssumedRole":
            continue
        session = str(identity.get("arn", "")).rpartition("/")[2]
        vouched = any(
            mark in record.raw for mark in ("/aws-reserved/sso", "SamlProviderArn", "sourceIdentity")
        )
        assert vouched or not session or verdict.fields["user_name"] != session
