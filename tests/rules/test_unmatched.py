"""Why no rule took a record, in words that lead to what has to be mended."""

import pytest

from powertrip.rules import Unmatched
from tests.rules.support import rules_of
from tests.samples import record

SSH = "[{use: ssh}]"
LOGIN = """
- {name: login, title: Login, program: [app, app-2], source: servers, pattern: '^in (?P<user_name>[a-z]+)$'}
"""
NIGHTLY = """
- {name: nightly, title: Night, program: app, pattern: '^at (?P<user_name>.+)$', where: {user_name: alice}}
"""
DEPLOY = """
- {name: deploy, title: Deploy, when: {kind: deploy}, fields: {user_name: {path: who}}}
"""


@pytest.mark.parametrize(
    ("rules", "message", "about", "reason"),
    [
        ("[]", "in alice", {}, "no rule is in use; write `use: ssh` under `rules`"),
        (SSH, "(root) CMD (run-parts)", {"program": "CRON"}, "no rule is for this program"),
        (SSH, "Connection closed", {"program": "sshd"}, "no rule for this program fits its text"),
        (SSH, "Connection closed", {"program": None}, "no rule fits its text"),
        (
            LOGIN,
            "in alice",
            {"program": "application", "source": "servers"},
            "login recognises it, but is for the program app or app-2",
        ),
        (
            LOGIN,
            "in alice",
            {"program": "app", "source": "desktops"},
            "login recognises it, but is for the source servers",
        ),
        (
            LOGIN,
            "out",
            {"program": "app", "source": "desktops"},
            "no rule is for this source; use the pack that knows what it sends",
        ),
        (
            NIGHTLY,
            "at bob",
            {"program": "app"},
            "nightly recognises it, but its conditions (where, unless) do not hold",
        ),
        (
            DEPLOY,
            "x",
            {"raw": '{"kind": "restart"}', "program": None},
            "no rule over JSON fits the record, and none over text is for this source",
        ),
        (
            "- {use: ssh}" + DEPLOY,
            "x",
            {"raw": '{"kind": "restart"}', "program": "cron"},
            "no rule is for this program, and none over JSON fits the record",
        ),
        (DEPLOY, "x", {}, "no rule is for this source; use the pack that knows what it sends"),
    ],
)
def test_the_reason_names_what_has_to_be_mended(
    rules: str, message: str, about: dict[str, str], reason: str
) -> None:
    verdict = rules_of(rules).judge(record(message, **about))
    assert verdict == Unmatched(reason)


def test_the_reason_holds_nothing_of_the_record() -> None:
    hostile = "<!channel> $(rm)"
    verdict = rules_of(LOGIN).judge(record(hostile, program=hostile, source=hostile, host_name=hostile))
    assert isinstance(verdict, Unmatched)
    assert "<" not in verdict.reason
    assert "$" not in verdict.reason
