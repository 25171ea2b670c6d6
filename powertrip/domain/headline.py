"""Which fields of an event stand beside its title: those that decide whether it is right."""

from collections.abc import Iterable

USUAL = (
    *("command", "event_name", "operation", "github_event", "github_action", "event_type", "alert", "change"),
    *("login", "role", "target_user", "target", "permission", "after", "detail", "summary", "resource"),
)
"""Decisive wherever a rule names them, in this order."""
BESIDES = frozenset(
    {
        *("user_name", "host_name", "source_ip", "source_port", "source_domain", "event_outcome"),
        *("method", "key_type", "key_fingerprint", "cert_id", "cert_serial", "ca_fingerprint", "mfa"),
        *("remote_user", "opened_by", "claimed_name", "warning", "operation_id"),
        *("tty", "pid", "uid", "session", "working_directory", "user_agent", "url", "region"),
    }
)
"""Fields that say who, from where and how; what was done is among the others."""
SHOWN_OF_OTHERS = 2


def default(names: Iterable[str]) -> tuple[str, ...]:
    """The decisive ones among `names`: the usual ones, or else the first that say more than who and how."""
    known = tuple(names)
    usual = tuple(name for name in USUAL if name in known)
    return usual or tuple(name for name in known if name not in BESIDES)[:SHOWN_OF_OTHERS]
