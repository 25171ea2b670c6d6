"""Makes a record of one JSON value, losing nothing: what cannot be read as a field is still in `raw`."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from powertrip.config.section import Section
from powertrip.domain.record import Record
from powertrip.domain.syslog import facility_name, facility_of_pri
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.contract import Limits
from powertrip.ingest.times import parse_time

KeyPath = str | tuple[str, ...] | None

_NAME_LIMIT = 255
"""Characters kept of a host or program; the longest host name DNS allows."""
_ID_LIMIT = 200
"""Characters of a sender's id that are kept as they are; databases bound the size of an index entry."""
_MISSING = object()

_FACILITY_KEYS = ("facility", "FACILITY", "SYSLOG_FACILITY")
"""Papertrail and rsyslog, syslog-ng, journald."""
_PRI_KEYS = ("pri", "PRI")
"""What fluent-bit's syslog parser and syslog-ng call the number that holds the facility."""
_TRUSTED_KEYS = ("_UID", "_COMM")
"""Set by journald itself: systemd.journal-fields(7), "Trusted Journal Fields"."""


class RecordKeys(Section):
    """Where a record's fields are found: a key, or a path of keys with dots; None where there is none.

    A key that itself contains dots, such as `@timestamp` or `host.name`, is found as it stands. Of several
    keys the first that the record has counts.
    """

    message: KeyPath = None
    host: KeyPath = None
    time: KeyPath = None
    id: KeyPath = None
    program: KeyPath = None


KEYS = RecordKeys(message="message", host="host", time="time", id="id", program="program")
"""The names of the fields themselves, for values that a source has arranged."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value that was read out of text, with the text as it came."""

    value: Any
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMaker:
    """Makes records of one source's values."""

    source: str
    keys: RecordKeys
    limits: Limits
    zone: tzinfo | None

    def make_all(self, values: Iterable[Any], received_at: datetime) -> list[Record]:
        """A record for each value, in order; a value is JSON, or `Verbatim`.

        Raises BodyTooLarge past the limit of records, Unreadable for values nested too deeply to write.
        """
        listed = list(values)
        if len(listed) > self.limits.records:
            raise BodyTooLarge(
                f"the body holds more than {self.limits.records} records; send smaller batches"
            )
        try:
            return [self._make(value, received_at, place) for place, value in enumerate(listed)]
        except RecursionError as error:
            raise Unreadable("the body nests lists or objects too deeply") from error

    def _make(self, value: Any, received_at: datetime, place: int) -> Record:
        if isinstance(value, Verbatim):
            value, raw = value.value, storable(value.raw)
        else:
            raw = value_as_json(value)
        found = _message(value, self.keys.message)
        message = storable(bare(raw if found is None else found))
        time = _find(value, self.keys.time)
        return Record(
            source=self.source,
            record_id=self._record_id(value, raw, time, received_at, place),
            message=message[: self.limits.message_characters],
            cut=max(0, len(message) - self.limits.message_characters),
            raw=raw,
            received_at=received_at,
            occurred_at=parse_time(time, received_at=received_at, zone=self.zone),
            host_name=_name(_find(value, self.keys.host)),
            program=_program(_find(value, self.keys.program)),
            facility=_facility(value),
            trusted=_trusted(value),
        )

    def _record_id(self, value: Any, raw: str, time: object, received_at: datetime, place: int) -> str:
        """The sender's id, or a hash of the source and the whole record.

        The whole record, so that a pid or port in any key tells two logins of one second apart; two
        that are equal to the last byte are one record. Where a record has no time either, equal text
        may be a login weeks later: there the time of arrival goes in, and a resend is a new record.
        """
        sent = _sent_id(_find(value, self.keys.id))
        if sent is not None:
            return sent if len(sent) <= _ID_LIMIT else _hash(self.source, sent)
        if time in (_MISSING, None, ""):
            return _hash(self.source, raw, received_at.isoformat(), str(place))
        return _hash(self.source, raw)


def value_as_json(value: Any) -> str:
    """`value` as JSON text that every database can store."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be stored as UTF-8; its backslash form is also its JSON escape.
    return text.encode("utf-8", "backslashreplace").decode()


def find_list(value: Any, path: KeyPath) -> list[Any] | None:
    """The list at `path`; None where there is none, or no path."""
    found = _find(value, path)
    return found if isinstance(found, list) else None


def _find(value: Any, path: KeyPath) -> Any:
    """What is at `path`, a key as it stands or keys joined by dots; `_MISSING` where there is nothing.

    Of several paths it is the first that holds something, or else the first that is there.
    """
    if path is None or not isinstance(value, dict):
        return _MISSING
    if isinstance(path, tuple):
        there = [one for one in (_find(value, one) for one in path) if one is not _MISSING]
        return next((one for one in there if one not in (None, "")), there[0] if there else _MISSING)
    if path in value:
        return value[path]
    head, dot, rest = path.partition(".")
    return _find(value.get(head), rest) if dot else _MISSING


def _message(value: Any, path: KeyPath) -> str | None:
    if isinstance(value, str):
        return value
    found = _find(value, path)
    if isinstance(found, list):
        return _joined(found)
    return _scalar_text(found)


def _joined(parts: list[Any]) -> str | None:
    """The text of a list: journald writes unprintable text as byte numbers, a repeated field as strings."""
    if parts and all(type(part) is int and 0 <= part <= 255 for part in parts):
        return bytes(parts).decode("utf-8", "replace")
    if parts and all(isinstance(part, str) for part in parts):
        return "\n".join(parts)
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


def _program(value: Any) -> str | None:
    tag = _name(value)
    return tag and (tag.partition("[")[0].rstrip(": ") or tag)


def _facility(value: Any) -> str | None:
    """The facility's name in lower case, also where the sender gives its number."""
    for key in _FACILITY_KEYS:
        text = _name(_find(value, key))
        if text is not None:
            return facility_name(text)
    return _facility_in_pri(_name(_find(value, _PRI_KEYS)))


def _facility_in_pri(pri: str | None) -> str | None:
    known = pri is not None and pri.isascii() and pri.isdigit() and len(pri) <= 3
    return facility_of_pri(pri) if pri is not None and known else None


def _trusted(value: Any) -> dict[str, str]:
    named = {key: _name(_find(value, key)) for key in _TRUSTED_KEYS}
    return {key: text for key, text in named.items() if text is not None}


def _sent_id(value: Any) -> str | None:
    # A float is no id: 64-bit ids do not survive being one.
    if isinstance(value, str) or type(value) is int:
        return storable(str(value)) or None
    return None


def bare(text: str) -> str:
    """`text` without the line breaks and NULs that end a line, a C string or a frame."""
    return text.rstrip("\0\r\n")


def storable(text: str) -> str:
    """`text` without the characters that UTF-8 or PostgreSQL cannot store, each replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _hash(*parts: str) -> str:
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
