"""Parses a line of syslog text: RFC 5424, RFC 3164 and what programs write in their place.

Nothing here raises: a line of unknown form is a message with nothing else known.
"""

from dataclasses import dataclass

import re2

FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "security", "console", "solaris-cron"),
    *(f"local{number}" for number in range(8)),
)
"""In the order of their numbers, as in RFC 5424 section 6.2.1 and syslog(3)."""

# re2, for the lines come from strangers: no pattern may take more than linear time.
_PRI = re2.compile(r"(?s)<(?P<pri>[0-9]{1,3})>(?P<rest>.*)")
_VERSIONED = re2.compile(
    r"(?s)1 (?P<time>[^ ]+) (?P<host>[^ ]+) (?P<program>[^ ]+) (?P<process>[^ ]+) [^ ]+(?: (?P<rest>.*))?"
)
"""RFC 5424 section 6, after the PRI and up to the structured data."""
_STRUCTURED = re2.compile(
    r'(?s)(?:-|(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])+)(?: (?:\x{FEFF})?(?P<message>.*))?'
)
"""RFC 5424 section 6.3, and the message with or without its mark of UTF-8."""
# A host ends in no colon: that would be the tag of a line without a host, as on /dev/log.
_TRADITIONAL = re2.compile(
    r"(?s)(?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}(?:\.[0-9]{1,9})?|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]+) "
    r"(?:(?P<host>[^ \[]*[^ \[:]) )?"
    r"(?P<program>[^ \[:]+)(?:\[(?P<process>[0-9]+)\])?: ?(?P<message>.*)"
)
"""RFC 3164, also with RFC 3339's time in place of its own, as rsyslog writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogLine:
    """The parts of a line; None where it has none."""

    message: str
    time: str | None = None
    """As written: RFC 3339, or `Nov 22 20:08:58` without year and zone."""
    host: str | None = None
    program: str | None = None
    process: str | None = None
    """The process id, or what RFC 5424's PROCID holds in its place."""
    facility: str | None = None
    """By name, in lower case."""


def parse_line(line: str) -> SyslogLine:
    """The parts of `line`, which holds no lone surrogates; a line of unknown form is all message."""
    facility, rest = _split_pri(line)
    # Without a PRI it is no RFC 5424, but a message that begins with "1 ".
    if facility and (parts := _VERSIONED.fullmatch(rest)):
        after_header = parts["rest"] or ""
        structured = _STRUCTURED.fullmatch(after_header)
        # Some senders leave the structured data out; then all of the rest is the message.
        message = after_header if structured is None else structured["message"] or ""
        # rsyslog writes one blank more than the RFC.
        return _line(parts, facility, message.removeprefix(" "))
    if parts := _TRADITIONAL.fullmatch(rest):
        return _line(parts, facility, parts["message"] or "")
    return SyslogLine(message=rest, facility=facility)


def parse_frame(frame: str) -> SyslogLine:
    """The parts of one frame of Heroku's logplex: RFC 5424 that leaves the structured data out.

    Its message begins where the structured data would, and may look like them. No lone surrogates.
    """
    facility, rest = _split_pri(frame)
    parts = _VERSIONED.fullmatch(rest)
    if parts is None:
        return SyslogLine(message=rest, facility=facility)
    return _line(parts, facility, parts["rest"] or "")


def facility_name(stated: str) -> str:
    """The facility by name, in lower case, also where its number is stated."""
    known = stated.isascii() and stated.isdigit() and len(stated) < 3 and int(stated) < len(FACILITIES)
    return FACILITIES[int(stated)] if known else stated.lower()


def facility_of_pri(pri: str) -> str:
    """The name of the facility in a PRI, which is facility * 8 + severity (RFC 5424 section 6.2.1)."""
    return facility_name(str(int(pri) >> 3))


def _split_pri(line: str) -> tuple[str | None, str]:
    parts = _PRI.fullmatch(line)
    return (None, line) if parts is None else (facility_of_pri(parts["pri"] or ""), parts["rest"] or "")


def _line(parts: "re2._Match[str]", facility: str | None, message: str) -> SyslogLine:
    # RFC 5424 writes a hyphen for what is not known.
    stated = {name: None if value == "-" else value for name, value in parts.groupdict().items()}
    return SyslogLine(
        message=message,
        time=parts["time"],
        host=stated["host"],
        program=stated["program"],
        process=stated["process"],
        facility=facility,
    )
