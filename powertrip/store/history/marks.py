"""Marks on rows of which no line of the history tells yet: whoever has the database alone cannot make one.

A mark is a keyed hash (BLAKE2b) over what a row holds. Its key comes of the one that signs checkpoints; where
there is none, rows bear no mark. It shows a change, not a deletion; that is what the `ledger` counts for.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from powertrip.domain.checkpoint import name_of
from powertrip.store.database_in_use import database
from powertrip.store.tables import Table

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIZE = 16
"""Bytes of a mark."""

_HOUR = timedelta(hours=1) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes marks with one key."""

    name: str
    """The key's, which each mark begins with."""
    _key: bytes

    def of(self, values: Iterable[Any]) -> str:
        """The mark of these values as the database holds them."""
        # No text in the database holds a NUL, so values that move from column to column make another text.
        texts = [value if type(value) is str else _plain(value) for value in values]
        made = hashlib.blake2b(
            "\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=SIZE, key=self._key
        )
        return f"{self.name}:{made.hexdigest()}"

    def of_row(self, table: type[Table], row: Mapping[str, Any], names: Iterable[str]) -> str:
        """The mark of a row that is about to be written, or was read as the program reads it."""
        fields: Any = table._meta.fields  # noqa: SLF001 (peewee's way to its fields)
        return self.of([fields[name].db_value(row[name]) for name in names])

    def made(self, mark: Any) -> bool:
        """Whether a mark names this key, rightly or not."""
        return isinstance(mark, str) and mark.startswith(f"{self.name}:")


def _plain(value: Any) -> str:
    """What stands for a value that is no text; none of these is a text that the program keeps there."""
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return "\x00-" if value is None else str(value)


class Since:
    """Tells which rows, read in their order, have to bear a mark: those after the first with one.

    For an hour after it processes without the key may go on. The hour is that of rows with marks, for
    whoever forges a row may date it as they like.
    """

    def __init__(self, marker: Marker) -> None:
        self.began: int | None = None
        """When the first row with a right mark was kept."""
        self.name = marker.name
        self._marker = marker
        self._latest = 0

    def is_wrong(self, mark: Any, values: Iterable[Any], at: int) -> bool:
        """Whether a row bears a wrong mark of this key."""
        if not self._marker.made(mark):
            return False
        if mark != self._marker.of(values):
            return True
        self.began = at if self.began is None else self.began
        self._latest = max(self._latest, at)
        return False

    def is_missing(self, mark: Any) -> bool:
        """Whether a row lacks a mark that it has to bear."""
        return not self._marker.made(mark) and self.began is not None and self._latest > self.began + _HOUR


def marker_of(key: "Ed25519PrivateKey | None") -> Marker | None:
    """What makes marks for the owner of a key."""
    if key is None:
        return None
    made = hashlib.blake2b(b"powertrip marks", key=key.private_bytes_raw())
    return Marker(name_of(key.public_key()), made.digest())


def in_use() -> Marker | None:
    """What makes marks in the running step."""
    marker: Marker | None = getattr(database.obj, "marker", None)
    return marker
