"""The JSON of a record: read once, only if a rule asks, and never trusted to be small or shallow."""

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from json.decoder import JSONDecodeError
from typing import Any

from powertrip.domain.record import Record
from powertrip.rules.paths import Path

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
    _found: dict[Path, Any] = field(default_factory=dict)

    def find(self, path: Path) -> Any:
        """See `Path.find`."""
        if path not in self._found:
            self._found[path] = path.find(self.value)
        return self._found[path]


class RecordJson:
    """The JSON objects that a record holds: the record itself, and its message where that is one too."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._inside: dict[tuple[tuple[Path, ...], bool], Document | None] = {}
        self.problem: str | None = None
        """Why a document that was asked for could not be read; holds nothing of the record."""

    def document(self, inside: tuple[Path, ...], *, of_message: bool) -> Document | None:
        """The object at the first of the places `inside`, or else the whole object; None if there is none.

        What is there and cannot be read is named in `problem`.
        """
        key = (inside, of_message)
        if key not in self._inside:
            self._inside[key] = self._document(inside, of_message=of_message)
        return self._inside[key]

    def _document(self, inside: tuple[Path, ...], *, of_message: bool) -> Document | None:
        try:
            outer = self._message if of_message else self._whole
            return outer and _unwrap(outer, inside)
        except _UnreadableError as error:
            self.problem = str(error)
            return None

    @cached_property
    def _whole(self) -> Document | None:
        return _read(self._record.raw)

    @cached_property
    def _message(self) -> Document | None:
        is_whole = self._record.raw.startswith(self._record.message)
        return None if is_whole or self._record.cut else _read(self._record.message)


def _unwrap(outer: Document, inside: tuple[Path, ...]) -> Document:
    for path in inside:
        found = _single(outer.find(path), path)
        inner = _read(found) if isinstance(found, str) else found
        if isinstance(inner, Document):
            return inner
        if isinstance(inner, dict):
            return Document(inner)
    return outer


def _single(found: Any, path: Path) -> Any:
    if not isinstance(found, list):
        return found
    if len(found) > 1:
        raise _UnreadableError(
            f"holds {len(found)} records in one; write `events: {path.text}` in its source"
        )
    return found[0] if found else None


def _read(text: str) -> Document | None:
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


def _whole_number(literal: str) -> int | str:
    return int(literal) if len(literal) <= _DIGITS else literal


def _number(literal: str) -> float | str:
    number = float(literal)
    return number if math.isfinite(number) else literal


_DECODER = json.JSONDecoder(parse_int=_whole_number, parse_float=_number, parse_constant=str, strict=False)
