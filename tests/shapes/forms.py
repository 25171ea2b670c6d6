"""One login, in the forms in which it reaches Powertrip: the lines of daemons, relays and runtimes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

WHEN = datetime(2026, 11, 5, 10, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 5, 10, 0, 30, tzinfo=UTC)
LOGIN = f"Accepted publickey for alice from 192.0.2.10 port 50022 ssh2: ED25519 SHA256:{'k' * 43}"
NEAR_MISS = "Accepted publickey for alice from 192.0.2.10 porrt 50022 ssh2"
HOST = "bastion-1"
PLACE = "@LOGIN@"
"""Stands for the message in every form."""


@dataclass(frozen=True)
class Form:
    """A line or an object, and what it says of the login."""

    name: str
    value: Any
    host: str | None = HOST
    when: datetime | None = WHEN

    def holding(self, message: str) -> Any:
        """The form with a message in it."""
        return _filled(self.value, message)


def _filled(value: Any, message: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(part, message) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, message) for part in value]
    if not isinstance(value, str):
        return value
    # Within JSON that is text, as JSON writes it.
    return value.replace(f'"{PLACE}"', json.dumps(message)).replace(PLACE, message)


def line(name: str, header: str, *, ends: str = "", **says: Any) -> Form:
    """A line whose header is this."""
    return Form(name, header + PLACE + ends, **says)


ISO = "2026-11-05T10:00:00Z"
LINES = (
    line("RFC 3164", "<38>Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("no PRI", "Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("one blank before the day", "Nov 5 10:00:00 bastion-1 sshd[1]: "),
    line("day with a nought", "Nov 05 10:00:00 bastion-1 sshd[1]: "),
    line("year first", "2026 Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("year behind the day", "Nov  5 2026 10:00:00 bastion-1 sshd[1]: "),
    line("year behind the time", "Nov  5 10:00:00 2026 bastion-1 sshd[1]: "),
    line("date(1)", "Thu Nov  5 10:00:00 UTC 2026 bastion-1 sshd[1]: "),
    line("ctime(3)", "Thu Nov  5 10:00:00 2026 bastion-1 sshd[1]: "),
    line("zone by name", "Nov  5 11:00:00 CET bastion-1 sshd[1]: "),
    line("zone by offset", "Nov  5 11:00:00+01:00 bastion-1 sshd[1]: "),
    line("zone by offset, apart", "Nov  5 04:30:00 -0530 bastion-1 sshd[1]: "),
    line("fraction", "Nov  5 10:00:00.000000 bastion-1 sshd[1]: "),
    line("fraction with a comma", "Nov  5 10:00:00,000 bastion-1 sshd[1]: "),
    line("colon behind the time", "Nov  5 10:00:00: bastion-1 sshd[1]: "),
    line("month in capitals", "NOV  5 10:00:00 bastion-1 sshd[1]: "),
    line("RFC 3339", f"<86>{ISO} bastion-1 sshd[1]: "),
    line("RFC 3339 with microseconds", "2026-11-05T11:00:00.000000+01:00 bastion-1 sshd[1]: "),
    line("compact zone", "2026-11-05T10:00:00+0000 bastion-1 sshd[1]: "),
    line("ISO with a blank", "2026-11-05 10:00:00 bastion-1 sshd[1]: "),
    line("ISO with a comma", "2026-11-05 10:00:00,000 bastion-1 sshd[1]: "),
    line("ISO without a zone", "2026-11-05T10:00:00 bastion-1 sshd[1]: "),
    line("ISO with a zone apart", "2026-11-05 11:00:00 +0100 bastion-1 sshd[1]: "),
    line("ISO with UTC behind", "2026-11-05 10:00:00 UTC bastion-1 sshd[1]: "),
    line("ISO with slashes", "2026/11/05 10:00:00 bastion-1 sshd[1]: "),
    line("ISO in brackets", "[2026-11-05 10:00:00] bastion-1 sshd[1]: "),
    line("ISO without hyphens", "20261105T100000Z bastion-1 sshd[1]: "),
    line("ISO by week", "2026-W45-4T10:00:00Z bastion-1 sshd[1]: "),
    line("web server's time", "05/Nov/2026:10:00:00 +0000 bastion-1 sshd[1]: "),
    line("Unix time", "1793872800 bastion-1 sshd[1]: "),
    line("Unix time with a fraction", "1793872800.000000 bastion-1 sshd[1]: "),
    line("Unix time in milliseconds", "1793872800000 bastion-1 sshd[1]: "),
    line("journalctl short-full", "Thu 2026-11-05 10:00:00 UTC bastion-1 sshd[1]: "),
    line("journalctl short-monotonic", "[   12.345678] bastion-1 sshd[1]: ", when=None),
    line("RFC 5424", f"<38>1 {ISO} bastion-1 sshd 1 - - "),
    line("RFC 5424, rsyslog's blank", f"<38>1 {ISO} bastion-1 sshd 1 - -  "),
    line("RFC 5424 with a BOM", f"<38>1 {ISO} bastion-1 sshd 1 ID47 - \ufeff"),
    line("RFC 5424 with data", f'<38>1 {ISO} bastion-1 sshd 1 - [a@1 k="x\\"]y" l="z"][b@1] '),
    line("RFC 5424 without data", f"<38>1 {ISO} bastion-1 sshd 1 - "),
    line("RFC 5424 without PRI", f"1 {ISO} bastion-1 sshd 1 - - "),
    line("RFC 5424 without version", f"{ISO} bastion-1 sshd 1 - - "),
    line("RFC 5424 without a time", "<38>1 - bastion-1 sshd 1 - - ", when=None),
    line("octet-counted RFC 5424", f"198 <38>1 {ISO} bastion-1 sshd 1 - - "),
    line("octet-counted RFC 3164", "150 <38>Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("RFC 5424 in a relay's header", f"Nov  5 10:00:07 relay-1 <38>1 {ISO} bastion-1 sshd 1 - - "),
    line("RFC 5424 in a relay's, no PRI", f"<38>Nov  5 10:00:07 relay-1 1 {ISO} bastion-1 sshd 1 - - "),
    line(
        "RFC 3164 in RFC 5424",
        "<38>1 2026-11-05T10:00:07Z relay-1 - - - - <38>Nov  5 10:00:00 bastion-1 sshd[1]: ",
    ),
    line("a blank behind the PRI", "<38> Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("CEE", '@cee: {"pname":"sshd","host":"bastion-1","time":"2026-11-05T10:00:00Z","msg":"', ends='"}'),
    line("CEE behind a header", 'Nov  5 10:00:00 bastion-1 sshd[1]: @cee: {"msg":"', ends='"}'),
    line("JSON behind a header", 'Nov  5 10:00:00 bastion-1 sshd[1]: {"message":"', ends='"}'),
    line("two RFC 3164 headers", "<38>Nov  5 10:00:07 relay-1 Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("a header twice", "Nov  5 10:00:00 bastion-1 sshd[1]: Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("a tag twice", "Nov  5 10:00:00 bastion-1 sshd[1]: sshd[1]: "),
    line("BusyBox", "Nov  5 10:00:00 bastion-1 auth.info sshd[1]: "),
    line("OpenWrt logread", "Thu Nov  5 10:00:00 2026 authpriv.info sshd[1]: ", host=None),
    line("FreeBSD -v", "Nov  5 10:00:00 <4.6> bastion-1 sshd[1]: "),
    line("FreeBSD -vv", "Nov  5 10:00:00 <auth.info> bastion-1 sshd[1]: "),
    line("Solaris", "Nov  5 10:00:00 bastion-1 sshd[1]: [ID 800047 auth.info] "),
    line("AIX", "Nov  5 10:00:00 bastion-1 auth|security:info sshd[1]: "),
    line("AIX, forwarded", "Nov  5 10:00:00 relay-1 Message forwarded from bastion-1: sshd[1]: "),
    line("macOS log", "2026-11-05 11:00:00.000000+0100  bastion-1 sshd[1]: "),
    line("tag with a path", "Nov  5 10:00:00 bastion-1 /usr/sbin/sshd[1]: "),
    line("tag in capitals", "Nov  5 10:00:00 bastion-1 SSHD[1]: "),
    line("tag of an instance", "Nov  5 10:00:00 bastion-1 sshd@1[2]: "),
    line("tag without a pid", "Nov  5 10:00:00 bastion-1 sshd: "),
    line("tag without a colon", "Nov  5 10:00:00 bastion-1 sshd[1] "),
    line("tag without either", "Nov  5 10:00:00 bastion-1 sshd "),
    line("tag of OpenSSH 9.8", "Nov  5 10:00:00 bastion-1 sshd-session[1]: "),
    line("empty pid", "Nov  5 10:00:00 bastion-1 sshd[]: "),
    line("no host", "<38>Nov  5 10:00:00 sshd[1]: ", host=None),
    line("no time", "bastion-1 sshd[1]: ", when=None),
    line("no time, with PRI", "<38>bastion-1 sshd[1]: ", when=None),
    line("neither time nor host", "sshd[1]: ", host=None, when=None),
    line("PRI and tag", "<38>sshd[1]: ", host=None, when=None),
    line("PRI alone", "<38>", host=None, when=None),
    line("a name for a tag", "sshd: ", host=None, when=None),
    line("nothing but the message", "", host=None, when=None),
    line("tabs", "Nov  5 10:00:00\tbastion-1\tsshd[1]:\t"),
    line("blanks in front", "   Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("a BOM in front", "\ufeffNov  5 10:00:00 bastion-1 sshd[1]: "),
    line("CR behind", "Nov  5 10:00:00 bastion-1 sshd[1]: ", ends="\r"),
    line("CR LF behind", "Nov  5 10:00:00 bastion-1 sshd[1]: ", ends="\r\n"),
    line("blanks behind", "Nov  5 10:00:00 bastion-1 sshd[1]: ", ends=" \t "),
    line(
        "full name of the host",
        "Nov  5 10:00:00 bastion-1.example.com sshd[1]: ",
        host="bastion-1.example.com",
    ),
    line("IPv4 for a host", "Nov  5 10:00:00 198.51.100.7 sshd[1]: ", host="198.51.100.7"),
    line("IPv6 for a host", "Nov  5 10:00:00 2001:db8::7 sshd[1]: ", host="2001:db8::7"),
    line("CRI", "2026-11-05T10:00:00.000000000Z stdout F ", host=None),
    line("CRI with a header", "2026-11-05T10:00:00.000000000Z stderr F Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("docker logs -t", "2026-11-05T10:00:00.000000000Z ", host=None),
    line(
        "Wazuh's archives",
        "2026 Nov 05 10:00:07 (web) any->/var/log/auth.log Nov  5 10:00:00 bastion-1 sshd[1]: ",
    ),
)

DOUBTFUL = (
    line("another program's text", "Nov  5 10:00:00 bastion-1 app[7]: Nov  5 10:00:00 vault-1 sshd[1]: "),
    line("another program's tag", "Nov  5 10:00:00 bastion-1 app[7]: sshd[1]: "),
    line("same program, other host", "Nov  5 10:00:00 relay-1 sshd[1]: Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line(
        "another program's JSON", 'Nov  5 10:00:00 bastion-1 app[7]: {"program":"sshd","message":"', ends='"}'
    ),
    line("another host's JSON", 'Nov  5 10:00:00 web-1 sshd[7]: {"host":"vault-1","message":"', ends='"}'),
    line("log level", "[INFO] "),
    line("log level with a date", "2026-11-05 10:00:00,123 INFO sshd: "),
    line("log4j", "2026-11-05 10:00:00,123 INFO  [main] sshd - "),
    line("AM or PM", "Nov  5 10:00:00 PM sshd[1]: "),
    line("a colon behind the host", "Nov  5 10:00:00 bastion-1: sshd[1]: "),
    line("two names", "Nov  5 10:00:00 one two sshd[1]: "),
    line("a host and no tag", "Nov  5 10:00:00 bastion-1 "),
    line("a time and no tag", "Nov  5 10:00:00 "),
    line("a unit for a tag", "Nov  5 10:00:00 bastion-1 ssh.service[1]: "),
    line("dashes", "-- "),
    line("colours", "\x1b[32mNov  5 10:00:00\x1b[0m bastion-1 sshd[1]: "),
    line("NBSP", "Nov\xa0 5 10:00:00 bastion-1 sshd[1]:\xa0"),
    line("CEF", "CEF:0|OpenBSD|OpenSSH|9.8|accept|login|3|msg="),
    line("LEEF", "LEEF:2.0|OpenBSD|OpenSSH|9.8|accept|msg="),
    line("logfmt", 'time=2026-11-05T10:00:00Z host=bastion-1 app=sshd msg="', ends='"'),
    line("XML", "<event host='bastion-1'>", ends="</event>"),
    line("CSV", '"2026-11-05 10:00:00","bastion-1","sshd","', ends='"'),
    line("quoted", "'", ends="'"),
    line("a forged user", "Nov  5 10:00:00 bastion-1 app[7]: Invalid user sshd[1]: "),
    line("socklog", "2026-11-05_10:00:00.12345 auth.info: Nov  5 10:00:00 sshd[1]: "),
    line("macOS log, compact", "2026-11-05 10:00:00.123 Df sshd[1:2a] "),
    line("facility of a user", "<13>Nov  5 10:00:00 bastion-1 sshd[1]: "),
    line("facility of a user, BusyBox", "Nov  5 10:00:00 bastion-1 user.notice sshd[1]: "),
)
"""Lines of which it is not sure who wrote them, on which host: none may be an event, and none silent."""
