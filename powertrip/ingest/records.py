"""Makes records of JSON values, losing nothing: a value that is in no field is still in `raw`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, TypeVar

from powertrip.config.section import Section
from powertrip.domain.record import Record, content_of, sent_id
from powertrip.domain.tags import facility_name, facility_of_pri, plain_program
from powertrip.errors import BodyTooLarge
from powertrip.ingest.contract import DEFAULT_LIMITS, Limits, Unread, too_many
from powertrip.ingest.times import parse_time
from powertrip.ingest.writing import value_as_json

KeyPath = str | tuple[str, ...] | None
Item = TypeVar("Item")

_NAME_LIMIT = 255
"""Characters kept of a host or program; the longest host name DNS allows."""
_ID_LIMIT = 200
"""Characters of a sender's id that are kept as they are; databases bound the size of an index entry."""
_STEP = 256 * 1024
"""Characters of a long text that are looked at in one go."""

_FACILITY_KEYS = (
    *("facility", "FACILITY", "SYSLOG_FACILITY", "syslogfacility-text", "syslog_facility", "SyslogFacility"),
    *(
        "tags.facility",
        "log.syslog.facility.name",
        "log.syslog.facility.code",
        "syslog.facility",
        "_facility",
    ),
    *("syslogfacility", "SyslogFacilityValue", "fields.facility_code", "jsonPayload.SYSLOG_FACILITY"),
)
"""Papertrail and rsyslog, syslog-ng, journald, NXLog, Telegraf, Elastic, GELF."""
_PRI_KEYS = ("pri", "PRI", "log.syslog.priority", "syslog_pri")
"""What fluent-bit's syslog parser, syslog-ng and Elastic call the number that holds the facility."""
_TRUSTED_KEYS = {
    "_UID": ("_UID", "journald.uid", "jsonPayload._UID"),
    "_COMM": ("_COMM", "journald.process.name"),
}
"""Set by journald itself: systemd.journal-fields(7), "Trusted Journal Fields"; Elastic renames them."""


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


FLAW = "\0flaw"
"""In a value that was taken apart: why it must not be judged. No shipper names a key so."""
KEYS = RecordKeys()
"""For values that a source has arranged itself."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value that was read out of text, with the text as it came."""

    value: Any
    raw: str
    content: str | None = None
    """What makes it another record than one with the same id; None for all of it."""


def make_records(
    values: Iterable[Any],
    *,
    source: str,
    keys: RecordKeys,
    received_at: datetime,
    zone: tzinfo | None,
    limits: Limits = DEFAULT_LIMITS,
    by_parts: bool = False,
) -> list[Record]:
    """A record for each value, in order; a value is JSON, or `Verbatim`.

    `by_parts` is for a sender that writes one record in several ways: two with the same id are then the same
    where message, host, program, facility and time are.

    `zone` is that of times that name none; None where such are not trusted. Raises BodyTooLarge past the
    limit of records, Unreadable for values nested too deeply to write.
    """
    records = []
    for place, given in enumerate(bounded(values, limits)):
        value = given.value if isinstance(given, Verbatim) else given
        raw = storable(given.raw) if isinstance(given, Verbatim) else value_as_json(value)
        content = given.content if isinstance(given, Verbatim) else None
        stated = value if isinstance(value, str) else text_at(value, keys.message)
        message = storable(bare(raw if stated is None else stated))
        times = [
            time
            for at in found(value, keys.time)
            # A tuple is none of JSON's: whoever took the record apart found several times, the best first.
            for time in (at if isinstance(at, tuple) else (at,))
            if time not in (None, "")
        ]
        # Without an id of the sender's the whole record is hashed, so that a pid or port in any key tells two
        # logins of one second apart; two that are equal to the last byte are one record. Where a record has
        # no time either, equal text may be a login weeks later: there the time of arrival goes in, and a
        # resend is a new record.
        arrival = () if times else (received_at.isoformat(), str(place))
        moments = (parse_time(time, received_at=received_at, zone=zone) for time in times)
        tag = name_at(value, keys.program)
        # `sshd[812]: ` is how some shippers write the program.
        program, host, facility = tag and plain_program(tag), name_at(value, keys.host), facility_at(value)
        occurred_at = next((moment for moment in moments if moment), None)
        if by_parts:
            content = "\0".join(map(str, (message, host, program, facility, occurred_at)))
        record = Record(
            source=source,
            record_id=_sent_id(value, keys.id, source) or content_of(source, raw, *arrival),
            message=message[: limits.message_characters],
            cut=max(0, len(message) - limits.message_characters),
            raw=raw,
            received_at=received_at,
            occurred_at=occurred_at,
            host_name=host,
            program=program,
            facility=facility,
            trusted=trusted_at(value),
            content=content_of(raw if content is None else storable(content)),
            flaw=value.get(FLAW) if isinstance(given, Verbatim) and isinstance(value, dict) else None,
        )
        records.append(record)
    return records


