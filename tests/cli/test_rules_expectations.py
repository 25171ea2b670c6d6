"""`rules test`: as the source would judge, what is shown of it, and expectations that a team keeps."""

import json
from pathlib import Path

import pytest

from tests.cli.running import bot

LOGIN = "Accepted publickey for alice from 192.0.2.10 port 52277 ssh2"
CONFIG = """\
sources:
  shop: {type: json, secret: shop-9f31c07be2a84d65, keys: {message: log.text, host: where, program: who}}
  bastions: {type: syslog, secret: bastions-9f31c07be2a84d65}
polls:
  search: {type: papertrail_search, token: abc}
rules:
  - {use: ssh, source: [shop, search]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a configuration and some lines are."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    line = json.dumps({"log": {"text": LOGIN}, "where": "web-7", "who": "sshd"})
    (tmp_path / "shop.log").write_text(f"{line}\n")
    (tmp_path / "auth.log").write_text(f"Nov 22 20:08:58 b sshd[9]: {LOGIN}\nhello\nAccepted nonsense\n")
    return tmp_path


def test_a_line_is_judged_as_its_source_would_with_its_keys_and_its_rules(folder: Path) -> None:
    ended = bot("rules", "test", "--json", "--source", "shop", "shop.log", folder=folder)
    (verdict,) = map(json.loads, ended.out.splitlines())

    assert (verdict["verdict"], verdict["rule"], verdict["fields"]["host_name"]) == (
        "match",
        "ssh_login",
        "web-7",
    )
    elsewhere = bot("rules", "test", "--source", "bastions", "auth.log", folder=folder)
    assert "0 match, 0 ignored, 1 quarantine, 2 unmatched" in elsewhere.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "bastion"], 'there is no source "bastion"; did you mean "bastions"?'),
        (["--only", "quarantined,unmached"], 'there is no verdict "unmached"; did you mean "unmatched"?'),
    ],
)
def test_a_slip_in_an_option_is_refused(folder: Path, arguments: list[str], words: str) -> None:
    ended = bot("rules", "test", *arguments, "auth.log", folder=folder)

    assert ended.status == 2
    # The frame around the message breaks lines.
    assert words in " ".join(ended.errors.replace("│", " ").split())


def test_before_there_is_a_configuration_there_are_the_ssh_rules_and_no_source(tmp_path: Path) -> None:
    (tmp_path / "auth.log").write_text(f"{LOGIN}\n")

    assert "1 match" in bot("rules", "test", "auth.log", folder=tmp_path).out
    refused = bot("rules", "test", "--source", "x", "auth.log", folder=tmp_path)
    assert refused.status == 2
    assert "there is no config.yaml that names sources" in " ".join(refused.errors.replace("│", " ").split())


def test_a_configuration_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "auth.log").write_text(f"{LOGIN}\n")
    ended = bot("rules", "test", "--config", "confg.yaml", "auth.log", folder=tmp_path)

    assert (ended.status, ended.out) == (1, "")
    assert "confg.yaml: there is no such file" in ended.errors


def test_a_poll_is_a_source_too(folder: Path) -> None:
    assert "1 match" in bot("rules", "test", "--source", "search", "auth.log", folder=folder).out


def test_some_verdicts_alone_are_shown_and_all_are_counted(folder: Path) -> None:
    ended = bot("rules", "test", "--only", "quarantined,unmatched", "auth.log", folder=folder)

    shown = [line.split()[:2] for line in ended.out.splitlines()[1:]]
    assert shown[:2] == [["2", "unmatched"], ["3", "quarantine"]]
    assert "1 match, 0 ignored, 1 quarantine, 1 unmatched\n  ssh_login: 1 match, 1 quarantine\n" in ended.out


def test_the_summary_is_no_part_of_the_json(folder: Path) -> None:
    ended = bot("rules", "test", "--json", "--only", "match", "auth.log", folder=folder)

    assert [json.loads(line)["line"] for line in ended.out.splitlines()] == [1]
    assert "1 match, 0 ignored, 1 quarantine, 1 unmatched" in ended.errors


def test_the_record_in_a_case_is_read_as_its_source_reads_it(folder: Path) -> None:
    (folder / "cases.yaml").write_text(
        f"""\
