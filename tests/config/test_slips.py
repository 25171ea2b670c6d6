"""The slips that newcomers make, and what each is told: what is wrong, and what to write instead."""

from pathlib import Path

import pytest

from tests.config.test_config import COMPLETE, load, only_mistake

SLIPS: list[tuple[str, str, str]] = [
    ("sources: {a: {type: json, secret: ${NAME}}}", "1", 'inside { } put it in quotes: "${NAME}"'),
    ("sources:\n  a: {type: json, secret: ${NAME:-x}, time_zone: UTC}", "2", "inside { } put it in quotes"),
    ("sources:\n\ta:\n", "2", "indent with blanks, not tabs"),
    ('rules:\n  - pattern: "^a \\d+$"', "2", "put a pattern in single quotes"),
    ("sources:\n  a:\n    type: json\n   secret: x", "4", "it is not indented as the lines above"),
    ("sources:\n  a: {type: json", "2", "a { or [ above is not closed"),
    ("log:\n  level: 'info\n", "3", "a quotation mark above is not closed"),
    ("reviewers:\n  users: [@carol]", "2", "put the value in quotes"),
    ("policy:\n  - when: {host: *.example.com}", "2", "put a value that begins with * or & in quotes"),
    ("policy:\n  - when: {host: *web}", "2", "put a value that begins with * in quotes"),
    ("log:\n  level: 'it's'\n", "2", "a quotation mark within quotation marks twice"),
    ("policy:\n  - require: [reason", "2", "a { or [ above is not closed"),
    ("people:\n  no: {slack: U0NO}", "2: people.no", 'put the name in quotes: "no"'),
    ("people:\n  alice: {slack: U0A}\n  on: {slack: U0N}", "3: people.on", 'put the name in quotes: "on"'),
    ("people: {alice: U0ALICE}", "1: people.alice", "written as `alice: {slack: …}`"),
    ("people: [alice]", "1: people", "written as `NAME: {slack: …}`"),
    ("sources: {a: papertrail}", "1: sources.a", "written as `a: {type: …}`"),
    ("sources: [a]", "1: sources", "written as `NAME: {type: …}`"),
    ("reviewers: [U0CAROL]", "1: reviewers", "written as `reviewers: {users: …}`"),
    ("origins: {hids: {tell: wazuh4}}", "1: origins.hids.tell", "written as `tell: {type: …}`"),
    (
        "rules: [{name: x, title: T, pattern: '^a$', types: {source_ip: ip}, folds_people: true}]",
        "1: rules.x.types.source_ip",
        "write (?P<source_ip>...) in it",
    ),
    (
        "rules: [{name: x, title: T, pattern: '^(?=a)(?P<user_name>.+)$'}]",
        "1: rules.x.pattern",
        'RE2 refuses it (invalid perl operator: "(?="); RE2 has no lookahead',
    ),
]


@pytest.mark.parametrize(("text", "where", "words"), SLIPS, ids=[text for text, _, _ in SLIPS])
def test_a_slip_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, text: str, where: str, words: str
) -> None:
    mistake = str(only_mistake(tmp_path, text)).removeprefix(f"{tmp_path}/config.yaml:")

    assert mistake.startswith(f"{where}: ")
    assert words in mistake


@pytest.mark.parametrize("sign", ["*", "!"])
def test_a_secret_that_begins_with_a_sign_of_yaml_is_not_repeated(tmp_path: Path, sign: str) -> None:
    secret = "9f31c07be2a84d65"
    mistake = str(only_mistake(tmp_path, f"heartbeat:\n  key: {sign}{secret}\n"))

    assert mistake.startswith(f"{tmp_path}/config.yaml:2: ")
    assert secret not in mistake


def test_a_limit_below_the_interval_that_it_limits_is_warned_of(tmp_path: Path) -> None:
    def warned(reminders: str) -> list[str]:
        return [str(given) for given in load(tmp_path, f"{COMPLETE}reminders: {{{reminders}}}").warnings]

    (warning,) = warned("remind_every: 2d, remind_every_max: 1h")
    assert "config.yaml:4: reminders.remind_every_max: is below remind_every" in warning
    assert "and so does nothing; write at least 2d" in warning
    assert warned("remind_every: 2d") == warned("remind_every: 1h, remind_every_max: 1h") == []