def bounded(values: Iterable[Item], limits: Limits) -> Iterator[Item]:
    """`values` one by one, as far as they may be one body's; raises BodyTooLarge beyond.

    Belongs around whatever takes records out of a body, for a few bytes may make much of them.
    """
    room = limits.raw_characters
    for place, value in enumerate(values):
        if isinstance(value, Verbatim | Unread):
            room -= len(value.raw if isinstance(value, Verbatim) else value.body)
        if place >= limits.records:
            raise BodyTooLarge(too_many(limits.records))
        if room < 0:
            problem = f"its records take more than {limits.raw_characters} bytes, with what they share"
            raise BodyTooLarge(f"{problem}; send smaller batches")
        yield value


def find_list(value: Any, path: KeyPath) -> list[Any] | None:
    """The list at `path`; None where there is none, or no path."""
    return next((item for item in found(value, path) if isinstance(item, list)), None)


def found(value: Any, path: KeyPath) -> Iterator[Any]:
    """What stands at `path`, a key as it stands or keys joined by dots; of several paths, in their order."""
    if not isinstance(value, dict) or path is None:
        return
    for single in path if isinstance(path, tuple) else (path,):
        if single in value:
            yield value[single]
            continue
        head, rest = _split(single)
        # Looked at first, for of dozens of paths a record has a few.
        if rest and isinstance(inner := value.get(head), dict):
            yield from found(inner, rest)


@lru_cache(maxsize=1024)
def _split(path: str) -> tuple[str, str]:
    head, _, rest = path.partition(".")
    return head, rest


def as_paths(path: KeyPath) -> tuple[str, ...]:
    """The single paths."""
    return path if isinstance(path, tuple) else (path,) if path else ()


def text_at(value: Any, path: KeyPath) -> str | None:
    """The first text at `path` that is not empty, or else an empty one; None where there is none."""
    texts = [text for text in map(_text, found(value, path)) if text is not None]
    return next(filter(None, texts), texts[0] if texts else None)


def name_at(value: Any, path: KeyPath) -> str | None:
    """The first name at `path`, such as a host's, fit for a database; None where there is none."""
    return next(filter(None, map(_name, found(value, path))), None)


def _text(content: Any) -> str | None:
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


def facility_at(value: Any) -> str | None:
    """The facility's name in lower case, also where the sender gives its number, or a PRI that holds it."""
    text = name_at(value, _FACILITY_KEYS)
    if text is not None:
        return facility_name(text)
    pri = name_at(value, _PRI_KEYS) or ""
    return facility_of_pri(pri) if pri.isascii() and pri.isdigit() and len(pri) <= 3 else None


def trusted_at(value: Any) -> dict[str, str]:
    """What journald vouches for, by its own names."""
    stated = {key: name_at(value, paths) for key, paths in _TRUSTED_KEYS.items()}
    return {key: name for key, name in stated.items() if name is not None}


def _sent_id(value: Any, path: KeyPath, source: str) -> str | None:
    """The sender's own id; None where there is none."""
    for stated in found(value, path):
        # A float is no id: 64-bit ids do not survive being one.
        if (isinstance(stated, str) and stated) or type(stated) is int:
            sent = storable(str(stated))
            # One that reads like ours of a record that was told apart would be taken for that record's.
            is_plain = len(sent) <= _ID_LIMIT and sent_id(sent) == sent
            return sent if is_plain else content_of(source, sent)
    return None


def bare(text: str) -> str:
    """`text` without the line breaks and NULs that end a line, a C string or a frame."""
    return text.rstrip("\0\r\n")


def storable(text: str) -> str:
    """`text` without the characters that UTF-8 or PostgreSQL cannot store, each replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    # In steps, for a text of nothing else would hold Python's lock for a quarter of a second.
    steps = (text[start : start + _STEP] for start in range(0, len(text), _STEP))
    return "".join(step.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for step in steps)
