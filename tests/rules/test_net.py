"""What reads like a login, or like becoming somebody else, and is taken by no rule is quarantined."""

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
    for blank in (
        "%20",
        "+",
        "&nbsp;",
        "\\t",
        "\\n",
        "\\u0020",
        "\\\\u0009",
        "\\u00A0",
        "\\\\\\u2003",
        "\\u001b[32m ",
    ):
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


GETTING_IN = [
    ("dropbear", "Password auth succeeded for 'root' from 192.0.2.10:50000"),
    ("dropbear", "Pubkey auth succeeded for 'root' with ssh-ed25519 key SHA256:x from 192.0.2.10:50000"),
    ("openwrt", "[812] Nov 05 10:00:00 PAM password auth succeeded for 'root' from 192.0.2.10:50000"),
    ("sudo", "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"),
    ("sudo-rs", "alice :  PWD=/ ; USER=root ; COMMAND=/usr/bin/id"),
    ("sudo", "alice : TTY=pts/0 ; PWD=/a\nb ; USER=root ; COMMAND=/bin/sh -c id\nid"),
    ("sudo", '@cee:{"sudo":{"accept":{"submituser":"alice","command":"/usr/bin/id"}}}'),
    ("su", "(to root) alice on pts/0"),
    ("su", "Successful su for root by alice"),
    ("su", "alice to root on /dev/ttyu0"),
    ("su", "+ pts/0 alice:root"),
    ("su", "pam_unix(su:session): session opened for user root by alice(uid=1000)"),
    ("su", "pam_unix(su-l:session): session opened for user root(uid=0) by alice(uid=1000)"),
    ("su(pam_unix)", "session opened for user root by alice(uid=500)"),
    ("sshd(pam_unix)", "session opened for user alice by (uid=0)"),
    ("sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)"),
    (
        "systemd-run0",
        "pam_unix(systemd-run0:session): session opened for user root(uid=0) by alice(uid=1000)",
    ),
    ("pkexec", "pam_unix(polkit-1:session): session opened for user root(uid=0) by (uid=1000)"),
    ("login", "pam_unix(login:session): session opened for user alice(uid=1000) by alice(uid=0)"),
    ("gdm-password]", "pam_unix(gdm-password:session): session opened for user alice(uid=1000) by (uid=0)"),
    ("doas", "alice ran command /bin/ksh as root from /home/alice"),
    ("doas", "alice ran command as root: /bin/ksh"),
    ("pkexec", "alice: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/usr/bin/id]"),
    ("login", "ROOT LOGIN ON tty1"),
    ("login", "LOGIN ON tty1 BY alice"),
    ("login", "ROOT LOGIN  on '/dev/tty1' from '192.0.2.10'"),
    ("login", "root login on 'tty1'"),
    ("audit", 'type=USER_LOGIN msg=audit(1.2:3): pid=1 uid=0 auid=1000 exe="/usr/sbin/sshd" res=success\''),
    ("win", "An account was successfully logged on.\r\nSubject: x\r\nLogon Type:\t\t10\r\nNew Logon:"),
    ("router", "user admin logged in from 192.0.2.10 via ssh"),
    ("switch", "%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: admin] [Source: 192.0.2.10]"),
    ("webmin", "Successful login as root from 192.0.2.10"),
    ("dropbear", "Auth succeeded with blank password for 'root' from 192.0.2.10:50000"),
    ("sudo", '{"accept":{"uuid":"x","submituser":"alice","command":"/usr/bin/id","runuser":"root"}}'),
    ("su", "from alice to root at /dev/pts/0"),
    ("su", "'su root' succeeded for alice on /dev/pts/1"),
    ("ksu", "'ksu root' authenticated alice@EXAMPLE.COM for alice on /dev/pts/0"),
    ("ksu", "Account root: authorization for alice@EXAMPLE.COM successful"),
    ("doas", "alice ran shell as root from /home/alice"),
    (
        "polkitd",
        (
            "Operator of unix-process:1:2 successfully authenticated as unix-user:alice "
            "to gain TEMPORARY authorization for action org.freedesktop.systemd1.manage-units for :1.5 [run0]"
        ),
    ),
    ("login", "login on ttyv0 as root"),
    ("login", "ROOT LOGIN (root) ON ttyC0"),
    ("audit", "USER_LOGIN pid=3 uid=0 auid=1000 msg='op=login id=1000 addr=192.0.2.10 res=success'"),
    ("audit", '{"ID":"1.2:3","USER_LOGIN":{"op":"login","id":1000,"addr":"192.0.2.10","res":"success"}}'),
    (
        "audit",
        (
            'type=USER_CMD msg=audit(1.2:3): pid=3 uid=1000 auid=1000 msg=\'cwd="/" cmd=6964 '
            'exe="/usr/bin/sudo" terminal=pts/0 res=success\''
        ),
    ),
    (
        "audit",
        (
            "type=USER_START msg=audit(1.2:3): pid=3 uid=1000 auid=1000 msg='op=PAM:session_open "
            'acct="root" exe="/usr/bin/su" res=success\''
        ),
    ),
    ("auditbeat", "Login by user alice (UID: 1000) on pts/0 (PID: 3) from 192.0.2.10"),
    ("auditbeat", '{"auditd":{"message_type":"user_login","result":"success"},"user":{"name":"alice"}}'),
    ("win", "4624: Ein Konto wurde erfolgreich angemeldet.\r\nAnmeldetyp:\t\t10\r\nKontoname: alice"),
    ("win", "4624: L\u2019ouverture de session d\u2019un compte. Type d\u2019ouverture de session :\t\t10"),
    ("win", '{"winlog":{"event_data":{"LogonType":"10","IpAddress":"192.0.2.10"}},"event":{"code":"4624"}}'),
    ("win", '{"EventID":4624,"Message":"Ein Konto wurde erfolgreich angemeldet.","LogonType":"2"}'),
    ("win", "<EventID>4624</EventID><EventData><Data Name='LogonType'>7</Data></EventData>"),
    ("win", "CEF:0|Microsoft|Windows||Security:4624|x|Low| cn1=10 cn1Label=LogonType duser=alice"),
    ("win", "Remote Desktop Services: Session logon succeeded: User: EXAMPLE\\alice"),
    ("win", "A member was added to a security-enabled local group. Group Name: Administrators"),
    (
        "switch",
        "User 'alice' authentication for SSH2 Session from 192.0.2.10 (tty = 0) using cipher Succeeded",
    ),
    ("switch", "%SYS-5-PRIV_AUTH_PASS: Privilege level set to 15 by alice on vty0 (192.0.2.10)"),
    ("firewall", 'Login permitted from 192.0.2.10/50022 to outside:192.0.2.1/ssh for user "alice"'),
    ("firewall", "User authentication succeeded: IP address: 192.0.2.10, Uname: alice"),
    ("router", "Successfully authenticated user 'alice' from '192.0.2.10' on 'vty0'"),
    ("mgd", "UI_LOGIN_EVENT: User 'alice' login, class 'super-user' [4], client-mode 'cli'"),
    ("switch", "user alice logged in [from: 192.0.2.10] [service: sshd]"),
    ("switch", "User 'alice' logged in from 192.0.2.10 to SSH session"),
    ("switch", "The SSH user succeeded in logging in. (UserName=alice, UserAddress=192.0.2.10)"),
    ("firewall", "User alice logged in via CLI from 192.0.2.10"),
    ("firewall", 'msg="Administrator alice logged in successfully from ssh(192.0.2.10)"'),
    (
        "f5",
        'sshd(pam_audit): user=alice(alice) partition=[All] tty=ssh host=192.0.2.10 attempts=1 start="x".',
    ),
    ("hostd", "Event 150 : SSH session was opened for 'root@192.0.2.10'."),
    ("pvedaemon", "<root@pam> successful auth for user 'alice@pam'"),
    ("tectia", "703 Auth_methods_successful, Username: alice"),
    ("sshd2", "User alice, coming from host.example.com, authenticated."),
    ("tailscaled", 'handling new SSH connection from alice@example.com (100.64.0.9) to ssh-user "root"'),
    ("teleport", '{"event":"session.start","code":"T2000I","user":"alice","login":"root"}'),
    ("xrdp-sesman", "[INFO ] Access permitted for user: alice"),
    ("in.rlogind", "pam_rhosts(rlogin:auth): allowed access to alice@host.example.com as root"),
    ("rshd", "alice@host.example.com as root: cmd='id'"),
    ("usermod", "add 'bob' to group 'sudo'"),
    ("gpasswd", "user bob added by root to group wheel"),
    ("useradd", "new user: name=bob, UID=0, GID=0, home=/root, shell=/bin/bash"),
]


