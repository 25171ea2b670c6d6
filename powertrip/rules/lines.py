"""A line of a log file -> Record, for trying rules on what is at hand.

Understood are a syslog line with the traditional or the RFC 3339 time, with or without `<PRI>` and host (as
on /dev/log), and a JSON object, as from journald or rsyslog. Any other line is taken for a bare message of an
unknown program, which rules for every program may judge.
"""

import json
from datetime import UTC, datetime
from typing import Any

import re2

from powertrip.event import Record
from powertrip.rules.ruleset import cut_message

_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "security", "console", "solaris-cron"),
    *("local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
"""By number, RFC 5424 section 6.2.1."""

_UNTIMED = datetime.fromtimestamp(0, UTC)
"""Rules do not look at times."""

# A host ends in no colon: that would be the tag of a line without a host.
_SYSLOG = re2.compile(
    r"(?:<(?P<pri>[0-9]{1,3})>)?"
    r"(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]+) "
    r"(?:(?P<host>[^ \[]*[^ \[:]) )?"
    r"(?P<program>[^ \[:]+)(?:\[[0-9]+\])?: ?(?P<message>.*)"
)


def record_of_line(line: str, number: int, source: str) -> Record:
    """The record that `line`, the file's `number`th, holds; characters that are none become visible."""
    readable = line.rstrip("\r\n").encode("utf-8", "backslashreplace").decode()
    if (data := _json_object(readable)) is not None:
        return _from_json(data, readable, number, source)
    found = _SYSLOG.fullmatch(readable)
    parts = found.groupdict() if found else {"message": readable}
    message, cut = cut_message(parts["message"] or "")
    return Record(
        source=source,
        record_id=f"line {number}",
        message=message,
        cut=cut,
        raw=readable,
        received_at=_UNTIMED,
        host_name=parts.get("host"),
        program=parts.get("program"),
        facility=_facility_of_pri(parts.get("pri")),
    )


def _json_object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _from_json(data: dict[str, Any], line: str, number: int, source: str) -> Record:
    # As from any source, an object without a log line is its own message.
    message, cut = cut_message(_first(data, "message", "MESSAGE", "msg") or line)
    program = _first(data, "program", "programname", "SYSLOG_IDENTIFIER", "ident", "appname")
    return Record(
        source=source,
        record_id=f"line {number}",
        message=message,
        cut=cut,
        raw=line,
        received_at=_UNTIMED,
        host_name=_first(data, "host", "hostname", "host_name", "_HOSTNAME"),
        program=program,
        facility=_facility(_first(data, "facility", "SYSLOG_FACILITY")),
        trusted={name: _text(value) for name, value in data.items() if name.startswith("_")},
    )


def _first(data: dict[str, Any], *names: str) -> str | None:
    return next((_text(data[name]) for name in names if data.get(name) is not None), None)


def _text(value: Any) -> str:
    """journald gives bytes that are no printable text as a list of numbers (journalctl(1), `-o json`)."""
    if isinstance(value, list) and value and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else json.dumps(value)


def _facility_of_pri(pri: str | None) -> str | None:
    return None if pri is None else _facility(str(int(pri) >> 3))


def _facility(stated: str | None) -> str | None:
    if stated is None or not (stated.isascii() and stated.isdigit()):
        return stated.lower() if stated else None
    number = int(stated[:4])
    return _FACILITIES[number] if number < len(_FACILITIES) else stated
