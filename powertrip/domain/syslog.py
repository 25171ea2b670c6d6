"""Parses a line of syslog text: RFC 5424, RFC 3164, and what programs, relays and containers make of them.

A header is peeled off the front of a line, and another one behind it where the first names no program: a
relay's, a container runtime's. Once a header names the program, the rest is that program's message. Whoever
can choose what a program logs must not be able to rename program or host, so of the message only what the
program's own tag repeats is taken off. What is not surely a header stays in the message, where no rule
knows it and the net finds it.

Nothing here raises: a line of unknown form is a message with nothing else known.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import re2

from powertrip.domain.stamps import STAMP
from powertrip.domain.tags import (
    facility_name,
    facility_of_pri,
    is_same_host,
    is_same_program,
    plain_program,
)

_HEADERS = 4
"""Headers in a row that are peeled off: container runtime, relay, origin, and one to spare."""
_REGION = 1024
"""Characters at the front of a line where a header ends; host names have 255, tags 32 (RFC 3164)."""
_ENDS = " \t\r\n\0\ufeff"

# re2, for the lines come from strangers: no pattern may take more than linear time. A match takes it some ten
# times as long as a look at the first character, so that comes first where it says that nothing can match.
_LEVEL = r"(?:emerg|panic|alert|crit|err|error|warning|warn|notice|info|debug|none)"
_SELECTED = (
    *("kern", "user", "mail", "daemon", "auth", "security", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp"),
    *(f"local{number}" for number in range(8)),
)
"""Facilities as they are selected by."""
_FACILITY = f"(?:{'|'.join(_SELECTED)})"
_SELECTOR = rf"(?P<facility>{_FACILITY})(?:\|[a-z]+)?[.:]{_LEVEL}[ \t]+"
"""BusyBox and OpenWrt write `auth.info`, AIX `auth|security:info`."""
# A host ends in no colon: that would be the tag of a line without a host, as on /dev/log.
_HOST = r"(?P<host>[A-Za-z0-9_](?:[A-Za-z0-9_.:%-]*[A-Za-z0-9_.%-])?)[ \t]+"
_KNOWN = r"(?i:sshd(?:-session)?|sudo(?:-rs)?|su|dropbear|doas|pkexec)"
_PID = r"\[(?P<process>[^\]\s]{0,64})\]"
# polkit's daemon calls itself polkitd(authority=local).
_PROGRAM = r"[^\s\[:<{\"'=]+(?:\([a-z]+=[a-z]+\))?"
# Without a colon only a pid, or a name that is surely a program's, tells a tag from the message's first word.
_TAG = rf"(?P<program>{_PROGRAM})(?:{_PID})?:(?:[ \t]|$)?"
_TAG_OF_PID = rf"(?P<program>{_PROGRAM}){_PID}(?:[ \t]+|$)"
_TAG_KNOWN = rf"(?P<program>{_KNOWN})[ \t]+"
_TAG_SURE = r"(?P<program>[A-Za-z/][\w./@+-]*(?:\([\w=-]+\))?)\[(?P<process>[0-9]+)\]:?(?:[ \t]+|$)"
_TAG_NAMED = rf"(?P<program>(?:/[\w./-]+/)?{_KNOWN}(?:\(pam_unix\))?):(?:[ \t]+|$)"
_OF_RELAY = r"\S+[ \t]+Message forwarded from (?P<origin>[^\s:]+):[ \t]*"
"""AIX's syslogd, for lines that come from another host."""
_NO_HOST = frozenset(
    {
        *(
            "trace",
            "debug",
            "info",
            "notice",
            "warn",
            "warning",
            "error",
            "err",
            "severe",
            "critical",
            "crit",
        ),
        *("fatal", "fine", "am", "pm", "df", "db"),
    }
)
"""What log4j, macOS's `log` in its compact style and their like write where a host stands."""

