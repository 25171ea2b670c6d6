"""The packs `sudo`, `su` and `pam`: what programs on a server write about a person."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.rules import Ignored, Match, Quarantined, RuleSet, Unmatched
from tests.rules.support import rules_of
from tests.samples import record

SUDO, SU, PAM = (rules_of(f"- use: {pack}") for pack in ("sudo", "su", "pam"))
ALL = rules_of("\n".join(f"- use: {pack}" for pack in ("ssh", "sudo", "su", "pam")))
PLACE = "TTY=pts/0 ; PWD=/home/alice ; "


def judged(rules: RuleSet, message: str, program: str | None, **changes: Any) -> tuple[str, dict[str, str]]:
    """Rule and fields of a message, which must be a match."""
    verdict = rules.judge(record(message, program=program, **changes))
    assert isinstance(verdict, Match), verdict
    return verdict.rule.name, {name: text for name, text in verdict.fields.items() if name != "host_name"}


def sudo(message: str) -> tuple[str, dict[str, str]]:
    """Rule and fields of a message of sudo."""
    return judged(SUDO, message, "sudo")


@pytest.mark.parametrize("user", ["   alice", "alice", "averylongusername"])
def test_a_command_names_user_target_and_command(user: str) -> None:
    rule, fields = sudo(f"{user} : {PLACE}USER=root ; COMMAND=/usr/bin/id -u")

    assert rule == "sudo_root"
    assert fields == {
        "user_name": user.strip(),
        "target_user": "root",
        "tty": "pts/0",
        "working_directory": "/home/alice",
        "command": "/usr/bin/id -u",
        "event_outcome": "success",
    }


def test_all_that_sudo_may_say_of_a_command_is_named() -> None:
    rule, fields = sudo(
        "alice : HOST=web-1 ; TTY=unknown ; CHROOT=/jail ; PWD=/ ; USER=postgres ; GROUP=wheel ; "
        "TSID=0003FI ; ENV=A=1 B=2 ; COMMAND=/usr/bin/psql -c 'select 1'"
    )

    assert rule == "sudo_command"
    assert (fields["target_user"], fields["target_group"]) == ("postgres", "wheel")
    assert (fields["environment"], fields["command"]) == ("A=1 B=2", "/usr/bin/psql -c 'select 1'")
    assert (fields["chroot"], fields["session_log"]) == ("/jail", "0003FI")


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("1 incorrect password attempt", "sudo_wrong_password"),
        ("3 incorrect password attempts", "sudo_wrong_password"),
        ("authentication failure", "sudo_wrong_password"),
        ("a password is required", "sudo_without_password"),
        ("PAM account management error: Permission denied", "sudo_refused"),
        ("user NOT in sudoers", "sudo_refused"),
        ("user NOT authorized on host", "sudo_refused"),
        ("command not allowed", "sudo_refused"),
        ("sorry, you must have a tty to run sudo", "sudo_refused"),
    ],
)
def test_a_failure_names_its_reason(reason: str, rule: str) -> None:
    found, fields = sudo(f"   alice : {reason} ; {PLACE}USER=root ; COMMAND=/bin/sh")

    assert found == rule
    assert (fields["reason"], fields["event_outcome"]) == (reason, "failure")
    assert (fields["user_name"], fields["command"]) == ("alice", "/bin/sh")


@pytest.mark.parametrize(
    "message",
    [
        "alice : TTY=pts/0 ; PWD=/tmp/x ; USER=bob ; COMMAND=/bin/true ; USER=root ; COMMAND=/bin/sh",
        "alice : TTY=pts/0 ; PWD=/ ; USER=root ; ENV=A=x ; COMMAND=/bin/true ; COMMAND=/bin/sh",
        "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo 'x ; COMMAND=/bin/true'",
    ],
)
def test_a_message_made_to_mislead_names_its_user_alone(message: str) -> None:
    rule, fields = sudo(message)

    assert rule == "sudo_unclear"
    assert fields["user_name"] == "alice"
    assert fields.keys().isdisjoint({"target_user", "command"})


def test_the_rest_of_a_long_command_is_asked_about() -> None:
    rule, fields = sudo("   alice : (command continued) --more /etc/shadow")

    assert (rule, fields["user_name"], fields["command"]) == ("sudo_continued", "alice", "--more /etc/shadow")


@pytest.mark.parametrize("program", ["sudo", "sudo-rs", "sudoedit"])
@pytest.mark.parametrize(
    ("message", "rule", "fields"),
    [
        (
            "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
            "sudo_root",
            {"user_name": "alice", "tty": "pts/0"},
        ),
        # Without a terminal sudo-rs writes two blanks.
        ("alice :  PWD=/ ; USER=root ; COMMAND=/usr/bin/id", "sudo_root", {"working_directory": "/"}),
        ("alice :  PWD=/ ; USER=bob ; COMMAND=/usr/bin/id [...]", "sudo_command", {"target_user": "bob"}),
        ("[...] --more /etc/shadow", "sudo_continued", {"command": "--more /etc/shadow"}),
        (
            "[...] bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/true",
            "sudo_continued",
            {"command": "bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/true"},
        ),
        (
            "[...] bob : TTY=pts/0 ; PWD=/ ; USER=root ; USER=x ; COMMAND=/bin/true\n",
            "sudo_continued",
            {"command": "bob : TTY=pts/0 ; PWD=/ ; USER=root ; USER=x ; COMMAND=/bin/true"},
        ),
    ],
)
def test_sudo_rs_is_understood_and_a_continuation_names_nobody(
    message: str, rule: str, fields: dict[str, str], program: str
) -> None:
    found, all_fields = judged(SUDO, message, program)

    assert found == rule
    assert fields.items() <= all_fields.items()
    assert ("user_name" in all_fields) is (not message.startswith("[...]"))


@pytest.mark.parametrize(
    "user", ["alice:x", "ann lee", "CORP\\alice", "zo\u00eb", "a.b-c_d$", "a@example.com"]
)
def test_a_user_of_any_name_is_named_whole(user: str) -> None:
    for message in (
        f"{user} : {PLACE}USER=root ; COMMAND=/bin/id",
        f"{user} : user NOT in sudoers ; {PLACE}USER=root ; COMMAND=/bin/id",
        f"{user} : (command continued) x",
        f"message repeated 2 times: [ {user} : {PLACE}USER=root ; COMMAND=/bin/id]",
    ):
        assert sudo(message)[1]["user_name"] == user


@pytest.mark.parametrize(
    "message",
    [
        "alice : NEW=1 ; TTY=pts/0 ; PWD=/x : PWD=/ ; USER=root ; COMMAND=/bin/true",
        "alice : TTY=pts/0 ; PWD=/x : PWD=/ ; COMMAND=/bin/sh",
        "alice : NEW=1 ; PWD=/x : command not allowed ; PWD=/ ; USER=root ; COMMAND=/bin/true",
    ],
)
def test_what_is_not_understood_is_still_of_its_user_alone(message: str) -> None:
    assert (sudo(message)[0], sudo(message)[1]["user_name"]) == ("sudo_other", "alice")


def test_a_form_that_is_not_known_is_an_event_too() -> None:
    assert sudo("alice : TTY=pts/0 ; PWD=/ ; NEW=1 ; USER=root")[0] == "sudo_other"


def test_each_command_is_asked_about() -> None:
    keys = set()
    for command in ("/usr/bin/id", "/bin/sh"):
        verdict = SUDO.judge(record(f"alice : {PLACE}USER=root ; COMMAND={command}", program="sudo"))
        assert isinstance(verdict, Match)
        keys.add(verdict.fold_key)

    assert len(keys) == 2


SPEC = {
    "submituser": "alice",
    "command": "/usr/bin/id",
    "runuser": "root",
    "runargv": ["id", "-u"],
    "submitcwd": "/home/alice ; USER=bob",
    "submithost": "web-1",
    "ttyname": "/dev/pts/0",
}


@pytest.mark.parametrize(
    ("kind", "change", "rule"),
    [
        ("accept", {}, "sudo_json_root"),
        ("accept", {"runuser": None}, "sudo_json_root"),
        ("accept", {"runuser": "postgres"}, "sudo_json_command"),
        ("reject", {"reason": "user NOT in sudoers"}, "sudo_json_refused"),
        ("alert", {"reason": "3 incorrect password attempts"}, "sudo_json_wrong_password"),
        ("reject", {"reason": "a password is required"}, "sudo_json_without_password"),
        ("alert", {"reason": "command not allowed"}, "sudo_json_refused"),
    ],
)
def test_the_json_form_is_understood(kind: str, change: dict[str, Any], rule: str) -> None:
    message = "@cee:" + json.dumps({"sudo": {kind: SPEC | change}})
    found, fields = judged(SUDO, message, "sudo", raw=json.dumps({"message": message, "host": "web-1"}))

    assert found == rule
    assert (fields["user_name"], fields["command"], fields["program_path"]) == (
        "alice",
        "id -u",
        "/usr/bin/id",
    )
    assert fields.get("reason") == change.get("reason")
    assert fields["event_outcome"] == ("success" if kind == "accept" else "failure")


def test_the_json_form_without_a_user_is_quarantined() -> None:
    message = '@cee:{"sudo": {"accept": {"runuser": "root"}}}'

    assert isinstance(SUDO.judge(record(message, program="sudo")), Quarantined)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40) | st.lists(
    st.sampled_from(["USER=root", "COMMAND=/bin/true", " ; ", "PWD=/", "TTY=x", " : ", "=", "alice"])
).map("".join)


@given(directory=texts, command=texts, environment=texts)
def test_no_text_in_a_message_changes_whose_it_is_nor_hides_it(
    directory: str, command: str, environment: str
) -> None:
    message = (
        f"alice : TTY=pts/0 ; PWD={directory} ; USER=root ; ENV={environment} ; COMMAND=/bin/sh {command}"
    )
    rule, fields = sudo(message)

    assert fields["user_name"] == "alice"
    assert rule in ("sudo_root", "sudo_unclear")
    if rule == "sudo_root":
        assert fields["command"] == f"/bin/sh {command}"


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("(to root) alice on pts/0", "su"),
        ("(to root) alice on none", "su"),
        ("Successful su for root by alice", "su"),
        ("+ pts/0 alice:root", "su"),
        ("FAILED SU (to root) alice on pts/0", "su_failed"),
        ("FAILED su for root by alice", "su_failed"),
        ("- pts/0 alice:root", "su_failed"),
        ("+ ??? alice-root", "su"),
        ("+ /dev/pts/0 alice:root", "su"),
        ("alice to root on /dev/ttyp0", "su"),
        ("alice to root on tty", "su_without_terminal"),
        ("alice to root", "su_without_terminal"),
        ("BAD SU alice to root on /dev/ttyp0", "su_failed"),
        ("BAD SU alice to root", "su_failed"),
        ("'su root' succeeded for alice on /dev/pts/1", "su"),
        ("'su root' failed for alice on /dev/pts/1", "su_failed"),
        ("from alice to root at /dev/pts/3", "su"),
        ("BAD SU from alice to root at /dev/pts/3", "su_failed"),
    ],
)
def test_su_names_who_called_it_and_who_they_became(message: str, rule: str) -> None:
    found, fields = judged(SU, message, "su")

    assert found == rule
    assert (fields["user_name"], fields["target_user"]) == ("alice", "root")
    assert fields["event_outcome"] == ("failure" if rule == "su_failed" else "success")


@pytest.mark.parametrize(
    "message",
    [
        "FAILED su for root by bob by alice",
        "FAILED su for bob to root on /dev/pts/0 by alice",
        "FAILED SU (to root) bob on pts/0) alice on pts/1",
        "- pts/0 alice:bob to root on /dev/pts/0",
        "- pts/0 alice:bob:root",
        "BAD SU alice to root on /dev/pts/0 on /dev/pts/1",
        "BAD SU alice to bob to root on /dev/pts/1",
        "'su root' succeeded for bob on /dev/pts/1' failed for alice on /dev/pts/0",
    ],
)
def test_what_somebody_types_for_a_target_makes_no_success_and_no_other_caller(message: str) -> None:
    rule, fields = judged(SU, message, "su")

    assert (rule, fields["user_name"], fields["event_outcome"]) == ("su_failed", "alice", "failure")


@pytest.mark.parametrize(
    "message",
    [
        "No passwd entry for user 'bob to root on /dev/pts/0'",
        "pam_unix(su:auth): authentication failure; logname= uid=1 ruser=alice rhost=  user=a to root on x",
        "failed to execute /bin/sh",
    ],
)
def test_what_else_su_says_is_no_event(message: str) -> None:
    assert not isinstance(SU.judge(record(message, program="su")), Match)


def test_su_of_an_old_pam_and_runuser_are_understood() -> None:
    old = "session opened for user root by alice(uid=1000)"
    rule, fields = judged(SU, old, "su(pam_unix)")
    assert (rule, fields["user_name"], fields["target_user"]) == ("su_session", "alice", "root")
    assert isinstance(SU.judge(record("(to postgres) root on none", program="runuser")), Ignored)
    assert (
        judged(PAM, "session opened for user alice by LOGIN(uid=0)", "login(pam_unix)")[0]
        == "pam_session_old"
    )


def test_both_lines_of_the_shadow_suite_are_one_event() -> None:
    verdicts = [
        SU.judge(record(message, program="su"))
        for message in ("Successful su for root by alice", "+ pts/0 alice:root")
    ]

    assert len({verdict.fold_key for verdict in verdicts if isinstance(verdict, Match)}) == 1


def test_a_line_that_begins_like_sus_and_is_not_understood_is_quarantined() -> None:
    assert isinstance(SU.judge(record("(to root) alice from nowhere at all?", program="su")), Quarantined)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            "pam_unix(login:session): session opened for user alice(uid=1000) by LOGIN(uid=0)",
            {"service": "login", "user_name": "alice", "uid": "1000", "opened_by": "LOGIN"},
        ),
        (
            "pam_unix(gdm-password:session): session opened for user alice by (uid=0)",
            {"service": "gdm-password", "user_name": "alice", "opened_by": ""},
        ),
        (
            r"pam_unix(vsftpd:session): session opened for user CORP\zoë lee(uid=7) by (uid=0)",
            {"service": "vsftpd", "user_name": r"CORP\zoë lee", "uid": "7", "opened_by": ""},
        ),
    ],
)
def test_a_session_of_another_service_is_an_event(message: str, fields: dict[str, str]) -> None:
    assert judged(PAM, message, "login") == ("pam_session", {**fields, "event_outcome": "success"})


@pytest.mark.parametrize("service", ["sshd", "sudo", "su", "su-l", "cron", "systemd-user"])
def test_a_session_that_another_pack_asks_about_or_nobody_opened_is_ignored(service: str) -> None:
    message = f"pam_unix({service}:session): session opened for user alice(uid=1000) by alice(uid=0)"

    for program in (service, None):
        verdict = ALL.judge(record(message, program=program))
        assert isinstance(verdict, Ignored)
        assert verdict.rule.name.endswith(("_own_session", "pam_session_elsewhere"))


def test_a_login_that_is_not_understood_is_quarantined() -> None:
    for message in (
        "pam_unix(login:session): session opened for somebody",
        "pam_unix(cockpit:session): session opened for user alice",
        "[info] pam_unix(gdm-password:session): session opened for user alice by (uid=0)",
        "pam_unix(sshd:session): session opened for user alice\nby (uid=0)",
    ):
        assert isinstance(PAM.judge(record(message, program="login")), Quarantined)


@pytest.mark.parametrize(
    "message",
    [
        "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 ruser=alice rhost=  user=alice",
        "pam_unix(gdm-password:auth): authentication failure; logname= uid=0 user=alice",
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.7",
    ],
)
def test_what_else_pam_says_is_no_session(message: str) -> None:
    assert isinstance(PAM.judge(record(message, program="login")), Unmatched)


@pytest.mark.parametrize(
    ("message", "program"),
    [
        ("pam_unix(login:session): session closed for user alice", "login"),
        ("New session 3 of user alice.", "systemd-logind"),
        ("Session 3 logged out. Waiting for processes to exit.", "systemd-logind"),
    ],
)
def test_the_ends_of_sessions_and_what_logind_says_are_ignored(message: str, program: str) -> None:
    assert isinstance(PAM.judge(record(message, program=program)), Ignored)


@pytest.mark.parametrize(
    ("message", "program"),
    [
        (f"alice : {PLACE}USER=root ; COMMAND=/bin/sh", "sudo"),
        ("(to root) alice on pts/0", "su"),
        ("pam_unix(login:session): session opened for user alice(uid=1000) by LOGIN(uid=0)", "login"),
    ],
)
def test_a_line_that_logger_wrote_is_quarantined_where_the_log_shows_it(message: str, program: str) -> None:
    assert isinstance(ALL.judge(record(message, program=program, facility="user")), Quarantined)
    assert isinstance(ALL.judge(record(message, program=program, facility="authpriv")), Match)


COMMAND = "alice : TTY=pts/0 ; PWD={} ; USER={} ; COMMAND=/bin/sh -c {}"


@pytest.mark.parametrize(
    "line_break", ["\n", "\r\n", "\r", "\n\n", "\x0b", "\x0c", "\x85", "\u2028", "\ufffd", "\x1b[2K"]
)
@pytest.mark.parametrize(
    ("directory", "target", "arguments", "expected"),
    [
        ("/home/alice", "root", "'id{}useradd mallory'", "sudo_root"),
        ("/home/a{}b", "root", "id", "sudo_root"),
        ("/home/a{}b", "postgres", "'id{}id'", "sudo_command"),
        (
            "/home/alice",
            "root",
            "'id{}alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/true'",
            "sudo_unclear",
        ),
    ],
)
def test_a_line_break_in_a_command_or_a_directory_hides_nothing(
    line_break: str, directory: str, target: str, arguments: str, expected: str
) -> None:
    rule, fields = sudo(
        COMMAND.format(directory.format(line_break), target, arguments.format(line_break)),
    )
    assert rule == expected
    assert fields["user_name"] == "alice"
    if expected != "sudo_unclear":
        assert fields["command"] == "/bin/sh -c " + arguments.format(line_break)
        assert fields["working_directory"] == directory.format(line_break)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n", "\r"])
@pytest.mark.parametrize(
    ("message", "program", "fields"),
    [
        (f"alice : {PLACE}USER=root ; COMMAND=/bin/id", "sudo", {"command": "/bin/id"}),
        ("(to root) alice on pts/0", "su", {"target_user": "root", "tty": "pts/0"}),
        ("+ pts/0 alice:root", "su", {"target_user": "root"}),
        ("Successful su for root by alice", "su", {"user_name": "alice"}),
        (
            "pam_unix(login:session): session opened for user alice by LOGIN(uid=0)",
            "login",
            {"user_name": "alice"},
        ),
        ("Accepted password for alice from 192.0.2.10 port 22 ssh2", "sshd", {"user_name": "alice"}),
    ],
)
def test_line_breaks_around_a_message_hide_nothing_and_are_in_no_field(
    message: str, program: str, fields: dict[str, str], ending: str
) -> None:
    for text in (message + ending, ending + message + ending):
        found = judged(ALL, text, program)[1]
        assert fields.items() <= found.items()
        assert not any("\n" in value or "\r" in value for value in found.values())


@pytest.mark.parametrize(
    ("message", "program"),
    [
        (f"alice: : {PLACE}USER=root ; COMMAND=/bin/id", "sudo"),
        (f"alice {PLACE}USER=root ; COMMAND=/bin/id", "sudo-rs"),
        ("; USER=root ; COMMAND=/bin/id", "sudo"),
        ('@cee:{"sudo":{"accept":{"submituser":"alice","command":"/usr/bin/id","runuser":"ro', "sudo"),
        ('@cee:{"sudo": {"alert": {"runuser": "root", "reason": "wrong password"}}}', "sudo"),
    ],
)
def test_a_command_that_no_rule_understands_is_quarantined(message: str, program: str) -> None:
    assert isinstance(SUDO.judge(record(message, program=program)), Quarantined)


@pytest.mark.parametrize("between", ["\n", "\r", "\r\n", "\x0b"])
@pytest.mark.parametrize(
    ("ignored", "program"),
    [
        ("Accepted key ED25519 SHA256:abc found at /home/alice/.ssh/authorized_keys:1", "sshd"),
        ("pam_unix(sshd:session): session opened for user alice(uid=1000) by alice(uid=0)", "sshd"),
    ],
)
def test_what_a_pack_ignores_hides_nothing_that_is_sent_in_one_message_with_it(
    ignored: str, program: str, between: str
) -> None:
    assert isinstance(ALL.judge(record(ignored + "\n", program=program)), Ignored)
    both = f"{ignored}{between}Accepted password for root from 198.51.100.7 port 22 ssh2"
    assert isinstance(ALL.judge(record(both, program=program)), Quarantined)
    twice = (
        f"Accepted password for alice from 192.0.2.10 port 22 ssh2{between}Accepted password for root from "
    )
    assert isinstance(ALL.judge(record(f"{twice}198.51.100.7 port 22 ssh2", program="sshd")), Quarantined)
