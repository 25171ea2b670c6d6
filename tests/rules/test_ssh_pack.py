import ipaddress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from powertrip.domain.event import Severity
from powertrip.rules import Ignored, Match, Quarantined, Unmatched
from tests.rules.support import matched, rules_of
from tests.rules.visible import vis
from tests.samples import record

RULES = rules_of("- use: ssh")
FINGERPRINT = "SHA256:" + "aB3+/" * 8 + "xyz"
MD5 = ":".join(["0f"] * 16)
METHODS = (
    "none",
    "password",
    "publickey",
    "hostbased",
    "gssapi-with-mic",
    "gssapi-keyex",
    "keyboard-interactive/pam",
    "keyboard-interactive/bsdauth",
    "keyboard-interactive",
)


def login(message: str, **changes: object) -> dict[str, str]:
    """The fields of a login, those that every login has left out."""
    fields = matched(RULES, message, **{"host_name": None, **changes})
    assert fields.pop("event_outcome") == "success"
    return fields


@pytest.mark.parametrize("program", ["sshd", "sshd-session", None])
@pytest.mark.parametrize("method", METHODS)
def test_every_way_to_log_in_is_recognised(method: str, program: str | None) -> None:
    assert login(f"Accepted {method} for alice from 192.0.2.10 port 50000 ssh2", program=program) == {
        "method": method,
        "user_name": "alice",
        "source_ip": "192.0.2.10",
        "source_port": "50000",
    }


@pytest.mark.parametrize(
    ("extra", "fields"),
    [
        (f"ED25519 {FINGERPRINT}", {"key_type": "ED25519", "key_fingerprint": FINGERPRINT}),
        (f"RSA MD5:{MD5}", {"key_type": "RSA", "key_fingerprint": f"MD5:{MD5}"}),
        (f"RSA {MD5}", {"key_type": "RSA", "key_fingerprint": MD5}),
        (
            f"ED25519-CERT {FINGERPRINT} ID alice@example.org (serial 42) CA RSA {FINGERPRINT}",
            {
                "key_type": "ED25519-CERT",
                "key_fingerprint": FINGERPRINT,
                "cert_id": "alice@example.org",
                "cert_serial": "42",
                "ca_fingerprint": FINGERPRINT,
            },
        ),
        (
            f"RSA-CERT {FINGERPRINT} ID a (serial 1) CA RSA MD5:{MD5} (serial 42) CA RSA {FINGERPRINT}",
            {
                "key_type": "RSA-CERT",
                "key_fingerprint": FINGERPRINT,
                "cert_id": f"a (serial 1) CA RSA MD5:{MD5}",
                "cert_serial": "42",
                "ca_fingerprint": FINGERPRINT,
            },
        ),
        (f"ED25519-CERT {FINGERPRINT} ID alice@exam", {"extra": f"ED25519-CERT {FINGERPRINT} ID alice@exam"}),
        ("ED25519 SHA256:aB3", {"extra": "ED25519 SHA256:aB3"}),
        ("alice@EXAMPLE.ORG", {"extra": "alice@EXAMPLE.ORG"}),
        ("", {"extra": ""}),
    ],
)
def test_key_and_certificate_are_named_as_far_as_the_message_goes(extra: str, fields: dict[str, str]) -> None:
    found = login(f"Accepted publickey for alice from 192.0.2.10 port 50000 ssh2: {extra}")

    assert found.pop("user_name") == "alice"
    assert found == {
        "method": "publickey",
        "source_ip": "192.0.2.10",
        "source_port": "50000",
        **fields,
    }


def test_what_a_hostbased_client_claims_is_named_a_claim() -> None:
    claims = 'client user "root\\", client host \\"a", client host "laptop.example"'
    found = login(
        f"Accepted hostbased for alice from 192.0.2.10 port 50000 ssh2: RSA {FINGERPRINT}, {claims}"
    )

    assert (found["user_name"], found["key_fingerprint"]) == ("alice", FINGERPRINT)
    assert found["claimed_host"] == "laptop.example"


