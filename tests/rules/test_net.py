"""What reads like a login of sshd's and is taken by no rule is quarantined, whatever it comes in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.rules import Ignored, Match, Quarantined, Unmatched
from tests.rules.support import rules_of
from tests.samples import record

SSH, SUDO = rules_of("- use: ssh"), rules_of("- use: sudo")
ACCEPTED = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"


def verdict_on(message: str, raw: str | None = None, **changes: Any) -> object:
    """What the pack ssh says of a record."""
    plain: dict[str, Any] = {"program": None, "raw": message if raw is None else raw}
    return SSH.judge(record(message, **(plain | changes)))


@pytest.mark.parametrize(
    ("message", "program"),
    [
        (f"Nov  5 10:00:00.123 CET bastion-1 sshd[1]: {ACCEPTED}", None),
        (f"2026-11-05 10:00:00 bastion-1 sshd[1]: {ACCEPTED}", None),
        (f"[INFO] {ACCEPTED}", "sshd"),
        (ACCEPTED, "openssh"),
        (ACCEPTED, "docker"),
        (f"{ACCEPTED}\n{ACCEPTED}", "container"),
        (f"message repeated often: [ {ACCEPTED}]", "sshd"),
        (f"\x1b[32m{ACCEPTED}\x1b[0m", None),
        ("\x1b[32mAccepted\x1b[0m publickey \x1b[1mfor\x1b[0m alice from 192.0.2.10", None),
        ("x Accepted password for alice from bastion.example.com", None),
        ("x Accepted password for invalid user alice from 2001:db8::1 port 1 ssh2", None),
        ("x Accepted password for  from 192.0.2.10 port 1 ssh2", None),
        ("x Accepted password for a from b from c from UNKNOWN port 65535 ssh2", None),
        ("x Accepted keyboard-interactive/pam for alice from 192.0.2.10", None),
        ("x Accepted quantum-proof@example.com for alice from 192.0.2.10", None),
        ("x Accepted quantum-proof for alice from host.example.com port 22", None),
        ("Accepted\tpassword\tfor\talice\tfrom\t192.0.2.10", "x"),
        ("Accepted  password \xa0 for\u2003alice\u200b\u3000from\u202f192.0.2.10", "x"),
        ("Accepted password\n for alice\r\n from 192.0.2.10", "x"),
        (f"{'x' * 20_000} {ACCEPTED}", None),
    ],
)
def test_a_login_in_other_clothes_is_quarantined_with_what_to_look_at(
    message: str, program: str | None
) -> None:
    verdict = verdict_on(message, program=program)
    assert isinstance(verdict, Quarantined)
    assert "Accepted METHOD for USER from ADDRESS" in verdict.reason or "ssh_login" in verdict.reason
    assert "192.0.2.10" not in verdict.reason


@pytest.mark.parametrize(
    "value",
    [
        {"msgg": ACCEPTED},
        {"event": {"original": f"Nov  5 10:00:00 bastion-1 sshd[1]: {ACCEPTED}"}, "host": "bastion-1"},
        {"records": [{"a": 1}, {"text": ACCEPTED}]},
        {"log": json.dumps({"log": json.dumps({"text": ACCEPTED.replace(" ", "\t")})})},
        {"line": ACCEPTED.replace("alice", 'al"ice\\')},
        {"line": ACCEPTED.replace("alice", "zo\u00eb")},
    ],
)
def test_a_login_under_a_key_that_nobody_looks_at_is_quarantined(value: dict[str, Any]) -> None:
    for raw in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=2)):
        assert isinstance(verdict_on(raw), Quarantined)
        # With a message of its own, too, and where the message was cut off before.
        assert isinstance(verdict_on("nothing to see", raw), Quarantined)
        assert isinstance(verdict_on(raw[:8], raw, cut=len(raw) - 8), Quarantined)


def test_blanks_that_json_writes_as_escapes_are_blanks() -> None:
    for blank in ("\\t", "\\n", "\\u0020", "\\\\u0009", "\\u00A0", "\\\\\\u2003", "\\u001b[32m "):
        raw = '{"x": "' + ACCEPTED.replace(" ", blank) + '"}'
        assert isinstance(verdict_on("nothing to see", raw), Quarantined), raw


@pytest.mark.parametrize("program", ["sshd", "SSHD", "/usr/sbin/sshd", "sshd@1", "sshd[17]:"])
@pytest.mark.parametrize("blanks", ["", "  ", "\t", "\r\n", "\ufeff"])
def test_blanks_at_the_ends_and_other_ways_to_write_the_tag_hide_no_login(program: str, blanks: str) -> None:
    assert isinstance(verdict_on(f"{blanks}{ACCEPTED}{blanks}", program=program), Match)


def test_a_login_is_not_forgotten_where_no_rule_is_about_logins() -> None:
    verdict = SUDO.judge(record(ACCEPTED, raw=ACCEPTED))
    assert isinstance(verdict, Quarantined)
    assert verdict.rule is None
    other = rules_of("- {use: ssh, source: bastion}", sources=["bastion", "syslog"])
    assert isinstance(other.judge(record(ACCEPTED, raw=ACCEPTED)), Quarantined)
    assert isinstance(other.judge(record(ACCEPTED, raw=ACCEPTED, source="bastion")), Match)


def test_what_a_rule_ignores_stays_ignored() -> None:
    rules = rules_of("- {name: noise, ignore: true, program: relay, pattern: '^relayed: .*$'}\n- use: ssh")
    text = f"relayed: {ACCEPTED}"
    assert isinstance(rules.judge(record(text, raw=text, program="relay")), Ignored)
    assert isinstance(rules.judge(record(text, raw=text, program="other")), Quarantined)


@pytest.mark.parametrize(
    "message",
    [
        "Accepted payment for order 7 from customer 9",
        "Accepted connection from 192.0.2.10 port 50000",
        "Accepted key ED25519 SHA256:abc found at /home/alice/.ssh/authorized_keys:1",
        "Failed password for alice from 192.0.2.10 port 50000 ssh2",
        "Not accepted password for alice from 192.0.2.10 port 50000 ssh2",
        "202 Accepted in 5 ms, waiting for data from 192.0.2.10",
        "Accepted",
        "",
    ],
)
def test_what_only_shares_words_with_a_login_is_let_go(message: str) -> None:
    assert isinstance(verdict_on(message, program="app"), Unmatched)


@given(
    before=st.text(max_size=30),
    user=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    method=st.sampled_from(
        ["password", "publickey", "hostbased", "gssapi-keyex", "keyboard-interactive/bsdauth"]
    ),
    after=st.text(max_size=30),
)
def test_no_text_around_a_login_makes_it_nobodys_business(
    before: str, user: str, method: str, after: str
) -> None:
    message = f"{before}Accepted {method} for {user} from 192.0.2.10 port 1 ssh2{after}"
    for program in ("sshd", "other", None):
        assert not isinstance(verdict_on(message, program=program), Unmatched | Ignored)
        raw = json.dumps({"unknown": message})
        assert not isinstance(verdict_on("nothing", raw, program=program), Unmatched | Ignored)
