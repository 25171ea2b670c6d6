"""Column types that both databases store alike."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring_ascii
from typing import Any

from peewee import BigIntegerField, BooleanField, Field, TextField

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# `json.dumps` makes an encoder at each call.
as_json = json.JSONEncoder(sort_keys=True, ensure_ascii=True).encode


def moment(microseconds: int) -> datetime:
    """The moment in UTC, as it is stored."""
    return _EPOCH + timedelta(microseconds=microseconds)


def row_as_json(values: Sequence[Any]) -> str:
    """What `as_json` makes of a list of columns as the database holds them; truths are numbers."""
    parts = []
    for value in values:
        kind = type(value)
        if kind is str:
            parts.append(encode_basestring_ascii(value))
        elif kind is int:
            parts.append(int.__repr__(value))
        elif value is None:
            parts.append("null")
        elif kind is bool:
            parts.append("1" if value else "0")
        else:
            return as_json([int(each) if type(each) is bool else each for each in values])
    return f"[{', '.join(parts)}]"


class MomentField(BigIntegerField):
    """An aware datetime as microseconds since 1970 UTC: exact, sortable and the same on both databases."""

    def db_value(self, value: datetime | None) -> int | None:
        """Microseconds; raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a time zone cannot be stored: {value!r}")
        return (value - _EPOCH) // _MICROSECOND

    def python_value(self, value: int | None) -> datetime | None:
        """The moment in UTC."""
        return None if value is None else moment(value)


class JsonField(TextField):
    """Plain JSON text with sorted keys; NUL characters, which PostgreSQL refuses, are escaped by JSON."""

    def db_value(self, value: Any) -> str | None:
        """JSON text, the same for equal values."""
        if value == {}:
            # Of nearly all records, and an encoder takes 2 us even for that.
            return "{}"
        return None if value is None else as_json(value)

    def python_value(self, value: str | None) -> Any:
        """The value as it went in."""
        return None if value is None else json.loads(value)


class BytesField(Field):
    """Bytes as both drivers take them; peewee's own field takes the type of the database bound last."""

    field_type = "BLOB"

    def python_value(self, value: Any) -> bytes | None:
        """The bytes; psycopg and sqlite3 may hand on a view of them."""
        return None if value is None else bytes(value)


def is_plain(text: str) -> bool:
    """Whether any database holds the text as it is."""
    return text.isascii() and "\x00" not in text


class OutsideTextField(TextField):
    r"""Text from outside; NUL, which PostgreSQL text cannot hold, is kept as the visible `\x00`."""

    def db_value(self, value: str | None) -> str | None:
        """The text with NUL and unpaired surrogates made visible."""
        if value is None or is_plain(value):
            return value
        return value.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


CONVERTED = (MomentField, JsonField, BytesField, BooleanField)
"""Fields of which the drivers hand on something else than their values."""