- json: {{log: {{text: '{LOGIN}'}}, where: web-7, who: sshd}}
  source: shop
  expect: match ssh_login
  fields: {{host_name: web-7, source_port: 52277, key_type: null}}
- {{line: 'Nov 22 20:08:58 b sshd[9]: {LOGIN}', source: bastions, expect: quarantined}}
"""
    )
    ended = bot("rules", "test", "--expect", "cases.yaml", folder=folder)

    assert (ended.status, ended.out) == (0, "2 of 2 are as expected\n")


@pytest.mark.parametrize(
    ("case", "differences"),
    [
        ("expect: unmatched", ["- unmatched", "+ match ssh_login"]),
        ("expect: match ssh_verbose", ["- match ssh_verbose", "+ match ssh_login"]),
        ("expect: match, fields: {user_name: bob}", ["- user_name: bob", "+ user_name: alice"]),
        ("expect: match, fields: {user_name: null}", ["- user_name: nothing", "+ user_name: alice"]),
        ("expect: match, fields: {cert_id: 7}", ["- cert_id: 7", "+ cert_id: nothing"]),
        (
            "expect: match, source: bastions",
            ["- match", "+ quarantine (reads like a login"],
        ),
    ],
)
def test_a_case_that_fails_shows_how_it_differs(folder: Path, case: str, differences: list[str]) -> None:
    (folder / "cases.yaml").write_text(f"- {{line: '{LOGIN}', {case}}}\n- {{line: x, expect: unmatched}}\n")
    ended = bot("rules", "test", "--expect", "cases.yaml", folder=folder)
    first, *shown, summary = ended.out.splitlines()

    assert ended.status == 1
    assert first == f"cases.yaml:1: {LOGIN}"
    assert [line.strip()[: len(end)] for line, end in zip(shown, differences, strict=True)] == differences
    assert summary == "1 of 2 are as expected"


def test_cases_as_json_say_of_each_how_it_differs(folder: Path) -> None:
    (folder / "cases.yaml").write_text(
        f"- {{line: '{LOGIN}', expect: match}}\n- {{line: x, expect: ignored}}\n"
    )
    ended = bot("rules", "test", "--expect", "--json", "cases.yaml", folder=folder)
    good, bad = map(json.loads, ended.out.splitlines())

    assert (ended.status, good["differences"], bad["differences"]) == (
        1,
        [],
        ["- ignored", "+ unmatched (no rule fits its text)"],
    )
    assert bad["case"]["where"] == "cases.yaml:2"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("x: y", "cases.yaml:1: must be a list of cases"),
        ("", "cases.yaml:1: must be a list of cases"),
        ("- 3", "cases.yaml:1: 0: must hold `line` or `json`, and `expect`"),
        ("- {expect: match}", "cases.yaml:1: 0: has to have one of `line`"),
        ("- {line: x, json: {}, expect: match}", "cases.yaml:1: 0: has to have one of `line`"),
        ("- {line: 7, expect: match}", "cases.yaml:1: 0.line: must be text"),
        ("- line: x\n  expect: matches", "cases.yaml:2: 0.expect: write match, ignored, quarantined or"),
        ("- {line: x}", "cases.yaml:1: 0.expect: write match, ignored, quarantined or"),
        ("- {line: x, expect: match ssh_logn}", 'there is no rule "ssh_logn"; did you mean "ssh_login"?'),
        ("- {line: x, expect: unmatched ssh_login}", "0.expect: is unmatched by any rule"),
        ("- {line: x, expect: match, source: shp}", 'there is no source "shp"; did you mean "shop"?'),
        ("- {line: x, expect: match, feilds: {}}", 'there is no key "feilds"; did you mean "fields"?'),
        ("- {line: x, expect: match, fields: [a]}", "0.fields: must be names with values"),
        ("- {line: x, expect: unmatched, fields: {a: b}}", "0.fields: are none where a line is unmatched"),
        ("- {line: x: y}", "cases.yaml:1: is not YAML"),
    ],
)
def test_a_mistake_in_the_cases_is_told_with_its_line(folder: Path, text: str, mistake: str) -> None:
    (folder / "cases.yaml").write_text(text)
    ended = bot("rules", "test", "--expect", "cases.yaml", folder=folder)

    assert (ended.status, ended.out) == (1, "")
    assert mistake in ended.errors
