"""One login that two sources tell of: the server, which signs what it says, and sshd in its log.

The port of the client names the connection, so nothing is guessed: user, address, port and host are equal,
and both say that it was at about the same time.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from powertrip.domain.event import Event
from powertrip.domain.hids_match import same_host

SIGNED = "login"
"""The action of what powertrip-login signs, as the pack `pam-login` names it."""
LOGGED = "ssh_login"
"""The action of what sshd logs, as the pack `ssh` names it."""
WITHIN = timedelta(minutes=2)
"""How far the two times may lie apart: the server's clock says both, and a log may be written late."""
ALIKE = timedelta(seconds=10)
"""How far the times of two records of one login in logs may lie apart. Further, and somebody else may have
taken the port after it, as they can on a machine that many log in from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What one of the two says of it."""

    user_name: str
    source_ip: str
    source_port: str
    host_name: str
    at: datetime


def login_of(event: Event) -> Login | None:
    """The login that an event's first record tells of, where it says all by which logins are told apart."""
    port = event.fields.get("source_port")
    if not (event.user_name and event.source_ip and event.host_name and port) or event.is_test:
        return None
    return Login(
        user_name=event.user_name,
        source_ip=event.source_ip,
        source_port=port,
        host_name=event.host_name,
        at=event.occurred_at,
    )


def is_told_of_twice(event: Event) -> bool:
    """Whether it may be one of the two of a pair."""
    has_part = event.session_number is not None or event.event_action == LOGGED
    return has_part and login_of(event) is not None


def is_one(one: Login, other: Login) -> bool:
    return (
        (one.user_name, one.source_ip, one.source_port)
        == (other.user_name, other.source_ip, other.source_port)
        and abs(one.at - other.at) <= WITHIN
        and same_host(one.host_name, other.host_name)
    )


def apart(fold_key: str, by: str) -> str:
    """A fold key that only what is `by` the same has."""
    return hashlib.sha256(f"{fold_key} {by}".encode()).hexdigest()
