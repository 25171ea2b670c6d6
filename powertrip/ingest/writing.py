"""Writes values as JSON, a wide one in pieces: while one is written, no other thread runs."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from powertrip.errors import Unreadable
from powertrip.ingest.parsing import TOO_DEEP

_WRITTEN_AT_ONCE = 20_000
"""Values that are written in one go: about 5 ms."""
_PARTS_AT_ONCE = 2_000
_CONTAINERS = (dict, list)
_TYPES_OF_CONTAINERS = frozenset(_CONTAINERS)
# What `json.dumps` makes anew at each call, which takes it four times as long as writing a record.
_encode: Any = c_make_encoder(
    None, json.JSONEncoder().default, encode_basestring, None, ":", ",", False, False, True
)


def _dumps(value: Any) -> str:
    """As `json.dumps` with `ensure_ascii=False` and no blanks; JSON that was read holds no cycles."""
    return "".join(_encode(value, 0))


def value_as_json(value: Any) -> str:
    """`value` as JSON text that every database can store; raises Unreadable if it nests too deeply."""
    try:
        text = "".join(_pieces(value)) if _is_wide(value) else _dumps(value)
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    # A lone surrogate cannot be stored as UTF-8; its backslash form is also its JSON escape.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _is_wide(value: Any) -> bool:
    if isinstance(value, dict) and _TYPES_OF_CONTAINERS.isdisjoint(map(type, value.values())):
        return len(value) >= _WRITTEN_AT_ONCE
    left, waiting = _WRITTEN_AT_ONCE, [value] if isinstance(value, _CONTAINERS) else []
    while waiting and left > 0:
        part = waiting.pop()
        left -= len(part)
        inner = part.values() if isinstance(part, dict) else part
        waiting += [item for item in islice(inner, max(left, 0)) if isinstance(item, _CONTAINERS)]
    return left <= 0


def _pieces(value: Any) -> Iterator[str]:
    if not _is_wide(value):
        yield _dumps(value)
        return
    parts = iter(value.items() if isinstance(value, dict) else value)
    before, after = ("{", "}") if isinstance(value, dict) else ("[", "]")
    while some := list(islice(parts, _PARTS_AT_ONCE)):
        yield before
        before = ","
        together = dict(some) if isinstance(value, dict) else some
        if not _is_wide(together):
            yield _dumps(together)[1:-1]
        elif isinstance(value, dict):
            yield from _joined(chain([f"{_dumps(key)}:"], _pieces(part)) for key, part in some)
        else:
            yield from _joined(_pieces(part) for part in some)
    yield after


def _joined(each: Iterable[Iterable[str]]) -> Iterator[str]:
    for place, pieces in enumerate(each):
        if place:
            yield ","
        yield from pieces
