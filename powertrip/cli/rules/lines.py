"""Reads a line of a log file as a Record, for trying rules on what is at hand.

A syslog line (see `powertrip.domain.syslog`) and a JSON object, as from journald or rsyslog, are understood.
Any other line counts as a bare message of an unknown program, which rules for every program may judge.
"""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from powertrip.domain.record import Record
from powertrip.domain.syslog import facility_name, parse_line
from powertrip.rules import cut_message

_UNTIMED = datetime.fromtimestamp(0, UTC)
"""Rules do not look at times."""


def record_of_line(line: str, number: int, source: str) -> Record:
    """The record that `line`, the file's `number`th, holds; undecodable characters become visible."""
    readable = line.rstrip("\r\n").encode("utf-8", "backslashreplace").decode()
    trusted: dict[str, str] = {}
    data: Any = None
    if readable.startswith("{"):
        # A hostile line may nest deeper than the parser goes; it is judged as a bare message.
        with contextlib.suppress(ValueError, RecursionError):
            data = json.loads(readable)
    if isinstance(data, dict):
        # As from any source, an object without a log line is its own message.
        text = _first(data, "message", "MESSAGE", "msg") or readable
        host = _first(data, "host", "hostname", "host_name", "_HOSTNAME")
        program = _first(data, "program", "programname", "SYSLOG_IDENTIFIER", "ident", "appname")
        code = _first(data, "facility", "SYSLOG_FACILITY")
        facility = facility_name(code) if code else None
        # journald sets these itself, so no writer can forge them (systemd.journal-fields(7)).
        trusted = {name: _text(value) for name, value in data.items() if name.startswith("_")}
    else:
        parts = parse_line(readable)
        text, host, program, facility = parts.message, parts.host, parts.program, parts.facility
    message, cut = cut_message(text)
    return Record(
        source=source,
        record_id=f"line {number}",
        message=message,
        cut=cut,
        raw=readable,
        received_at=_UNTIMED,
        host_name=host,
        program=program,
        facility=facility,
        trusted=trusted,
    )


def _first(data: dict[str, Any], *names: str) -> str | None:
    return next((_text(data[name]) for name in names if data.get(name) is not None), None)


def _text(value: Any) -> str:
    """journald gives bytes that are no printable text as a list of numbers (journalctl(1), `-o json`)."""
    if isinstance(value, list) and value and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else json.dumps(value)
