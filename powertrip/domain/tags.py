"""The names in syslog headers: facilities, programs and hosts, and when two are of the same."""

FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "security", "console", "solaris-cron"),
    *(f"local{number}" for number in range(8)),
)
"""In the order of their numbers, as in RFC 5424 section 6.2.1 and syslog(3)."""


def is_same_host(one: str | None, other: str | None) -> bool:
    """Whether two names may be of one host: equal, one with its domain, or one not stated."""
    if not one or not other:
        return True
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def is_same_program(one: str | None, other: str | None) -> bool:
    """Whether two tags may be of one program: equal but for folder, instance and case, or one not stated."""
    return not one or not other or plain_program(one).lower() == plain_program(other).lower()


def plain_program(tag: str) -> str:
    """`sshd` for `sshd[812]:`, `/usr/sbin/sshd` and `sshd@1`."""
    name = tag.partition("[")[0].rstrip(": ")
    if name.startswith("/"):
        name = name.rpartition("/")[2]
    return name.partition("@")[0] or tag


_OTHER_NAMES = {"security/authorization": "auth", "log_auth": "auth", "log_authpriv": "authpriv"}
"""Logstash's and Graylog's, and those of syslog.h."""


def facility_name(stated: str) -> str:
    """The facility by name, in lower case, also where its number is stated."""
    known = stated.isascii() and stated.isdigit() and len(stated) < 3 and int(stated) < len(FACILITIES)
    return FACILITIES[int(stated)] if known else _OTHER_NAMES.get(stated.lower(), stated.lower())


def facility_of_pri(pri: str) -> str:
    """The name of the facility in a PRI, which is facility * 8 + severity (RFC 5424 section 6.2.1)."""
    return facility_name(str(int(pri) >> 3))
