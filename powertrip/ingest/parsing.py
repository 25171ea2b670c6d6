"""Turns text into JSON values: one, several in lines or one behind the other; losing nothing on the way."""

import json
import math
from json.decoder import JSONDecodeError
from typing import Any

from powertrip.domain.json_keys import key_twice
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.bounds import check_values
from powertrip.ingest.contract import DEFAULT_LIMITS, Limits, Unread, too_many

SPACES = " \t\r\n"
TOO_DEEP = "the body nests lists or objects too deeply"
_DIGITS = 300
"""Of a whole number that is read as one: as many as the largest of JavaScript's numbers has."""


class KeyTwice(Unreadable):
    """An object of JSON gives a key twice, so that no two readers need to read the same in it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"an object of its JSON gives the key {key} twice; one of the two was not meant")


def parse_values(text: str, limits: Limits = DEFAULT_LIMITS) -> list[Any]:
    """The JSON values of `text`: one, newline-delimited or concatenated. Raises Unreadable, BodyTooLarge."""
    return _parse(text, limits, _DECODER)


def parse_elements(text: str, limits: Limits = DEFAULT_LIMITS) -> tuple[list[Any], tuple[Unread, ...]]:
    """The JSON values of `text`, arrays opened, and apart from them those in which a key stands twice.

    Raises Unreadable where none of them can be read, BodyTooLarge.
    """
    try:
        return opened(_parse(text, limits, _DECODER)), ()
    except KeyTwice:
        marked = opened(_parse(text, limits, _MARKING_DECODER))
        elements = [(element, _key_twice(element)) for element in marked]
        sound = [element for element, key in elements if key is None]
        if not sound:
            raise
    return sound, tuple(
        Unread(
            body=json.dumps(element, ensure_ascii=False).encode("utf-8", "replace"), reason=str(KeyTwice(key))
        )
        for element, key in elements
        if key is not None
    )


def opened(values: list[Any]) -> list[Any]:
    """The elements of arrays, and all other values as they are."""
    elements: list[Any] = []
    for value in values:
        elements += value if isinstance(value, list) else [value]
    return elements


def _parse(text: str, limits: Limits, decoder: json.JSONDecoder) -> list[Any]:
    check_values(text, limits.values)
    values: list[Any] = []
    elements = 0
    position = _skip_spaces(text, 0)
    try:
        # An empty text goes to the decoder too, which says where it expected a value.
        while position < len(text) or not values:
            value, end = decoder.raw_decode(text, position)
            values.append(value)
            elements += len(value) if isinstance(value, list) else 1
            if elements > limits.records:
                raise BodyTooLarge(too_many(limits.records))
            position = _skip_spaces(text, end)
    except JSONDecodeError as error:
        raise Unreadable(f"the body is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    return values


def json_object(text: str) -> dict[str, Any] | None:
    """The one object that the text is; None for any other text. Raises KeyTwice."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        values = parse_values(text)
    except KeyTwice:
        raise
    except Unreadable:
        return None
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else None


def object_or_flaw(text: str) -> tuple[dict[str, Any] | None, str | None]:
    """The one object that the text is, if it is one; or why it must not be judged."""
    try:
        return json_object(text), None
    except KeyTwice as flaw:
        return None, str(flaw)


def _skip_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position] in SPACES:
        position += 1
    return position


def _finite(literal: str) -> float | str:
    number = float(literal)
    return number if math.isfinite(number) else literal


def _integer(literal: str) -> int | str:
    # Reading and writing one takes quadratic time. And a call from here lets other threads go on.
    return int(literal) if len(literal) <= _DIGITS else literal


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs) and (key := key_twice(pairs)):
        raise KeyTwice(key)
    return value


class _Marked(dict[str, Any]):
    """An object in which a key stands twice; it holds all that was given for each key."""

    twice: str


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    key = key_twice(pairs)
    if key is None:
        return dict(pairs)
    marked = _Marked()
    for name, part in pairs:
        marked.setdefault(name, []).append(part)
    marked.twice = key
    return marked


def _key_twice(value: Any) -> str | None:
    """A key that stands twice in an object somewhere within `value`; None where there is none."""
    if isinstance(value, _Marked):
        return value.twice
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((key for part in parts if (key := _key_twice(part)) is not None), None)


# NaN, Infinity and 1e999 stay as the text they were: JSON has no such numbers to write back; and so do
# numbers of very many digits.
# Not strict: shippers with hand-made templates leave tabs and other control characters unescaped.
_DECODER, _MARKING_DECODER = (
    json.JSONDecoder(
        parse_constant=str, parse_float=_finite, parse_int=_integer, strict=False, object_pairs_hook=hook
    )
    for hook in (_once, _marked)
)
