"""The packs `doas`, `pkexec`, `run0`, `dropbear` and `login`: the ways in beside sshd and sudo."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.cli.rules.report import judge_lines
from powertrip.rules import Ignored, Match, Quarantined, RuleSet, Unmatched
from tests.rules.support import rules_of
from tests.samples import record

MD5 = "md5 0f:ee:8c:5b:50:c7:ed:9b:d4:05:0f:d5:0f:5c:f6:11"
FINGERPRINT = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
PKEXEC = "[USER=root] [TTY=/dev/pts/0] [CWD=/home/alice] [COMMAND=/usr/bin/id -u]"
POLKIT = (
    "Operator of unix-session:2 successfully authenticated as unix-user:root to gain TEMPORARY authorization "
    "for action org.freedesktop.systemd1.manage-units for unix-process:123:456 [systemctl stop auditd] "
    "(owned by unix-user:alice)"
)
RUN0 = "pam_unix(systemd-run0:session): session opened for user root(uid=0) by alice(uid=1000)"


def use(*packs: str) -> RuleSet:
    return rules_of("\n".join(f"- use: {pack}" for pack in packs))


DOAS, POLKITS, RUN0_PACK, DROPBEAR, LOGIN = map(use, ("doas", "pkexec", "run0", "dropbear", "login"))
BESIDE_PAM = use("doas", "pkexec", "run0", "pam", "sudo", "su", "ssh")
SERVER = use("doas", "pkexec", "run0", "dropbear", "pam", "sudo", "su", "ssh")


def judged(rules: RuleSet, message: str, program: str | None, **changes: Any) -> tuple[str, dict[str, str]]:
    """Rule and fields of a message, which must be a match."""
    verdict = rules.judge(record(message, program=program, **changes))
    assert isinstance(verdict, Match), verdict
    return verdict.rule.name, {name: text for name, text in verdict.fields.items() if name != "host_name"}


@pytest.mark.parametrize(
    ("message", "rule", "fields"),
    [
        (
            "alice ran command /bin/ksh as root from /home/alice",
            "doas_root",
            {"command": "/bin/ksh", "working_directory": "/home/alice"},
        ),
        (
            "alice ran command rm -r /tmp/a b as root from (failed)",
            "doas_root",
            {"command": "rm -r /tmp/a b", "working_directory": "(failed)"},
        ),
        (
            "alice ran command psql as postgres from /",
            "doas_command",
            {"command": "psql", "target_user": "postgres"},
        ),
        (
            "alice ran command as root: /bin/ls /",
            "doas_root",
            {"command": "/bin/ls /"},
        ),
        ("alice ran command as postgres: psql", "doas_command", {"target_user": "postgres"}),
        (
            "alice ran command sh -c id\nuseradd x as root from /a\nb",
            "doas_root",
            {"target_user": "root"},
        ),
        ("alice ran command as as bob from /", "doas_command", {"command": "as", "target_user": "bob"}),
        ("failed command for alice: sh -c 'ran command x as root from /'", "doas_refused", {}),
        ("failed auth for alice", "doas_wrong_password", {"event_outcome": "failure"}),
        ("failed password for alice", "doas_wrong_password", {}),
        ("alice ran a shell as root from /", "doas_other", {}),
    ],
)
def test_doas_names_who_ran_what_as_whom(message: str, rule: str, fields: dict[str, str]) -> None:
    found, all_fields = judged(DOAS, message, "doas")

    assert found == rule
    assert {"user_name": "alice", **fields}.items() <= all_fields.items()


@pytest.mark.parametrize(
    "message",
    [
        "alice ran command id as root from / as bob from /home/alice",
        "alice ran command id as bob from /home/alice as root from /x",
        "alice ran command sh -c x as bob from (failed) y as root from /",
        "alice ran command as bob: x as root from /",
        "alice ran command as root: ls as bob from /",
    ],
)
def test_a_line_of_doas_that_reads_two_ways_names_its_user_alone(message: str) -> None:
    rule, fields = judged(DOAS, message, "doas")

    assert (rule, fields["user_name"]) == ("doas_unclear", "alice")
    assert fields.keys().isdisjoint({"target_user", "command", "working_directory"})


@pytest.mark.parametrize(
    ("message", "rule", "fields"),
    [
        (
            f"alice: Executing command {PKEXEC}",
            "pkexec_root",
            {
                "target_user": "root",
                "tty": "/dev/pts/0",
                "working_directory": "/home/alice",
                "command": "/usr/bin/id -u",
                "event_outcome": "success",
            },
        ),
        (
            f"alice: Executing command {PKEXEC.replace('USER=root', 'USER=bob')}",
            "pkexec_command",
            {"target_user": "bob", "command": "/usr/bin/id -u"},
        ),
        (
            f"alice: Error executing command as another user: Not authorized {PKEXEC}",
            "pkexec_refused",
            {
                "reason": "Error executing command as another user: Not authorized",
                "event_outcome": "failure",
                "command": "/usr/bin/id -u",
            },
        ),
        (
            "alice: Executing command [USER=root] [TTY=unknown] [CWD=/a] [USER=bob] [COMMAND=sh -c [\n]]",
            "pkexec_root",
            {"working_directory": "/a] [USER=bob", "command": "sh -c [\n]"},
        ),
        (
            "alice: Executing command [USER=root] [TTY=unknown] [CWD=/a] [COMMAND=true] [COMMAND=/bin/sh]",
            "pkexec_unclear",
            {},
        ),
    ],
)
def test_pkexec_names_who_ran_what_as_whom(message: str, rule: str, fields: dict[str, str]) -> None:
    found, all_fields = judged(POLKITS, message, "pkexec")

    assert found == rule
    assert {"user_name": "alice", **fields}.items() <= all_fields.items()
    if rule == "pkexec_unclear":
        assert all_fields.keys().isdisjoint({"target_user", "command"})


@pytest.mark.parametrize("program", ["polkitd", "polkitd(authority=local)"])
def test_polkit_asks_the_owner_of_the_process_and_names_whose_password_it_took(program: str) -> None:
    rule, fields = judged(POLKITS, POLKIT, program)

    assert rule == "polkit_allowed"
    assert (fields["user_name"], fields["target_user"]) == ("alice", "root")
    assert fields["polkit_action"] == "org.freedesktop.systemd1.manage-units"
    assert fields["command"] == "systemctl stop auditd"


@pytest.mark.parametrize(
    "told",
    [
        "x] (owned by unix-user:bob)",
        "x to gain ONE-SHOT authorization for action org.freedesktop.policykit.exec for unix-process:1:1 [x",
        "x\n(owned by unix-user:bob)",
    ],
)
def test_what_a_process_says_of_itself_changes_neither_its_owner_nor_the_action(told: str) -> None:
    rule, fields = judged(POLKITS, POLKIT.replace("systemctl stop auditd", told), "polkitd")

    assert (rule, fields["user_name"], fields["command"]) == ("polkit_allowed", "alice", told)
    assert fields["polkit_action"] == "org.freedesktop.systemd1.manage-units"


def test_what_polkit_refuses_is_asked_about() -> None:
    message = (
        "Operator of unix-session:2 FAILED to authenticate to gain authorization for action "
        "org.freedesktop.systemd1.manage-units for system-bus-name::1.23 [x y] (owned by unix-user:alice)"
    )
    rule, fields = judged(POLKITS, message, "polkitd")

    assert (rule, fields["user_name"], fields["event_outcome"]) == ("polkit_refused", "alice", "failure")


def test_one_call_of_pkexec_is_asked_about_once() -> None:
    message = POLKIT.replace("org.freedesktop.systemd1.manage-units", "org.freedesktop.policykit.exec")
    session = "pam_unix(polkit-1:session): session opened for user root(uid=0) by alice(uid=1000)"

    for rules in (POLKITS, BESIDE_PAM):
        assert isinstance(rules.judge(record(message, program="polkitd")), Ignored)
        assert isinstance(rules.judge(record(session, program="pkexec")), Ignored)


@pytest.mark.parametrize("program", ["systemd", "(sd-pam)", None])
def test_the_person_of_run0_is_who_called_it(program: str | None) -> None:
    for rules in (RUN0_PACK, BESIDE_PAM, use("pam", "run0")):
        rule, fields = judged(rules, RUN0, program)
        assert (rule, fields["user_name"], fields["target_user"]) == ("run0_session", "alice", "root")
        assert fields["caller_uid"] == "1000"


@pytest.mark.parametrize(
    ("service", "rule"), [("systemd-run0", "pam_run0"), ("doas", "pam_doas"), ("polkit-1", "pam_pkexec")]
)
def test_without_its_own_pack_a_session_is_asked_of_its_caller_by_pam(service: str, rule: str) -> None:
    message = RUN0.replace("systemd-run0", service)
    found, fields = judged(use("pam"), message, None)
    assert (found, fields["user_name"], fields["target_user"]) == (rule, "alice", "root")

    nameless = message.replace("by alice(", "by (")
    found, fields = judged(use("pam"), nameless, None)
    assert (found, fields.get("user_name"), fields["caller_uid"]) == (rule, None, "1000")


def test_two_sessions_whose_caller_has_no_name_are_two_events() -> None:
    message = RUN0.replace("by alice(", "by (")
    keys = {
        verdict.fold_key
        for verdict in (RUN0_PACK.judge(record(message)), RUN0_PACK.judge(record(message)))
        if isinstance(verdict, Match)
    }

    assert len(keys) == 2


def test_a_pack_that_judges_another_source_supersedes_nothing() -> None:
    rules = rules_of("- {use: run0, source: other}\n- use: pam", sources=["other", "syslog"])

    assert judged(rules, RUN0, None)[0] == "pam_run0"
    assert judged(rules, RUN0, None, source="other")[0] in ("run0_session", "pam_run0")


@pytest.mark.parametrize("before", ["", "[123] Nov 05 10:00:00 ", "[1] Nov  5 10:00:00 "])
@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            "Password auth succeeded for 'alice' from 192.0.2.10:50000",
            {"method": "Password", "source_ip": "192.0.2.10", "source_port": "50000"},
        ),
        (
            "PAM password auth succeeded for 'alice' from 2001:db8::10:50000",
            {"source_ip": "2001:db8::10", "source_port": "50000"},
        ),
        ("password auth succeeded for 'alice' from [fe80::1%eth0]:1", {"source_ip": "fe80::1%eth0"}),
        (
            f"Pubkey auth succeeded for 'alice' with ssh-ed25519 key {FINGERPRINT} from ::ffff:192.0.2.10:5",
            {"key_type": "ssh-ed25519", "key_fingerprint": FINGERPRINT, "source_ip": "192.0.2.10"},
        ),
        (
            f"pubkey auth succeeded for 'alice' with key {MD5} from 192.0.2.10:50000",
            {"key_fingerprint": MD5},
        ),
    ],
)
def test_a_login_to_dropbear_names_user_key_and_address(
    message: str, fields: dict[str, str], before: str
) -> None:
    rule, found = judged(DROPBEAR, before + message, "dropbear")

    assert rule == "dropbear_login"
    assert {"user_name": "alice", "event_outcome": "success", **fields}.items() <= found.items()


def test_a_login_to_dropbear_without_a_password_is_told_apart() -> None:
    message = "Auth succeeded with blank password for 'root' from 192.0.2.10:50000"

    assert judged(DROPBEAR, message, "dropbear")[0] == "dropbear_blank_password"


def test_the_first_of_two_factors_is_no_login_to_dropbear() -> None:
    first = f"Pubkey auth succeeded for 'alice' with ssh-rsa key {FINGERPRINT} from 192.0.2.10:1"

    assert isinstance(DROPBEAR.judge(record(f"{first}, extra auth required", program="dropbear")), Ignored)
    assert isinstance(DROPBEAR.judge(record(first, program="dropbear")), Match)


@pytest.mark.parametrize(
    "message",
    [
        "Password auth succeeded for 'alice' from nowhere",
        "Hardware auth succeeded for 'alice' from 192.0.2.10:1",
        "Pubkey auth succeeded for 'alice' with ssh-rsa key new:form from 192.0.2.10:1",
        "Auth succeeded with blank password for 'root'",
        "at last: Password auth succeeded for 'alice' from 192.0.2.10:1",
    ],
)
def test_a_login_to_dropbear_in_another_form_is_quarantined(message: str) -> None:
    assert isinstance(DROPBEAR.judge(record(message, program="dropbear")), Quarantined)


@pytest.mark.parametrize(
    ("message", "rule", "fields"),
    [
        ("ROOT LOGIN ON tty1", "login_root", {"tty": "tty1"}),
        ("ROOT LOGIN ON ttyS0 FROM 192.0.2.10", "login_root", {"source_ip": "192.0.2.10"}),
        ("ROOT LOGIN ON pts/0 FROM host.example", "login_root", {"from_host": "host.example"}),
        ("ROOT LOGIN (root) ON ttyv0", "login_root", {"tty": "ttyv0"}),
        ("ROOT LOGIN /dev/console", "login_root", {"tty": "/dev/console"}),
        ("ROOT LOGIN  on '/dev/tty1'", "login_root", {"tty": "/dev/tty1"}),
        ("root login on 'ttyS0' from 'host.example'", "login_root", {"from_host": "host.example"}),
        ("LOGIN ON tty1 BY alice", "login", {"user_name": "alice", "tty": "tty1"}),
        (
            "LOGIN ON tty1 BY alice FROM 2001:db8::10",
            "login",
            {"source_ip": "2001:db8::10"},
        ),
        ("LOGIN ON tty1 BY alice FROM host.example", "login", {"from_host": "host.example"}),
        ("'alice' logged in  on '/dev/tty1' from '192.0.2.10'", "login", {"source_ip": "192.0.2.10"}),
        ("login on ttyv0 as alice", "login", {"user_name": "alice", "tty": "ttyv0"}),
        ("login from host.example on ttyp0 as alice", "login", {"from_host": "host.example"}),
    ],
)
def test_a_login_at_a_terminal_names_who_and_where(message: str, rule: str, fields: dict[str, str]) -> None:
    found, all_fields = judged(LOGIN, message, "login")

    assert found == rule
    user = "root" if rule == "login_root" else "alice"
    assert {"user_name": user, "event_outcome": "success", **fields}.items() <= all_fields.items()


@pytest.mark.parametrize(
    ("message", "program"),
    [
        ("FAILED LOGIN (1) ON 'tty1' FOR 'LOGIN ON tty1 BY alice', Authentication failure", "login"),
        ("DIALUP AT ttyS0 BY alice", "login"),
        ("New session 3 of user alice.", "systemd-logind"),
        ("Removed session 3.", "systemd-logind"),
    ],
)
def test_what_is_no_login_at_a_terminal_is_ignored(message: str, program: str) -> None:
    assert isinstance(LOGIN.judge(record(message, program=program)), Ignored)


@pytest.mark.parametrize(
    ("rules", "message", "program"),
    [
        (DOAS, "alice ran command id as root from /", "doas"),
        (POLKITS, f"alice: Executing command {PKEXEC}", "pkexec"),
        (POLKITS, POLKIT, "polkitd"),
        (RUN0_PACK, RUN0, "systemd"),
        (DROPBEAR, "Password auth succeeded for 'alice' from 192.0.2.10:50000", "dropbear"),
        (LOGIN, "LOGIN ON tty1 BY alice", "login"),
    ],
)
def test_a_line_that_logger_wrote_is_quarantined_and_no_prefix_hides_one(
    rules: RuleSet, message: str, program: str
) -> None:
    forged = {"trusted": {"_UID": "1000", "_COMM": "logger"}} if program != "systemd" else {}
    assert isinstance(rules.judge(record(message, program=program, facility="user", **forged)), Quarantined)
    assert isinstance(rules.judge(record(message, program=program, facility="authpriv")), Match)
    for odd in (f"[info] {message}", f"\t{message}", f"{message}\n{message}", f"{message} \x85"):
        assert not isinstance(rules.judge(record(odd, program=program)), Unmatched | Ignored), odd


LINES = f"""\
sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id|sudo_root|alice
sudo: message repeated 3 times: [    alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id]|sudo_root|alice
sudo-rs[12]: alice :  PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id [...]|sudo_root|alice
sudo-rs[12]: [...] --rest|sudo_continued|None
pkexec[12]: alice: Executing command {PKEXEC}|pkexec_root|alice
pkexec: pam_unix(polkit-1:session): session opened for user root by (uid=1000)|pkexec_own_session|None
polkitd(authority=local)[1]: {POLKIT}|polkit_allowed|alice
polkitd[1]: {POLKIT}|polkit_allowed|alice
systemd[1]: {RUN0}|run0_session|alice
doas: alice ran command /bin/ksh as root from /data|doas_root|alice
su: BAD SU alice to root on /dev/ttyp0|su_failed|alice
su: alice to root on /dev/ttyp0|su|alice
su(pam_unix)[12]: session opened for user root by alice(uid=500)|su_session|alice
login(pam_unix)[12]: session opened for user alice by LOGIN(uid=0)|pam_session_old|alice
dropbear[12]: Password auth succeeded for 'alice' from 192.0.2.10:5000|dropbear_login|alice
dropbear[12]: [12] Nov 22 20:08:58 Password auth succeeded for 'alice' from 192.0.2.10:5|dropbear_login|alice
login[12]: pam_unix(login:session): session opened for user alice(uid=1000) by LOGIN(uid=0)|pam_session|alice
login[12]: LOGIN ON tty1 BY alice|pam_login_elsewhere|None
login[12]: ROOT LOGIN ON tty1|pam_login_elsewhere|None"""


@pytest.mark.parametrize(
    "second",
    [
        "Nov 22 20:09:00 h1 sshd[2]: Accepted password for bob from 192.0.2.11 port 50001 ssh2",
        "Nov 22 20:09:00 h1 sudo: bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
    ],
)
def test_what_a_sender_joins_to_a_line_that_is_ignored_is_not_ignored(second: str) -> None:
    for first in ("LOGIN ON tty1 BY alice", "ROOT LOGIN ON tty1", "root login on 'tty1'"):
        [verdict] = judge_lines(use("pam", "ssh", "sudo"), [f"Nov 22 20:08:58 h1 login[1]: {first} {second}"])
        assert verdict.verdict == "quarantine"


@pytest.mark.parametrize("row", LINES.splitlines())
@pytest.mark.parametrize(
    "header", ["Nov 22 20:08:58 h1 ", "<86>Nov  2 20:08:58 h1 ", "2026-11-22T20:08:58+00:00 h1 "]
)
def test_whole_lines_of_a_server_are_judged(header: str, row: str) -> None:
    line, rule, user = row.rsplit("|", 2)
    [verdict] = judge_lines(
        use("doas", "pkexec", "run0", "dropbear", "pam", "sudo", "su", "ssh"), [header + line]
    )

    assert (verdict.rule, str(verdict.fields.get("user_name"))) == (rule, user)
    assert verdict.verdict in ("match", "ignored")


@pytest.mark.parametrize(
    "message",
    [
        "the nightly job ran well",
        "failed auth for the build",
        "failed command for deploy: make",
        "[...] and so on",
        "+ docker run example:latest",
        "- first item: second",
        "switched to root",
        "Test FAILED on host (to be continued)",
        "COMMAND=build make",
        "login as alice",
        "logged in as alice",
        '{"log": "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"}',
        '{"log":"alice ran command /bin/sh as root from /"}',
        '{"log":"alice: Executing command [USER=root] [TTY=x] [CWD=/] [COMMAND=/bin/sh]"}',
        '{"log":"alice to root on /dev/ttyp0"}',
    ],
)
def test_what_a_program_that_is_not_known_says_makes_no_event_by_chance(message: str) -> None:
    everything = use("doas", "pkexec", "run0", "dropbear", "login", "pam", "sudo", "su", "ssh")

    assert not isinstance(everything.judge(record(message, program=None)), Match)
    if not message.startswith("{"):
        assert isinstance(everything.judge(record(message, program=None)), Unmatched)


_SEDUCTIVE = (
    *(
        " as root from /",
        " ran command ",
        "] [COMMAND=",
        "[USER=root]",
        "(owned by unix-user:bob)",
        "\n",
        "]",
        " ",
    ),
    *(": ", "x", " to gain ", " for action org.freedesktop.policykit.exec", "Executing command", "/"),
)
chosen = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.lists(
    st.sampled_from(_SEDUCTIVE), max_size=8
).map("".join)


@given(command=chosen, directory=chosen)
def test_nothing_that_a_caller_chooses_names_another_caller_or_hides_the_call(
    command: str, directory: str
) -> None:
    """Whose it was, and for polkit which action it was for, are told before what the caller can choose."""
    # Line breaks that end a message are its transport's.
    directory += "."
    for rules, program, message in (
        (DOAS, "doas", f"alice ran command {command} as bob from /{directory}"),
        (
            POLKITS,
            "pkexec",
            f"alice: Executing command [USER=bob] [TTY=x] [CWD=/{directory}] [COMMAND={command}]",
        ),
        (POLKITS, "polkitd", POLKIT.replace("systemctl stop auditd", command)),
    ):
        rule, fields = judged(rules, message, program)
        assert fields["user_name"] == "alice"
        if not rule.endswith("_unclear"):
            assert fields["command"] == command
            assert fields.get("working_directory") in (None, f"/{directory}")
            assert fields["target_user"] == ("root" if program == "polkitd" else "bob")
        assert fields.get("polkit_action") in (None, "org.freedesktop.systemd1.manage-units")
