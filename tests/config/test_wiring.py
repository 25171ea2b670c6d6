"""What fits together and what does not: each slip is warned of at load, with its line and what to write."""

from pathlib import Path
from typing import get_args

import pytest

from powertrip.polls import AnyPoll
from powertrip.rules.load import PACK_DIR
from powertrip.sources import AnySource
from tests.config.test_config import load

BACKUP = "backup: {channels: {mail: {url: 'json://mail.example'}}}"


def warned(folder: Path, text: str) -> list[str]:
    """The warnings about `text`, without the folder, where nothing else is doubtful."""
    whole = (
        f"{text}\n{BACKUP}\n"
        if "reviewers:" in text
        else f"{text}\nreviewers: {{users: [U0CAROL]}}\n{BACKUP}\n"
    )
    return [str(warning).removeprefix(f"{folder}/") for warning in load(folder, whole).warnings]


def source(kind: str, name: str = "one", more: str = "") -> str:
    return f"  {name}: {{type: {kind}, secret: {name}-9f31c07be2a84d65{more}}}\n"


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        ("pam", "pam-login"),
        ("okta", "okta"),
        ("github", "github-webhook"),
        ("heroku", "heroku"),
        ("aptible", "aptible"),
        ("teleport", "teleport"),
        ("tailscale", "tailscale"),
        ("alertmanager", "alerts"),
        ("grafana", "alerts"),
    ],
)
def test_a_source_whose_pack_is_not_used_is_warned_of_with_what_to_write(
    tmp_path: Path, kind: str, pack: str
) -> None:
    (warning,) = warned(tmp_path, f"sources:\n{source(kind)}")

    assert warning.startswith(f"config.yaml:2: sources.one: type {kind}, but no rule reads it")
    assert f"`- use: {pack}` under `rules`" in warning
    assert warned(tmp_path, f"rules: [{{use: {pack}}}]\nsources:\n{source(kind)}") == []


def test_a_poll_whose_pack_is_not_used_is_warned_of(tmp_path: Path) -> None:
    polls = "polls:\n  apt: {type: aptible_operations, token: abc, account: '1'}"
    (warning,) = warned(tmp_path, polls)

    assert warning.startswith("config.yaml:2: polls.apt: type aptible_operations, but no rule reads it")
    assert "`- use: aptible`" in warning


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("[{use: ssh}, {name: own, title: T, pattern: '^x (?P<user_name>.+)$'}]", "`source: one` in a rule"),
        ("[{name: own, title: T, when: {a: b}, fields: {user_name: {path: c}}}]", "`source: one` in a rule"),
        ("[{name: own, title: T, source: two, pattern: '^x (?P<user_name>.+)$'}]", "`- use: okta`"),
        ("[{use: okta, source: two}]", "add one to the `source` of `use: okta`"),
        ("[{name: quiet, ignore: true, source: one, when: {a: b}}]", "`- use: okta`"),
    ],
)
def test_a_rule_that_may_be_about_anything_does_not_read_the_source_of_a_service(
    tmp_path: Path, rules: str, words: str
) -> None:
    both = source("okta") + source("json", "two")
    warnings = [w for w in warned(tmp_path, f"sources:\n{both}rules: {rules}") if "sources.one" in w]

    assert len(warnings) == 1
    assert words in warnings[0]


@pytest.mark.parametrize(
    "rules",
    [
        "[{name: own, title: T, source: one, pattern: '^x (?P<user_name>.+)$'}]",
        "[{use: okta}]",
        "[{use: okta, source: [one, two]}, {use: ssh, source: two}]",
    ],
)
def test_a_source_that_a_rule_is_made_for_is_not_warned_of(tmp_path: Path, rules: str) -> None:
    both = source("okta") + source("json", "two")

    assert [w for w in warned(tmp_path, f"sources:\n{both}rules: {rules}") if "sources.one" in w] == []


@pytest.mark.parametrize("kind", ["papertrail", "json", "syslog", "journald", "loki", "wazuh4", "ossec"])
def test_a_source_that_carries_anything_needs_some_rule_that_is_for_it(tmp_path: Path, kind: str) -> None:
    both = source(kind) + source("json", "two")

    assert warned(tmp_path, f"sources:\n{both}") == []
    (warning,) = warned(tmp_path, f"sources:\n{both}rules: [{{use: ssh, source: two}}]")
    assert warning.startswith(f"config.yaml:2: sources.one: type {kind}, but no rule reads it")
    assert "add one to the `source`" in warning


