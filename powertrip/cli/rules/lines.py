"""A line of a log file -> Record, for trying rules on what is at hand.

Understood are a syslog line, see `powertrip.domain.syslog`, and a JSON object, as from journald or rsyslog.
Any other line is taken for a bare message of an unknown program, which rules for every program may judge.
"""

import json
from datetime import UTC, datetime
from typing import Any

from powertrip.domain.record import Record
from powertrip.domain.syslog import facility_name, parse_line
from powertrip.rules import cut_message

_UNTIMED = datetime.fromtimestamp(0, UTC)
"""Rules do not look at times."""


def record_of_line(line: str, number: int, source: str) -> Record:
    """The record that `line`, the file's `number`th, holds; characters that are none become visible."""
    readable = line.rstrip("\r\n").encode("utf-8", "backslashreplace").decode()
    if (data := _json_object(readable)) is not None:
        return _from_json(data, readable, number, source)
    parts = parse_line(readable)
    message, cut = cut_message(parts.message)
    return Record(
        source=source,
        record_id=f"line {number}",
        message=message,
        cut=cut,
        raw=readable,
        received_at=_UNTIMED,
        host_name=parts.host,
        program=parts.program,
        facility=parts.facility,
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
    facility = _first(data, "facility", "SYSLOG_FACILITY")
    return Record(
        source=source,
        record_id=f"line {number}",
        message=message,
        cut=cut,
        raw=line,
        received_at=_UNTIMED,
        host_name=_first(data, "host", "hostname", "host_name", "_HOSTNAME"),
        program=program,
        facility=facility_name(facility) if facility else None,
        trusted={name: _text(value) for name, value in data.items() if name.startswith("_")},
    )


def _first(data: dict[str, Any], *names: str) -> str | None:
    return next((_text(data[name]) for name in names if data.get(name) is not None), None)


def _text(value: Any) -> str:
    """journald gives bytes that are no printable text as a list of numbers (journalctl(1), `-o json`)."""
    if isinstance(value, list) and value and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else json.dumps(value)