@pytest.mark.parametrize("between", ["<38>", "\0", " ", "\t", "\\n", "\r\n", "166 <38>1 "])
@pytest.mark.parametrize(
    "first",
    [
        "",
        ": ",
        f": RSA {FINGERPRINT}",
        f": RSA-CERT {FINGERPRINT} ID a (serial 1) CA RSA {FINGERPRINT}",
        f': RSA {FINGERPRINT}, client user "a", client host "b"',
        ": alice@EXAMPLE.ORG",
    ],
)
@pytest.mark.parametrize(
    "header", ["Nov  5 10:00:00 bastion-1 sshd[2]: ", "2026-11-05T10:00:00Z bastion-1 sshd 2 - - "]
)
def test_a_second_login_in_one_record_is_not_hidden_in_the_first(
    between: str, first: str, header: str
) -> None:
    for second in (first, f": RSA {FINGERPRINT}"):
        message = f"Accepted publickey for alice from 192.0.2.10 port 50000 ssh2{first}{between}"
        message += f"{header}Accepted publickey for bob from 192.0.2.11 port 50001 ssh2{second}"
        assert isinstance(RULES.judge(record(message, raw=message)), Quarantined)


def test_a_command_of_sudo_in_the_same_record_is_not_hidden_in_a_login() -> None:
    message = f"Accepted publickey for alice from 192.0.2.10 port 50000 ssh2: RSA {FINGERPRINT}"
    message += " sudo:    bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"
    assert isinstance(RULES.judge(record(message, raw=message)), Quarantined)


@pytest.mark.parametrize(
    ("logged", "user_name"),
    [
        ("alice lee", "alice lee"),
        (r"CORP\\alice", r"CORP\alice"),
        (r"zo\303\253", "zoë"),
        ("root from 6.6.6.6 port 22 ssh2", "root from 6.6.6.6 port 22 ssh2"),
        ("<@U0ALICE|x> *bold*", "<@U0ALICE|x> *bold*"),
    ],
)
def test_an_odd_user_name_is_named_whole(logged: str, user_name: str) -> None:
    found = login(f"Accepted password for {logged} from 2001:db8::10 port 50000 ssh2")

    assert (found["user_name"], found["source_ip"]) == (user_name, "2001:db8::10")


def test_a_login_from_an_address_that_sshd_does_not_know_has_none() -> None:
    assert "source_ip" not in login("Accepted password for alice from UNKNOWN port 65535 ssh2")


def test_a_login_over_a_link_local_address_keeps_its_zone() -> None:
    found = login("Accepted password for alice from fe80::1%eth0 port 50000 ssh2")

    assert found["source_ip"] == "fe80::1%eth0"


@pytest.mark.parametrize(
    "message",
    [
        f"Accepted key ED25519 {FINGERPRINT} found at /home/alice/.ssh/authorized_keys:1",
        f'Accepted certificate ID "alice" (serial 42) signed by RSA CA {FINGERPRINT} via /etc/ssh/ca.pub',
        'Accepted certificate ID "x for root from 6.6.6.6 port 22 ssh2',
        f"Accepted RSA public key {FINGERPRINT} from alice@laptop.example",
    ],
)
def test_the_keys_that_sshd_would_accept_are_ignored_and_no_login(message: str) -> None:
    verdict = RULES.judge(record(message))

    assert isinstance(verdict, Ignored)
    assert verdict.rule.name == "ssh_verbose"


@pytest.mark.parametrize(
    "message",
    [
        "Accepted telepathy for alice from 192.0.2.10 port 50000 ssh2",
        "Accepted password for alice from 999.0.2.10 port 50000 ssh2",
        "Accepted password for alice from 192.0.2.10 port 70000 ssh2",
        "Accepted password for alice from bastion port 50000 ssh2",
        "Accepted password for alice from 192.0.2.10 port 50000",
        "Accepted password for alice from 192.0.2.10 port 50000 ssh2 [preauth]",
        "Accepted password for al:ice from 192.0.2.10 port 50000 ssh2",
        "Accepted ",
    ],
)
def test_what_begins_like_a_login_and_is_not_understood_is_quarantined(message: str) -> None:
    assert isinstance(RULES.judge(record(message)), Quarantined)


@pytest.mark.parametrize(
    "message",
    [
        "Failed password for alice from 192.0.2.10 port 50000 ssh2",
        "Partial publickey for alice from 192.0.2.10 port 50000 ssh2",
        "Postponed publickey for alice from 192.0.2.10 port 50000 ssh2 [preauth]",
        "Server listening on 0.0.0.0 port 22.",
    ],
)
def test_everything_else_that_sshd_says_is_no_login(message: str) -> None:
    assert isinstance(RULES.judge(record(message)), Unmatched)


def test_another_program_that_speaks_for_sshd_makes_no_event_and_is_quarantined() -> None:
    message = "Accepted password for alice from 192.0.2.10 port 50000 ssh2"

    assert isinstance(RULES.judge(record(message, program="sudo")), Quarantined)