@pytest.mark.parametrize(
    ("sources", "rules", "words"),
    [
        ([("pam", "one")], "[{use: pam-login}, {use: ssh}]", "what the pack ssh is about (types here: pam)"),
        ([("github", "one")], "[{use: github-webhook}, {use: github}]", "what the pack github is about"),
        (
            [("github", "one"), ("json", "two")],
            "[{use: github-webhook}, {use: github, source: one}]",
            "one cannot bring what the pack github is about (types here: github)",
        ),
        (
            [("pam", "one")],
            "[{use: pam-login}, {name: vpn, title: T, program: vpnd, pattern: '^x (?P<user_name>.+)$'}]",
            "no source or poll brings a record for the rule vpn",
        ),
        (
            [("alertmanager", "one")],
            "[{use: alerts}, {use: sudo}]",
            "what the pack sudo is about (types here: alertmanager)",
        ),
    ],
)
def test_a_rule_that_no_source_can_feed_is_warned_of(
    tmp_path: Path, sources: list[tuple[str, str]], rules: str, words: str
) -> None:
    text = "".join(source(kind, name) for kind, name in sources)
    (warning,) = warned(tmp_path, f"rules: {rules}\nsources:\n{text}")

    assert warning.startswith("config.yaml:1: rules.1: ")
    assert words in warning
    assert "or remove this entry" in warning


@pytest.mark.parametrize(
    ("query", "starved"),
    [
        ("program:sshd Accepted", True),
        ('program:"sshd"', True),
        ("program:su", False),  # a search may find what begins so
        ("program:sshd OR program:sudo", False),
        ("(program:sshd program:sudo)", False),
        ("-program:cron", False),
        ("Accepted", False),
    ],
)
def test_a_pack_for_a_program_that_the_only_search_leaves_out_is_warned_of(
    tmp_path: Path, query: str, starved: bool
) -> None:
    poll = f"polls: {{search: {{type: papertrail_search, token: abc, query: '{query}'}}}}"
    warnings = warned(tmp_path, f"rules: [{{use: sudo}}, {{use: su}}, {{use: ssh}}]\n{poll}")

    assert (
        any("rules.0: no source or poll brings what the pack sudo is about" in w for w in warnings) == starved
    )


def test_the_rules_that_are_in_force_without_being_written_are_not_to_be_removed(tmp_path: Path) -> None:
    assert [w.split(": ")[1] for w in warned(tmp_path, f"sources:\n{source('pam')}")] == ["sources.one"]


def test_every_pack_of_a_type_exists() -> None:
    types = [*get_args(get_args(AnySource)[0]), *get_args(get_args(AnyPoll)[0])]
    packs = {path.stem for path in PACK_DIR.glob("*.yaml")}

    assert {pack for kind in types for pack in kind.packs} - packs == set()


POLICY = "policy: [{require: reason}, {require: [reason, second_person]}]"
SSH = f"sources:\n{source('papertrail')}"


@pytest.mark.parametrize(
    ("reviewers", "words"),
    [
        ("{users: []}", "names nobody: an event about anybody can never be approved"),
        ("{users: [U0CAROL]}", "names one person: an event about a bot, about nobody known, or about that"),
        ("{users: [U0CAROL, U0CAROL]}", "names one person"),
        ("{users: [U0CAROL, U0DAN]}", None),
        ("{users: [U0CAROL], group: S0SECURITY}", None),
    ],
)
def test_a_policy_that_wants_more_people_than_may_approve_is_warned_of(
    tmp_path: Path, reviewers: str, words: str | None
) -> None:
    text = f"{SSH}reviewers: {reviewers}\n{POLICY}"
    warnings = [warning for warning in warned(tmp_path, text) if "policy." in warning]

    assert len(warnings) == (words is not None)
    for warning in warnings:
        assert warning.startswith("config.yaml:4: policy.1.require: second_person, but `reviewers` ")
        assert str(words) in warning


def test_fold_by_of_earlier_versions_is_warned_of_with_what_to_write(tmp_path: Path) -> None:
    own = "{name: own, title: T, pattern: '^x (?P<user_name>.+)$', fold_by: [user_name]}"
    (warning,) = warned(tmp_path, f"sources:\n{source('json')}rules:\n  - {own}\n")

    assert warning.startswith("config.yaml:4: rules.0.fold_by: does nothing any more")
    assert "`may_vary: [source_port]`" in warning


def test_a_list_or_an_action_for_rules_that_there_are_none_of_is_warned_of(tmp_path: Path) -> None:
    text = f"""\
rules: [{{use: pam-login}}]
sources:
{source("pam")}
not_me:
  say: {{"pam_*": Call us., "shh_*": Call us.}}
  checklist: {{"*": Reach them., okta_login: End the sessions.}}
containment:
  actions:
    lock: {{type: host, secret: hosts-9f31c07be2a84d65, rules: ["pam_*", "aws_*"]}}
"""
    told = [warning.split(": ", 1)[1] for warning in warned(tmp_path, text)]

    does = "fits no rule that is in force, and so does nothing; mend it, or add its pack"
    assert told == [
        f'not_me.say.shh_*: "shh_*" {does}',
        f'not_me.checklist.okta_login: "okta_login" {does}',
        f'containment.actions.lock.rules: "aws_*" {does}',
    ]


@pytest.mark.parametrize(
    ("kinds", "said"), [("session_number", "only session_number counts"), ("[]", "none is named")]
)
def test_a_policy_whose_proof_hardly_anybody_could_give_is_doubtful(
    tmp_path: Path, kinds: str, said: str
) -> None:
    text = f"policy: [{{when: {{severity: high}}, require: proof}}]\nproofs: {{kinds: {kinds}}}\n"
    assert any(said in warning for warning in warned(tmp_path, text))
