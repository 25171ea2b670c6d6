"""The pack `pam-login`: logins as the script on the server tells them."""

import json

import pytest

from powertrip.domain.record import Record
from powertrip.rules import Ignored, Match, Quarantined
from tests.rules.support import rules_of
from tests.samples import PAM_LOGIN, record

RULES = rules_of("- use: pam-login\n- use: ssh")
ALICE = {
    "event_outcome": "success",
    "host_name": "web-1",
    "service": "sshd",
    "tty": "ssh",
    "user_name": "alice",
}


def told(**changes: str) -> Record:
    """The record that the source makes of a login."""
    text = json.dumps(PAM_LOGIN | changes)
    return record(text, program="powertrip-login", host_name="web-1", raw=text)


def match(**changes: str) -> Match:
    """The verdict on a login, which has to be a match."""
    verdict = RULES.judge(told(**changes))
    assert isinstance(verdict, Match), verdict
    return verdict


def test_a_login_names_who_where_from_and_through_which_service() -> None:
    verdict = match()

    assert verdict.rule.name == "pam_login"
    assert verdict.rule.action == "login"
    assert verdict.fields == ALICE | {"source_ip": "192.0.2.10"}


@pytest.mark.parametrize(
    ("rhost", "fields"),
    [
        ("2001:DB8::1", {"source_ip": "2001:db8::1"}),
        ("::ffff:192.0.2.10", {"source_ip": "192.0.2.10"}),
        ("laptop.example.com", {"source_domain": "laptop.example.com"}),
        ("UNKNOWN", {"source_domain": "UNKNOWN"}),
        ("", {}),
        ("999.0.2.10", {}),
    ],
)
def test_what_pam_calls_the_remote_host_is_an_address_or_a_name(rhost: str, fields: dict[str, str]) -> None:
    assert match(rhost=rhost).fields == ALICE | fields


@pytest.mark.parametrize("user", ['","user":"root', "alice\n", "<!channel>", "-n", "zoë", "a b"])
def test_a_user_is_named_as_pam_names_them(user: str) -> None:
    assert match(user=user).fields["user_name"] == user


def test_logins_that_differ_in_who_whence_or_how_are_asked_about_apart() -> None:
    keys = {
        match(**changes).fold_key
        for changes in (
            {},
            {"user": "bob"},
            {"rhost": "192.0.2.11"},
            {"rhost": "one.example.com"},
            {"rhost": "two.example.com"},
            {"service": "login"},
        )
    }
    assert len(keys) == 6
    assert match(pid="1", id="2").fold_key in keys


def test_a_login_without_a_name_is_folded_into_no_other() -> None:
    assert match(user="").fold_key != match(user="").fold_key


def test_what_the_script_tells_and_the_pack_does_not_know_is_quarantined() -> None:
    assert isinstance(RULES.judge(told(pam_type="something")), Quarantined)


@pytest.mark.parametrize(("ignored", "asked"), [("ssh_login", "pam_login"), ("pam_login", "ssh_login")])
def test_a_host_whose_log_arrives_too_can_be_asked_about_once(ignored: str, asked: str) -> None:
    rules = rules_of(
        "- use: pam-login\n- use: ssh\n"
        f"- {{name: told_twice, ignore: true, rule: {ignored}, where: {{host_name: [web-1]}}}}"
    )
    verdicts = {
        "pam_login": rules.judge(told()),
        "ssh_login": rules.judge(record(host_name="web-1")),
    }

    assert isinstance(verdicts[ignored], Ignored)
    assert isinstance(verdicts[asked], Match)
