"""What happens in the demo: made-up records, each with what there is to see."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from powertrip.net import utc_now

HOME, OFFICE, HOTEL, HOSTILE = "192.0.2.10", "198.51.100.44", "198.51.100.23", "203.0.113.77"
"""The addresses of the story; `outside` knows what is to be thought of each."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Some made-up records, and what to watch for."""

    story: str
    records: tuple[tuple[str, dict[str, Any]], ...]
    """Each with the source that it is posted to."""
    pause: float = 12.0
    """Seconds until the next scene."""


def scenes() -> Iterator[Scene]:
    """The story, each scene made at the moment it is asked for, so that its records are of now."""
    yield Scene(
        "Alice logs in to bastion-1. She is asked in a direct message: be Alice, and press Approve. The "
        "HIDS saw the login too, and is told.",
        _login_seen_by_both("alice", "bastion-1", HOME),
    )
    yield Scene(
        "The bot oswaldo logs in. Nobody can ask a bot, so #security is asked: be Carol.",
        _login("oswaldo", "build-3", OFFICE),
    )
    yield Scene(
        "Somebody tries to log in under a name that looks like a log line. It is no login: no card.",
        (
            _line(
                "bastion-1",
                "sshd",
                "Failed password for invalid user root from 203.0.113.99 port 22 ssh2 "
                "from 198.51.100.7 port 51234 ssh2",
            ),
        ),
        8,
    )
    yield Scene(
        "Bob logs in from an address of bad repute. Be Bob, and press Deny: #security hears at once.",
        _login("bob", "db-1", HOSTILE),
    )
    yield Scene("Alice stops the audit daemon with sudo.", (_sudo(),))
    yield Scene("Bob signs in to the AWS console without a second factor.", (_console_login(),))
    yield Scene(
        "root logs in to db-1. The policy wants a reason and a second person; nobody is mapped to root, so "
        "#security is asked: approve it as Carol, and then as Dana.",
        _login("root", "db-1", HOTEL),
    )
    yield Scene(
        "The HIDS saw a login to web-2 that never came through the logs. In 15 seconds it is asked about.",
        (_seen_by_hids("bob", "web-2", HOTEL, _port()),),
        30,
    )


def everyday(number: int) -> Scene:
    """One more ordinary login."""
    user, host = (("alice", "web-1"), ("bob", "web-2"), ("oswaldo", "build-3"))[number % 3]
    return Scene("", _login(user, host, f"192.0.2.{20 + number}"))


def _login(user: str, host: str, address: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    return (_line(host, "sshd", _accepted(user, address, _port())),)


def _login_seen_by_both(user: str, host: str, address: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    port = _port()
    return (
        _line(host, "sshd", _accepted(user, address, port)),
        _seen_by_hids(user, host, address, port),
    )


def _port() -> int:
    return 40000 + secrets.randbelow(20000)


def _accepted(user: str, address: str, port: int) -> str:
    key = "k9Qm1sXr0dW7pLZt3VbNcY5uHfG2aJ8eT6oRiSxM4wQ"
    return f"Accepted publickey for {user} from {address} port {port} ssh2: ED25519 SHA256:{key}"


def _line(host: str, program: str, message: str) -> tuple[str, dict[str, Any]]:
    return "demo", {"message": message, "host": host, "program": program, "time": utc_now().isoformat()}


def _sudo() -> tuple[str, dict[str, Any]]:
    message = "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/systemctl stop auditd"
    return _line("db-1", "sudo", message)


def _seen_by_hids(user: str, host: str, address: str, port: int) -> tuple[str, dict[str, Any]]:
    """An alert of Wazuh's rule 5715, as its integration posts it."""
    now = utc_now()
    return "wazuh", {
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}+0000",
        "rule": {"level": 3, "description": "sshd: authentication success.", "id": "5715"},
        "agent": {"id": "001", "name": host},
        "manager": {"name": "wazuh"},
        "id": f"{now.timestamp():.0f}.{port}",
        "full_log": f"{now:%b %d %H:%M:%S} {host} sshd[4711]: {_accepted(user, address, port)}",
        "predecoder": {"program_name": "sshd", "hostname": host},
        "location": "/var/log/auth.log",
    }


def _console_login() -> tuple[str, dict[str, Any]]:
    account = "111122223333"
    record = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{account}:user/bob",
            "accountId": account,
            "userName": "bob",
        },
        "eventTime": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "sourceIPAddress": OFFICE,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "No", "MobileVersion": "No"},
        "eventID": secrets.token_hex(16),
        "eventType": "AwsConsoleSignIn",
        "recipientAccountId": account,
    }
    return "cloudtrail", record