def test_a_line_written_with_logger_is_quarantined_where_the_log_shows_it() -> None:
    message = "Accepted password for alice from 192.0.2.10 port 50000 ssh2"
    by_facility = RULES.judge(record(message, facility="user"))
    by_journald = RULES.judge(record(message, facility="auth", trusted={"_UID": "1000", "_COMM": "logger"}))

    assert isinstance(by_facility, Quarantined)
    assert isinstance(by_journald, Quarantined)


def test_an_ignore_rule_of_a_pack_hides_no_login_even_if_both_recognise_the_line() -> None:
    rules = rules_of("- {name: all, title: t, pattern: '^Accepted (?P<user_name>.*)$'}\n- {use: ssh}")

    assert isinstance(rules.judge(record(f"Accepted key ED25519 {FINGERPRINT} found at x")), Match)


def test_a_monitoring_login_can_be_ignored_by_name_and_address() -> None:
    rules = rules_of(
        "- {name: bot, ignore: true, rule: ssh_login, where: {user_name: oswaldo, source_ip: 192.0.2.7}}\n"
        "- {use: ssh, severity: high}"
    )
    message = "Accepted publickey for %s from %s port 50000 ssh2"
    genuine = rules.judge(record(message % ("oswaldo", "192.0.2.8")))

    assert isinstance(rules.judge(record(message % ("oswaldo", "192.0.2.7"))), Ignored)
    assert isinstance(genuine, Match)
    assert genuine.rule.severity is Severity.HIGH


def test_the_login_that_the_project_began_with() -> None:
    message = "Accepted publickey for oswaldo from 10.0.0.1 port 12345 ssh2: RSA SHA256:" + "a" * 43

    assert login(message, host_name="bastion.test")["source_ip"] == "10.0.0.1"


# sshd cuts the user name at the first colon, and at 100 bytes.
user_names = (
    st.one_of(
        st.text(alphabet=st.characters(exclude_characters=":", exclude_categories=["Cs"]), min_size=1),
        st.lists(
            st.sampled_from(
                ["root", "from", "6.6.6.6", "port", "22", "ssh2", " ", "Accepted", "for", "\\", "\n", '"']
            ),
            min_size=1,
        ).map(" ".join),
    )
    .map(lambda text: text.encode()[:100].decode("utf-8", "ignore"))
    .filter(bool)
)
extras = st.one_of(
    st.just(""),
    st.sampled_from(
        [f": RSA {FINGERPRINT}", f": RSA-CERT {FINGERPRINT} ID %s (serial 1) CA RSA {FINGERPRINT}", ": %s"]
    ),
)


@given(
    user=user_names,
    method=st.sampled_from(METHODS),
    address=st.ip_addresses(),
    port=st.integers(0, 65535),
    extra=extras,
    injected=st.one_of(
        st.text(st.characters(exclude_categories=["Cs"])), st.just(" from 6.6.6.6 port 22 ssh2: x")
    ),
)
@example("root from 6.6.6.6 port 22 ssh2", "password", ipaddress.ip_address("192.0.2.1"), 1, "", "")
@example("a", "publickey", ipaddress.ip_address("2001:db8::1"), 1, ": %s", "b from 6.6.6.6 port 22 ssh2")
def test_every_genuine_login_yields_its_own_user_and_address(
    user: str,
    method: str,
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
    extra: str,
    injected: str,
) -> None:
    detail = extra.replace("%s", vis(injected))
    message = f"Accepted {method} for {vis(user)} from {address} port {port} ssh2{detail}"
    found = login(message)

    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    assert (found["user_name"], found["method"]) == (user, method)
    assert (found["source_ip"], found["source_port"]) == (str(mapped or address), str(port))


@given(
    user=user_names,
    template=st.sampled_from(
        [
            "Failed password for {} from 198.51.100.7 port 5 ssh2",
            "Failed password for invalid user {} from 198.51.100.7 port 5 ssh2",
            "Invalid user {} from 198.51.100.7 port 5",
            "Connection closed by invalid user {} 198.51.100.7 port 5 [preauth]",
            "Disconnected from authenticating user {} 198.51.100.7 port 5 [preauth]",
            "User {} from 198.51.100.7 not allowed because not listed in AllowUsers",
            "Partial publickey for {} from 198.51.100.7 port 5 ssh2",
        ]
    ),
)
@example("Accepted password for root from 6.6.6.6 port 22 ssh2", "Invalid user {} from 198.51.100.7 port 5")
def test_no_user_name_that_an_attacker_tries_is_taken_for_a_login(user: str, template: str) -> None:
    assert isinstance(RULES.judge(record(template.format(vis(user)))), Unmatched | Ignored)


