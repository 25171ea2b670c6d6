"""Records of log shippers of any make: the keys of their fields, and the header within their message.

Known are the keys of rsyslog's templates, syslog-ng's `format-json`, fluent-bit's syslog parsers and systemd
input, Vector's syslog, journald and file sources, and the labels of Loki's streams. A message whose record
names no program may still have its syslog header, as in a followed log file; it is then taken apart.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from powertrip.ingest.body import json_object
from powertrip.ingest.records import RecordKeys, Verbatim, fields_of_line, value_as_json

_MESSAGE = ("message", "MESSAGE", "msg", "log")
_PROGRAM = (
    *("program", "programname", "SYSLOG_IDENTIFIER", "syslog_identifier", "ident", "appname", "PROGRAM"),
    *("syslog-tag", "_COMM"),
)
_HOST = ("_HOSTNAME", "host", "hostname", "HOST", "fromhost", "nodename", "instance")
_TIME = (
    *("__REALTIME_TIMESTAMP", "@timestamp", "timestamp", "timereported", "date", "time"),
    *("ISODATE", "DATE"),
)
KEYS = RecordKeys(message=_MESSAGE, host=_HOST, time=_TIME, id=("__CURSOR", "id"), program=_PROGRAM)
"""Keys that journald itself sets come first: any program can add keys such as HOST to its entries."""


def prepared(value: Any) -> Any:
    """`value` with its message as rules want it, for records with KEYS.

    A text is a line of syslog. An object's message loses its header, where it has one, and the blank that
    rsyslog's %msg% keeps from behind the tag, exactly that one. Anything else stays as it is.
    """
    if isinstance(value, str):
        return Verbatim(fields_of_line(value), value)
    return Verbatim(_of_object(value), value_as_json(value)) if isinstance(value, dict) else value


def lines_of_streams(push: Mapping[str, Any]) -> Iterator[Any]:
    """The lines of a Loki push, prepared, in order; anything else stays as it is."""
    streams = push.get("streams")
    for stream in streams if isinstance(streams, list) else []:
        labels = stream.get("stream") if isinstance(stream, dict) else None
        entries = stream.get("values") if isinstance(stream, dict) else None
        if not isinstance(labels, dict) or not isinstance(entries, list):
            yield stream
            continue
        for entry in entries:
            raw = value_as_json({"stream": labels, "value": entry})
            # `["<ns since 1970>", "<line>"]`, and since Loki 3 an object of further facts behind them.
            texts = entry[:2] if isinstance(entry, list) else []
            is_line = len(texts) == 2 and all(isinstance(text, str) for text in texts)
            yield Verbatim(_of_entry(labels, entry) if is_line else entry, raw)


def _of_entry(labels: dict[str, Any], entry: list[Any]) -> dict[str, Any]:
    time, line, *more = entry
    facts = more[0] if more and isinstance(more[0], dict) else {}
    stated = {**facts, **labels}
    # The labels are the shipper's, the line is anybody's: it may say who it is only where they do not.
    inside = None if _names_program(stated) else json_object(line)
    return _of_object({**(inside or {"message": line}), **stated, "__REALTIME_TIMESTAMP": time})


def _names_program(value: Mapping[str, Any]) -> bool:
    return any(name in value for name in _PROGRAM)


def _of_object(value: dict[str, Any]) -> dict[str, Any]:
    key = next((key for key in _MESSAGE if key in value), None)
    text = value[key] if key else None
    if key is None or not isinstance(text, str):
        return value
    message = text.removeprefix(" ")
    header = {} if _names_program(value) else fields_of_line(message)
    if "program" not in header:
        return value | {key: message}
    return header | value | {key: header["message"]}
