"""Finds the parts of a record by the keys that shippers give them: dozens for each part."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from powertrip.config.section import Section
from powertrip.domain.tags import facility_name, facility_of_pri

KeyPath = str | tuple[str, ...] | None
Parts = Mapping[str, Sequence[Any]]
"""All that stands for each part of a record, in the order of its paths; a part without any is missing."""

_NAME_LIMIT = 255
"""Characters kept of a host or program; the longest host name DNS allows."""
_PLANS = 1000
"""Sets of keys that are remembered at once; those of all shippers there are would be some dozens."""
_NUMBERS = (int, float)
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


class Finder:
    """Finds all parts of a record in one pass over its keys, for of dozens of paths a record has a few."""

    def __init__(self, paths: Mapping[str, KeyPath]) -> None:
        self._places = [
            (part, single, *single.partition(".")[::2])
            for part, path in paths.items()
            for single in as_paths(path)
        ]
        """Of each path, in order: whose it is, the path, and its first key with the rest behind that."""
        self._keys = frozenset(key for _, single, head, _ in self._places for key in (single, head))
        self._plans: dict[frozenset[str], list[tuple[str, str, str]]] = {}
        """Whose part each key is, or the rest of a path within it, by the keys that a record has of all."""

    def of(self, value: Any) -> Parts:
        """The parts of `value`; none of anything but an object."""
        parts: dict[str, list[Any]] = {}
        if not isinstance(value, dict):
            return parts
        keys = self._keys.intersection(value)
        plan = self._plans.get(keys)
        for part, key, rest in self._plan(keys) if plan is None else plan:
            if not rest:
                inside = [value[key]]
            # Looked at first, for hardly any key with a path through it has an object.
            elif not (isinstance(value[key], dict) and (inside := _at_single(value[key], rest))):
                continue
            if part in parts:
                parts[part] += inside
            else:
                parts[part] = inside
        return parts

    def _plan(self, keys: frozenset[str]) -> list[tuple[str, str, str]]:
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        plan = self._plans[keys] = [
            # A key that itself has dots stands above keys that are joined by them.
            (part, path, "") if path in keys else (part, head, rest)
            for part, path, head, rest in self._places
            if path in keys or (rest and head in keys)
        ]
        return plan


def _at_single(value: Any, path: str) -> list[Any]:
    """What stands at one path, a key as it stands or keys joined by dots: one value, or none."""
    if not isinstance(value, dict):
        return []
    if path in value:
        return [value[path]]
    head, _, rest = path.partition(".")
    return _at_single(value.get(head), rest) if rest else []


@lru_cache(maxsize=1024)
def _finder(paths: tuple[str, ...]) -> Finder:
    return Finder({"": paths})


@lru_cache(maxsize=256)
def _finder_of_record(keys: RecordKeys) -> Finder:
    paths = {
        "message": keys.message,
        "host": keys.host,
        "time": keys.time,
        "id": keys.id,
        "program": keys.program,
    }
    return Finder({**paths, "facility": _FACILITY_KEYS, "pri": _PRI_KEYS, **_TRUSTED_KEYS})


def parts_of(value: Any, keys: RecordKeys) -> Parts:
    """What stands for each of the `keys`, `facility`, its number `pri`, and what journald adds."""
    return _finder_of_record(keys).of(value)


def found(value: Any, path: KeyPath) -> Sequence[Any]:
    """What stands at `path`, a key as it stands or keys joined by dots; of several paths, in their order."""
    if isinstance(path, tuple):
        return _finder(path).of(value).get("", ())
    return _at_single(value, path) if path else ()


def find_list(value: Any, path: KeyPath) -> list[Any] | None:
    """The list at `path`; None where there is none, or no path."""
    return next((item for item in found(value, path) if isinstance(item, list)), None)


def as_paths(path: KeyPath) -> tuple[str, ...]:
    """The single paths."""
    return path if isinstance(path, tuple) else (path,) if path else ()


def text_at(value: Any, path: KeyPath) -> str | None:
    """The first text at `path` that is not empty, or else an empty one; None where there is none."""
    return text_of(found(value, path))


def text_of(values: Sequence[Any]) -> str | None:
    """The first text among them, as `text_at`."""
    first: str | None = None
    for value in values:
        if text := _text(value):
            return text
        first = text if first is None else first
    return first


def name_at(value: Any, path: KeyPath) -> str | None:
    """The first name at `path`, such as a host's, fit for a database; None where there is none."""
    return name_of(found(value, path))


def name_of(values: Sequence[Any]) -> str | None:
    """The first name among them, as `name_at`."""
    for value in values:
        if name := _name(value):
            return name
    return None


def facility_of(parts: Parts) -> str | None:
    """The facility's name in lower case, also where the sender gives its number, or a PRI that holds it."""
    text = name_of(parts.get("facility", ()))
    if text is not None:
        return facility_name(text)
    pri = name_of(parts.get("pri", ())) or ""
    return facility_of_pri(pri) if pri.isascii() and pri.isdigit() and len(pri) <= 3 else None


def trusted_of(parts: Parts) -> dict[str, str]:
    """What journald vouches for, by its own names."""
    return {key: name for key in _TRUSTED_KEYS if key in parts and (name := name_of(parts[key]))}


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
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return str(value)
    return None


def _name(value: Any) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    text = _scalar_text(first)
    return storable(text.strip()[:_NAME_LIMIT]) or None if text else None


def storable(text: str) -> str:
    """`text` without the characters that UTF-8 or PostgreSQL cannot store, each replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    # In steps, for a text of nothing else would hold Python's lock for a quarter of a second.
    steps = (text[start : start + _STEP] for start in range(0, len(text), _STEP))
    return "".join(step.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for step in steps)