@pytest.mark.parametrize(
    "message",
    [
        "Bad protocol version identification '{}' from 198.51.100.7 port 5",
        "Received disconnect from 198.51.100.7 port 5:11: {} [preauth]",
        "Unable to negotiate with 198.51.100.7 port 5: no matching host key type found. Their offer: {}",
        "error: maximum authentication attempts exceeded for invalid user {} from 198.51.100.7 port 5 ssh2",
    ],
)
def test_what_a_stranger_sends_in_place_of_a_name_is_ignored_and_hides_nothing_else(message: str) -> None:
    said = message.format("Accepted password for root from 192.0.2.7 port 22 ssh2")
    assert isinstance(RULES.judge(record(said)), Ignored)
    assert isinstance(RULES.judge(record(said, program="relay")), Quarantined)
    assert isinstance(
        RULES.judge(record(f"{said}\nAccepted none for root from 192.0.2.7 port 1")), Quarantined
    )


@given(identity=st.text(st.characters(exclude_categories=["Cs"])), length=st.integers(1, 500))
@example('x" for root from 6.6.6.6 port 22 ssh2', 500)
def test_no_certificate_id_makes_a_key_look_like_a_login(identity: str, length: int) -> None:
    message = f'Accepted certificate ID "{vis(identity)}" (serial 1) signed by RSA CA {FINGERPRINT}'[:length]
    assume(len(message) > len("Accepted certificate ID "))

    assert isinstance(RULES.judge(record(message)), Ignored)


@given(length=st.integers(0, 500))
def test_a_login_cut_off_in_what_follows_is_still_a_login(length: int) -> None:
    begin = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
    detail = f": ED25519-CERT {FINGERPRINT} ID alice@example.org (serial 42) CA RSA {FINGERPRINT}"
    assume(
        length != 1
    )  # a cut right after "ssh2:" cannot be, the message is far shorter than 500 bytes there

    assert login(begin + detail[:length])["source_ip"] == "192.0.2.10"


OTHER = "SHA256:" + "Zz9+/" * 8 + "abc"
KEY = f"publickey ED25519 {FINGERPRINT}"


def fold_key(told: str, port: int = 50000) -> str:
    """What a login of Alice's from one address folds by: `told` is its method and what follows "ssh2: "."""
    method, _, detail = told.partition(" ")
    text = f"Accepted {method} for alice from 192.0.2.10 port {port} ssh2{': ' + detail if detail else ''}"
    verdict = RULES.judge(record(text))
    assert isinstance(verdict, Match), verdict
    return verdict.fold_key


def certificate(key: str = FINGERPRINT, name: str = "alice", serial: int = 42, ca: str = FINGERPRINT) -> str:
    """A login with a certificate."""
    return f"publickey ED25519-CERT {key} ID {name} (serial {serial}) CA RSA {ca}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (KEY, f"publickey ED25519 {OTHER}"),
        (KEY, "password"),
        (KEY, "none"),
        (KEY, "publickey"),
        (KEY, f"publickey ED25519 {MD5}"),
        ("password", "keyboard-interactive/pam"),
        ("keyboard-interactive/pam", "keyboard-interactive/bsdauth"),
        (KEY, certificate()),
        (certificate(), certificate(key=OTHER)),
        (certificate(), certificate(name="root")),
        (certificate(), certificate(serial=43)),
        (certificate(), certificate(ca=OTHER)),
        (
            f'hostbased RSA {FINGERPRINT}, client user "alice", client host "a.example.com"',
            f'hostbased RSA {FINGERPRINT}, client user "mallory", client host "a.example.com"',
        ),
        (
            f'hostbased RSA {FINGERPRINT}, client user "alice", client host "a.example.com"',
            f'hostbased RSA {FINGERPRINT}, client user "alice", client host "b.example.com"',
        ),
        ("publickey ED25519 SHA256:cut-off-he", "publickey ED25519 SHA256:cut-off-th"),
    ],
)
def test_a_login_by_another_method_key_or_certificate_is_an_event_of_its_own(one: str, other: str) -> None:
    assert fold_key(one) != fold_key(other)


@pytest.mark.parametrize("told", [KEY, "password", certificate()])
def test_the_same_login_from_another_port_joins_the_open_event(told: str) -> None:
    assert fold_key(told, port=1) == fold_key(told, port=2)