@pytest.mark.parametrize(("program", "message"), GETTING_IN)
def test_every_way_to_get_in_is_quarantined_where_no_rule_is_about_it(program: str, message: str) -> None:
    nothing = rules_of("- {name: other, title: Other, folds_people: true, program: other, pattern: '^x$'}")
    for raw in (message, json.dumps({"text": message}), json.dumps({"log": json.dumps({"a": message})})):
        verdict = nothing.judge(record(message, raw=raw, program=program))
        assert isinstance(verdict, Quarantined), raw
        assert "no rule took it" in verdict.reason
        assert "alice" not in verdict.reason
        # Under a key that nobody looks at, and from whatever program the shipper says.
        if "session opened" not in message and program != "su":
            assert isinstance(nothing.judge(record("-", raw=raw, program="other")), Quarantined), raw


NOBODYS_BUSINESS = [
    ("CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"),
    ("CRON", "pam_unix(cron:session): session opened for user root by (uid=0)"),
    ("crond", "pam_unix(crond:session): session opened for user root by (uid=0)"),
    ("crond(pam_unix)", "session opened for user root by (uid=0)"),
    ("systemd", "pam_unix(systemd-user:session): session opened for user alice(uid=1000) by alice(uid=0)"),
    ("su", "pam_unix(su-l:session): session opened for user postgres(uid=105) by (uid=0)"),
    ("runuser", "pam_unix(runuser:session): session opened for user postgres by (uid=0)"),
    ("sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by root(uid=0)"),
    ("sudo", "pam_unix(sudo:session): session closed for user root"),
    ("su", "FAILED SU (to root) alice on pts/0"),
    ("su", "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty=pts/0 user=root"),
    ("systemd-logind", "New session 7 of user alice."),
    ("sshd", "Failed password for alice from 192.0.2.10 port 50000 ssh2"),
    ("sshd", "Invalid user (to root) x on pts/0 from 192.0.2.10 port 50000"),
    ("sshd", "Invalid user USER=a ; COMMAND=b from 192.0.2.10 port 50000"),
    ("dropbear", "Bad password attempt for 'root' from 192.0.2.10:50000"),
    ("dropbear", "Login attempt for nonexistent user from 192.0.2.10:50000"),
    ("nginx", '192.0.2.10 - - [05/Nov/2026:10:00:00 +0000] "GET /login?to=root HTTP/1.1" 200 7 "-" "x"'),
    ("nginx", '192.0.2.10 - - "GET /?COMMAND=id&USER=root HTTP/1.1" 404'),
    ("CRON", "(root) CMD (sudo -u postgres /usr/local/bin/backup)"),
    ("app", "user alice logged in from 192.0.2.10"),
    ("app", "moved a to b on /dev/sda"),
    ("dovecot", "imap-login: Login: user=<alice>, method=PLAIN, rip=192.0.2.10"),
    ("win", "An account was successfully logged on.\r\nLogon Type:\t\t3\r\nNew Logon:"),
    ("audit", 'type=USER_LOGIN msg=audit(1.2:3): pid=1 uid=0 acct="root" res=failed\''),
    ("kernel", "usb 1-1: new high-speed USB device"),
    ("app", "session of user alice opened, request 4624 took 10 ms"),
    ("win", '{"winlog":{"event_data":{"LogonType":"3"}},"event":{"code":"4624"}}'),
    ("audit", 'type=USER_START msg=audit(1.2:3): auid=0 exe="/usr/sbin/crond" res=success\''),
    ("audit", 'type=USER_START msg=audit(1.2:3): auid=4294967295 exe="/usr/bin/su" res=success\''),
    ("audit", 'type=USER_CMD msg=audit(1.2:3): auid=4294967295 exe="/usr/bin/sudo" res=success\''),
    ("audit", 'type=USER_CMD msg=audit(1.2:3): auid=1000 exe="/usr/bin/sudo" res=failed\''),
    ("useradd", "new user: name=postfix, UID=112, GID=117, home=/var/spool/postfix, shell=/usr/sbin/nologin"),
    ("usermod", "add 'www-data' to group 'ssl-cert'"),
    ("usermod", "add 'bob' to shadow group 'sudo'"),
    ("f5", 'sshd(pam_audit): user=alice(alice) tty=ssh host=192.0.2.10 start="x" end="y".'),
    ("app", "user 42 logged in from the web"),
    ("app", "202 Successfully authenticated request of api-key 7"),
    ("sshd", "Server listening on 0.0.0.0 port 22."),
]


@pytest.mark.parametrize(("program", "message"), NOBODYS_BUSINESS)
def test_what_a_healthy_server_writes_all_day_does_not_fill_the_quarantine(
    program: str, message: str
) -> None:
    for raw in (message, json.dumps({"message": message, "program": program})):
        assert isinstance(verdict_on(message, raw, program=program), Unmatched)


def test_pams_sessions_are_quarantined_only_where_no_rule_judges_the_programs_own_lines() -> None:
    message = "pam_unix(su:session): session opened for user root by alice(uid=1000)"
    with_su = rules_of("- {name: su, title: su, folds_people: true, program: su, pattern: '^x$'}")
    assert isinstance(with_su.judge(record(message, program="su")), Unmatched)
    assert isinstance(SSH.judge(record(message, program="su")), Quarantined)


def test_the_reason_names_the_pack_that_is_missing() -> None:
    verdict = SSH.judge(record("alice : TTY=pts/0 ; USER=root ; COMMAND=/usr/bin/id", program="sudo"))
    assert isinstance(verdict, Quarantined)
    assert "that the pack sudo is in use" in verdict.reason
