"""The JSON of a record: read once, only if a rule asks, and never trusted to be small or shallow."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError
from typing import Any

from powertrip.domain.json_keys import key_twice
from powertrip.domain.record import Record
from powertrip.rules.paths import JsonPath

JSON_LIMIT = 1 << 20
"""Characters of a record that are read as JSON: four times what AWS lets an event have."""

# Begins a message that is JSON, by the conventions of Lumberjack, which sudo and rsyslog follow.
_COOKIE = "@cee:"
# Longer whole numbers stay text: reading them takes time that grows with the square of their length.
_DIGITS = 400


class _UnreadableError(ValueError):
    """The record is JSON, and cannot be judged as such; of the record the text holds a key at most."""


def begins_as_json(text: str) -> bool:
    """Whether the text may hold an object, told without reading it."""
    return text.lstrip().startswith(("{", _COOKIE))


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One JSON object; what a path finds in it is looked up once."""

    value: dict[str, Any]
    _found: dict[JsonPath, Any] = field(default_factory=dict)

    def find(self, path: JsonPath) -> Any:
        """See `JsonPath.find`."""
        if path not in self._found:
            self._found[path] = path.find(self.value)
        return self._found[path]

    def without(self, paths: Iterable[str]) -> str:
        """The object as JSON with its keys in order, without what stands at the paths: keys joined by dots.

        Raises RecursionError for one that nests too deeply to write.
        """
        value = self.value
        for path in paths:
            value = _without(value, path)
        return json.dumps(value, sort_keys=True)

    def unwrapped(self, inside: tuple[JsonPath, ...]) -> "Document":
        """The object at the first of the places that holds one, or else this one. Raises _UnreadableError."""
        for path in inside:
            value = self.find(path)
            if isinstance(value, list):
                if len(value) > 1:
                    # One record makes one event, and the others would pass in silence.
                    raise _UnreadableError(
                        f"holds {len(value)} records in one; write `events: {path.text}` in its source"
                    )
                value = value[0] if value else None
            if isinstance(value, dict):
                return Document(value)
            # Text that is JSON is a carrier's, such as a log event's, and may hold an envelope in turn.
            if isinstance(value, str) and (inner := _parsed(value)) is not None:
                return inner.unwrapped(inside)
        return self


class RecordJson:
    """The JSON objects that a record holds: the record itself, and its message where that is one too."""

    def __init__(self, record: Record) -> None:
        # A source that names no key for the message takes the whole record, or its beginning, for it.
        is_whole = record.raw.startswith(record.message)
        self._raw = record.raw
        self._message = "" if is_whole or record.cut else record.message
        self._documents: dict[tuple[tuple[JsonPath, ...], bool], Document | None] = {}
        self.problem: str | None = None
        """Why a document that was asked for could not be read; holds nothing of the record."""

    def document(self, inside: tuple[JsonPath, ...], *, of_message: bool) -> Document | None:
        """The object at the first of the places `inside`, or else the whole object; None if there is none.

        What is there and cannot be read is named in `problem`.
        """
        key = (inside, of_message)
        if key not in self._documents:
            try:
                if inside:
                    outer = self.document((), of_message=of_message)
                    self._documents[key] = outer and outer.unwrapped(inside)
                else:
                    self._documents[key] = _parsed(self._message if of_message else self._raw)
            except _UnreadableError as error:
                self.problem = str(error)
                self._documents[key] = None
        return self._documents[key]


def _without(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_without(item, path) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: item for key, item in value.items() if key != path}
    head, _, rest = path.partition(".")
    return kept | {head: _without(kept[head], rest)} if rest and head in kept else kept


def _parsed(text: str) -> Document | None:
    """The object that the text holds; None if it holds none. Raises _UnreadableError."""
    if not begins_as_json(text):
        return None
    text = text.strip().removeprefix(_COOKIE).lstrip()
    if len(text) > JSON_LIMIT:
        raise _UnreadableError(f"is JSON of more than {JSON_LIMIT} characters")
    try:
        value = _DECODER.decode(text)
    except JSONDecodeError:
        return None
    except RecursionError as error:
        raise _UnreadableError("is JSON that nests lists or objects too deeply") from error
    return Document(value) if isinstance(value, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        # Whoever else reads it may read the other one.
        raise _UnreadableError(f"is JSON in which an object gives the key {key_twice(pairs)} twice")
    return value


def _finite(literal: str) -> float | str:
    # 1e999 would be read as infinity, which no JSON can hold again.
    number = float(literal)
    return number if math.isfinite(number) else literal


_DECODER = json.JSONDecoder(
    parse_int=lambda literal: int(literal) if len(literal) <= _DIGITS else literal,
    parse_float=_finite,
    parse_constant=str,
    # A bare tab or line break inside a text is no reason to lose the record.
    strict=False,
    object_pairs_hook=_once,
)
