"""Makes records of JSON values, losing nothing: a value that is in no field is still in `raw`."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from powertrip.config.section import Section
from powertrip.domain.record import Record
from powertrip.domain.syslog import facility_name, facility_of_pri, parse_line
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.body import TOO_DEEP
from powertrip.ingest.contract import Limits
from powertrip.ingest.times import parse_time

KeyPath = str | tuple[str, ...] | None

_NAME_LIMIT = 255
"""Characters kept of a host or program; the longest host name DNS allows."""
_ID_LIMIT = 200
"""Characters of a sender's id that are kept as they are; databases bound the size of an index entry."""
_MISSING = object()
DEFAULT_LIMITS = Limits()

_FACILITY_KEYS = ("facility", "FACILITY", "SYSLOG_FACILITY")
"""Papertrail and rsyslog, syslog-ng, journald."""
_PRI_KEYS = ("pri", "PRI")
"""The names that fluent-bit's syslog parser and syslog-ng give the number that holds the facility."""
_TRUSTED_KEYS = ("_UID", "_COMM")
"""Set by journald itself: systemd.journal-fields(7), "Trusted Journal Fields"."""


class RecordKeys(Section):
    """Where a record's fields are found: a key, or a path of keys with dots; None where there is none.

    By default a field stands under its own name. A key that itself contains dots, such as `@timestamp` or
    `host.name`, is found as it stands. Of several keys the first that the record has counts.
    """

    message: KeyPath = "message"
    host: KeyPath = "host"
    time: KeyPath = "time"
    id: KeyPath = "id"
    program: KeyPath = "program"


KEYS = RecordKeys()
"""For values that a source has arranged itself."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value that was read out of text, with the text as it came."""

    value: Any
    raw: str


def make_records(
    values: Iterable[Any],
    *,
    source: str,
    keys: RecordKeys,
    received_at: datetime,
    zone: tzinfo | None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Record]:
    """A record for each value, in order; a value is JSON, or `Verbatim`.

    `zone` is that of times that name none; None where such are not trusted. Raises BodyTooLarge past the
    limit of records, Unreadable for values nested too deeply to write.
    """
    listed = list(values)
    if len(listed) > limits.records:
        raise BodyTooLarge(f"the body holds more than {limits.records} records; send smaller batches")
    records = []
    for place, given in enumerate(listed):
        value = given.value if isinstance(given, Verbatim) else given
        raw = storable(given.raw) if isinstance(given, Verbatim) else value_as_json(value)
        stated = _message(value, keys.message)
        message = storable(bare(raw if stated is None else stated))
        time = _find(value, keys.time)
        # Without an id of the sender's the whole record is hashed, so that a pid or port in any key tells two
        # logins of one second apart; two that are equal to the last byte are one record. Where a record has
        # no time either, equal text may be a login weeks later: there the time of arrival goes in, and a
        # resend is a new record.
        arrival = (received_at.isoformat(), str(place)) if time in (_MISSING, None, "") else ()
        tag = _name(_find(value, keys.program))
        trusted = {key: _name(_find(value, key)) for key in _TRUSTED_KEYS}
        record = Record(
            source=source,
            record_id=_sent_id(_find(value, keys.id), source) or _hash(source, raw, *arrival),
            message=message[: limits.message_characters],
            cut=max(0, len(message) - limits.message_characters),
            raw=raw,
            received_at=received_at,
            occurred_at=parse_time(time, received_at=received_at, zone=zone),
            host_name=_name(_find(value, keys.host)),
            # `sshd[812]: ` is how some shippers write the program.
            program=tag and (tag.partition("[")[0].rstrip(": ") or tag),
            facility=_facility(value),
            trusted={key: text for key, text in trusted.items() if text is not None},
        )
        records.append(record)
    return records


def value_as_json(value: Any) -> str:
    """`value` as JSON text that every database can store; raises Unreadable if it nests too deeply."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    # A lone surrogate cannot be stored as UTF-8; its backslash form is also its JSON escape.
    return text.encode("utf-8", "backslashreplace").decode()


def fields_of_line(text: str) -> dict[str, str]:
    """The parts of a line of syslog that it has, under the names of KEYS, and `facility`."""
    line = parse_line(storable(bare(text)))
    parts = {
        "message": line.message,
        "host": line.host,
        "program": line.program,
        "time": line.time,
        "facility": line.facility,
    }
    return {key: part for key, part in parts.items() if part is not None}


def find_list(value: Any, path: KeyPath) -> list[Any] | None:
    """The list at `path`; None where there is none, or no path."""
    found = _find(value, path)
    return found if isinstance(found, list) else None


def _find(value: Any, path: KeyPath) -> Any:
    """The value at `path`, a key as it stands or keys joined by dots; `_MISSING` where there is none.

    Of several paths the first that is not empty counts, or else the first that is there.
    """
    if path is None or not isinstance(value, dict):
        return _MISSING
    if isinstance(path, tuple):
        candidates = (_find(value, single) for single in path)
        there = [candidate for candidate in candidates if candidate is not _MISSING]
        filled = [candidate for candidate in there if candidate not in (None, "")]
        return next(iter(filled or there), _MISSING)
    if path in value:
        return value[path]
    head, dot, rest = path.partition(".")
    return _find(value.get(head), rest) if dot else _MISSING


def _message(value: Any, path: KeyPath) -> str | None:
    content = value if isinstance(value, str) else _find(value, path)
    if not isinstance(content, list):
        return _scalar_text(content)
    # journald writes unprintable text as byte numbers, and a repeated field as strings.
    if content and all(type(part) is int and 0 <= part <= 255 for part in content):
        return bytes(content).decode("utf-8", "replace")
    if content and all(isinstance(part, str) for part in content):
        return "\n".join(content)
    return None


def _scalar_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _name(value: Any) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    text = _scalar_text(first)
    return storable(text.strip()[:_NAME_LIMIT]) or None if text else None


def _facility(value: Any) -> str | None:
    """The facility's name in lower case, also where the sender gives its number, or a PRI that holds it."""
    for key in _FACILITY_KEYS:
        text = _name(_find(value, key))
        if text is not None:
            return facility_name(text)
    pri = _name(_find(value, _PRI_KEYS)) or ""
    return facility_of_pri(pri) if pri.isascii() and pri.isdigit() and len(pri) <= 3 else None


def _sent_id(value: Any, source: str) -> str | None:
    """The sender's own id; None where there is none."""
    # A float is no id: 64-bit ids do not survive being one.
    if not isinstance(value, str) and type(value) is not int:
        return None
    sent = storable(str(value))
    return (sent if len(sent) <= _ID_LIMIT else _hash(source, sent)) or None


def bare(text: str) -> str:
    """`text` without the line breaks and NULs that end a line, a C string or a frame."""
    return text.rstrip("\0\r\n")


def storable(text: str) -> str:
    """`text` without the characters that UTF-8 or PostgreSQL cannot store, each replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _hash(*parts: str) -> str:
    # No part holds a NUL, so no two lists of parts are joined to one text.
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
