"""The JSON of a record: read once, only if a rule asks, and never trusted to be small or shallow."""

import json
import math
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError
from typing import Any

from powertrip.domain.record import Record
from powertrip.rules.paths import JsonPath

JSON_LIMIT = 1 << 20
"""Characters of a record that are read as JSON: four times what AWS lets an event have."""

_COOKIE = "@cee:"
"""Begins a message that is JSON, by the conventions of Lumberjack, which sudo and rsyslog follow."""
_DIGITS = 400
"""Longer whole numbers stay text: reading them takes time that grows with the square of their length."""


class _UnreadableError(ValueError):
    """The record is JSON, and cannot be judged as such; the text holds nothing of the record."""


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


class RecordJson:
    """The JSON objects that a record holds: the record itself, and its message where that is one too."""

    def __init__(self, record: Record) -> None:
        self._record = record
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
                self._documents[key] = self._read(inside, of_message=of_message)
            except _UnreadableError as error:
                self.problem = str(error)
                self._documents[key] = None
        return self._documents[key]

    def _read(self, inside: tuple[JsonPath, ...], *, of_message: bool) -> Document | None:
        if inside:
            outer = self.document((), of_message=of_message)
            return outer and _unwrapped(outer, inside)
        if not of_message:
            return _parsed(self._record.raw)
        # A source that names no key for the message takes the whole record, or its beginning, for it.
        is_whole = self._record.raw.startswith(self._record.message)
        return None if is_whole or self._record.cut else _parsed(self._record.message)


def _unwrapped(outer: Document, inside: tuple[JsonPath, ...]) -> Document:
    for path in inside:
        value = outer.find(path)
        if isinstance(value, list):
            if len(value) > 1:
                # One record makes one event, and the others would pass in silence.
                raise _UnreadableError(
                    f"holds {len(value)} records in one; write `events: {path.text}` in its source"
                )
            value = value[0] if value else None
        inner = Document(value) if isinstance(value, dict) else None
        if isinstance(value, str):
            inner = _parsed(value)
        if inner is not None:
            return inner
    return outer


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
)