_OCTETS = re2.compile(r"[0-9]{1,7} <[0-9]{1,3}>")
"""RFC 6587: the length of the frame in front of it."""
_PRI = re2.compile(r"<(?P<pri>[0-9]{1,3})>")
_CONTAINER = re2.compile(r"(?:stdout|stderr) [FP](?::\S*)?(?: |$)")
"""CRI's log format, behind the time."""
_VERBOSE = re2.compile(r"<(?P<facility>[a-z0-9]+)\.[a-z0-9]+>[ \t]+")
"""FreeBSD's syslogd -v."""
_STAMP = re2.compile(rf"{STAMP}(?:[ \t]+|$)")
_NANOSECONDS = re2.compile(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{9}(?:Z|[+-][0-9:]{5})[ \t]")
"""Docker's and CRI's times: what is behind one is the line as the container wrote it."""
_VERSIONED = re2.compile(
    r"(?s)(?P<version>1 )?(?P<time>-|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]+) (?P<host>[^ ]+) (?P<program>[^ ]+) "
    r"(?P<process>[^ ]+) (?P<id>[^ ]+)(?: (?P<rest>.*))?"
)
"""RFC 5424 section 6, after the PRI and up to the structured data."""
_DATED = re2.compile(
    r"(?:1 )?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]+(?:Z|[+-][0-9:]+)? [^ ]+ [^ :\[]+ (?:[0-9]+|-) "
)
"""Begins an RFC 5424 line that has lost its PRI."""
_STRUCTURED = re2.compile(
    r'(?s)(?:-|(?:\[[^\s\]"=]+(?: +[^\s\]"=]+="(?:[^"\\]|\\.)*")* *\])+)(?: (?:\x{FEFF})?(?P<message>.*))?'
)
"""RFC 5424 section 6.3, and the message with or without its mark of UTF-8."""
_BEHIND_STAMP = tuple(
    re2.compile(rf"(?:{_OF_RELAY}|{_HOST})?(?:{_SELECTOR})?{tag}") for tag in (_TAG, _TAG_OF_PID, _TAG_KNOWN)
)
_ALONE = tuple(re2.compile(rf"(?:{_HOST})?(?:{_SELECTOR})?{tag}") for tag in (_TAG_SURE, _TAG_NAMED))
"""Without a time a tag is one only where it has a pid, or a name that is surely a program's."""
_BEHIND_PRI = (*_ALONE, re2.compile(_TAG))
_SELECTOR_ALONE = re2.compile(_SELECTOR)
_RELAYED = re2.compile(
    r"(?P<host>[^\s\[<]*[^\s\[<:])[ \t]+(?:[^\s]+->[^\s]+[ \t]+)?"
    rf"(<[0-9]{{1,3}}>|1 [0-9]{{4}}-|{STAMP}[ \t])"
)
"""A relay's header without a tag, and a whole line behind it; OSSEC and Wazuh also name the file."""
_SOLARIS = re2.compile(r"\[ID [0-9]+ (?P<facility>[a-z0-9]+)\.[a-z]+\] ?")
_DROPBEAR = re2.compile(r"\[[0-9]+\] (?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}) ")
"""Without syslog, or by some builds also with it, dropbear writes this in front of each message."""

# The one exception: how nearly every line begins. Each part ends at a character that it cannot hold, and none
# gives any back, so that this takes linear time with any engine.
_USUAL = re.compile(
    r"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9}+)?+(?:Z|[+-][0-9]{2}:[0-9]{2})) "
    # In lower case, so that it is neither a zone nor a year.
    r"([a-z][a-z0-9.-]{0,254}+) ([A-Za-z][A-Za-z0-9_-]{0,63}+)\[([0-9]{1,10}+)\]: "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogLine:
    """The parts of a line; None where it has none."""

    message: str
    time: str | None = None
    """As written: RFC 3339, or any of the forms of `stamps`, with or without year and zone."""
    host: str | None = None
    program: str | None = None
    """Without folder, instance and process id."""
    process: str | None = None
    """The process id, or what RFC 5424's PROCID holds in its place."""
    facility: str | None = None
    """By name, in lower case."""


def parse_line(line: str) -> SyslogLine:
    """The parts of `line`, which holds no lone surrogates; a line of unknown form is all message."""
    stripped = line.strip(_ENDS)
    if usual := _usual(stripped):
        return without_repeated(usual)
    # What no header stands before keeps its blanks: a message of sudo's begins with some.
    sure = known = SyslogLine(message=line.rstrip(_ENDS).lstrip("\r\n\0\ufeff"))
    text = stripped
    for _ in range(_HEADERS):
        peeled = _peeled(text)
        if peeled is None:
            break
        found, is_sure = peeled
        # What is nearer to the program knows better, but a header that lacks a part takes none away.
        known = _joined(found, known)
        text = found.message
        if known.program:
            return without_repeated(known)
        if is_sure:
            sure = known
    return replace(sure, time=known.time, facility=known.facility)


def _usual(text: str) -> SyslogLine | None:
    """What is behind a header of time, host, program and process id; None for any other, and where in doubt.

    It says what `_peeled` says.
    """
    parts = _USUAL.match(text)
    if parts is None:
        return None
    time, host, program, process = parts.groups()
    if host in _NO_HOST or (host.startswith(_SELECTED) and _SELECTOR_ALONE.match(f"{host} ")):
        return None
    return SyslogLine(message=text[parts.end() :], time=time, host=host, program=program, process=process)


def parse_frame(frame: str) -> SyslogLine:
    """The parts of one frame of Heroku's logplex: RFC 5424 that leaves the structured data out.

    Its message begins where the structured data would, and may look like them. No lone surrogates.
    """
    facility, rest = _split_pri(frame)
    parts = _VERSIONED.fullmatch(rest) if facility else None
    if parts is None or not parts["version"]:
        return parse_line(frame)
    return _line(parts, parts["rest"] or "", facility)


def without_repeated(line: SyslogLine) -> SyslogLine:
    """The line without what its message repeats of its header: of the same program and host, no other."""
    message = line.message
    if message.startswith("[ID ") and (parts := _SOLARIS.match(message[:_REGION])):
        message = message[parts.end() :]
        line = replace(line, facility=line.facility or facility_name(parts["facility"] or ""))
    program = plain_program(line.program or "").lower()
    if program == "dropbear" and (parts := _DROPBEAR.match(message[:_REGION])):
        message = message[parts.end() :]
    # Looked for by its name first, for nearly no message repeats it.
    elif program and program in message[:_REGION].lower():
        again = parse_header(message)
        if again and is_same_program(again.program, program) and is_same_host(again.host, line.host):
            message = again.message
    return line if message is line.message else replace(line, message=message)


def parse_header(text: str) -> SyslogLine | None:
    """The line behind one header that names its program; None for any other text."""
    peeled = _peeled(text.strip(_ENDS))
    return peeled[0] if peeled and peeled[0].program else None


def _peeled(text: str) -> tuple[SyslogLine, bool] | None:
    """What is behind the first header of a text without blanks in front, and whether it surely is a message.

    None for a text that begins with no header.
    """
    if _begins_with_digit(text) and _OCTETS.match(text[:16]):
        text = text.partition(" ")[2]
    facility, rest = _split_pri(text)
    if facility and rest.startswith((" ", "\t")) and _STAMP.match(rest[:_REGION].lstrip(" \t")):
        # Some write a blank behind the PRI.
        rest = rest.lstrip(" \t")
    begin = rest[:_REGION]
    # Without a PRI it has to have a date and structured data, or it may be a message that begins with "1 ".
    if (facility and begin.startswith("1 ")) or (_begins_with_digit(begin) and _DATED.match(begin)):
        parts = _VERSIONED.fullmatch(rest)
        after_header = (parts["rest"] or "") if parts else ""
        structured = _STRUCTURED.fullmatch(after_header)
        # Some senders leave the structured data out, and with it any id; then all of the rest is the message.
        if parts and (structured or (facility and parts["id"] == "-")):
            message = after_header
            # Where the data are all there is, they are what it says.
            if structured and (structured["message"] or after_header.startswith("-")):
                message = structured["message"] or ""
            # rsyslog writes one blank more than the RFC.
            return _line(parts, message.removeprefix(" "), facility), True
    if stamp := _STAMP.match(begin):
        known = SyslogLine(message="", time=stamp["time"] or stamp["bracketed"], facility=facility)
        found, is_sure = _behind_stamp(rest[stamp.end() :], known)
        return found, is_sure or _NANOSECONDS.match(begin) is not None
    if begin.startswith("[") and (parts := _DROPBEAR.match(begin)):
        return SyslogLine(message=rest[parts.end() :], time=parts["time"], facility=facility), True
    if tagged := _tagged(rest, _BEHIND_PRI if facility else _ALONE, facility):
        return tagged, True
    return (SyslogLine(message=rest, facility=facility), True) if facility else None


def _behind_stamp(text: str, known: SyslogLine) -> tuple[SyslogLine, bool]:
    """What is behind a header whose time was taken off, as `_peeled`."""
    if text.startswith("std") and (parts := _CONTAINER.match(text[:_REGION])):
        return replace(known, message=text[parts.end() :]), True
    if text.startswith("<") and (parts := _VERBOSE.match(text[:_REGION])):
        text = text[parts.end() :]
        known = replace(known, facility=known.facility or facility_name(parts["facility"] or ""))
    begin = text[:_REGION]
    if not (_STAMP.match(begin) or (begin.startswith("<") and _PRI.match(begin))):
        # A line of its own behind a relay's host would be read as a tag of that host: `Nov  5 10:00:00 ...`.
        if parts := _RELAYED.match(begin):
            return replace(known, host=parts["host"], message=text[parts.start(2) :]), False
        # Behind the seconds since boot, which the kernel writes too, a word with a colon may be a device.
        if found := _tagged(text, _BEHIND_STAMP if known.time else _ALONE, None):
            return _joined(found, known), True
    return replace(known, message=text), False


def _tagged(text: str, patterns: Iterable["re2._Regexp[str]"], facility: str | None) -> SyslogLine | None:
    """What is behind a tag, by the first of the patterns that fits and names no word for a host."""
    begin = text[:_REGION]
    for pattern in patterns:
        if parts := pattern.match(begin):
            line = _line(parts, text[parts.end() :], facility)
            if begin.startswith(_SELECTED) and (selector := _SELECTOR_ALONE.match(begin)):
                # It looks like the name of a host, too.
                line = replace(line, host=None, facility=line.facility or selector["facility"])
            host = (line.host or "").lower()
            return None if host in _NO_HOST or host.isdigit() else line
    return None


def _begins_with_digit(text: str) -> bool:
    return "0" <= text[:1] <= "9"


def _split_pri(line: str) -> tuple[str | None, str]:
    parts = _PRI.match(line[:8]) if line.startswith("<") else None
    return (None, line) if parts is None else (facility_of_pri(parts["pri"] or ""), line[parts.end() :])


def _line(parts: "re2._Match[str]", message: str, facility: str | None) -> SyslogLine:
    # RFC 5424 writes a hyphen for what is not known.
    stated = {name: value for name, value in parts.groupdict().items() if value and value != "-"}
    program = stated.get("program")
    return SyslogLine(
        message=message,
        time=stated.get("time"),
        host=stated.get("origin") or stated.get("host"),
        program=program and plain_program(program),
        process=stated.get("process"),
        facility=facility or stated.get("facility"),
    )


def _joined(inner: SyslogLine, outer: SyslogLine) -> SyslogLine:
    return SyslogLine(
        message=inner.message,
        time=inner.time or outer.time,
        host=inner.host or outer.host,
        program=inner.program,
        process=inner.process,
        facility=inner.facility or outer.facility,
    )
