"""Many rows by one statement a table; what peewee does for each row takes longer than the database does."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

from peewee import Field, __exception_wrapper__  # type: ignore[attr-defined]

from powertrip.store.database import is_postgres
from powertrip.store.database_in_use import database
from powertrip.store.fields import CONVERTED, OutsideTextField, is_plain
from powertrip.store.tables import Table

_TOGETHER = (64, 8, 1)
"""Rows that one statement inserts into SQLite, which takes 32,766 values at most."""

Rows = Sequence[Mapping[str, Any]]
"""Values by column; all rows of one call have the same columns, in the same order."""


def insert_all(
    table: type[Table],
    rows: Rows,
    on_conflict: str = "",
    *,
    mark: Callable[[Sequence[Any]], str] | None = None,
    marked: Sequence[str] = (),
) -> int:
    """Insert rows; returns how many were new, which is all of them unless `on_conflict` says otherwise.

    `mark` makes each row's mark of its columns `marked`, as the database will hold them.
    """
    if not rows:
        return 0
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to its fields)
    defaults = {name: value for name, value in meta.get_default_dict().items() if name not in rows[0]}
    names = [*rows[0], *defaults]
    given = _values(meta, rows, list(rows[0]))
    if mark is not None:
        of_marked = itemgetter(*(names.index(name) for name in marked))
        given, names = [(*values, mark(of_marked(values))) for values in given], [*rows[0], "mark", *defaults]
    constants = tuple(meta.fields[name].db_value(value) for name, value in defaults.items())
    return insert_stored(table, names, [values + constants for values in given], on_conflict)


def insert_stored(
    table: type[Table], names: Sequence[str], rows: Sequence[tuple[Any, ...]], on_conflict: str = ""
) -> int:
    """Insert rows of values as the database holds them; returns how many were new."""
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to its fields)
    columns = ", ".join(f'"{name}"' for name in names)
    begin = f'INSERT INTO "{meta.table_name}" ({columns}) VALUES '  # noqa: S608 (names of ours)
    marks = f"({', '.join([_mark()] * len(names))})"
    if is_postgres():
        return _execute(f"{begin}{marks} {on_conflict}", rows)
    return _insert_together(begin, marks, on_conflict, rows)


def update_all(table: type[Table], rows: Rows, *, key: Sequence[str] = ("id",)) -> None:
    """Change rows, each found by its columns `key`, to the values of its other columns."""
    if not rows:
        return
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to its fields)
    changed = [name for name in rows[0] if name not in key]
    changes = ", ".join(f'"{name}" = {_mark()}' for name in changed)
    found = " AND ".join(f'"{name}" = {_mark()}' for name in key)
    statement = f'UPDATE "{meta.table_name}" SET {changes} WHERE {found}'  # noqa: S608 (names of ours)
    _execute(statement, _values(meta, rows, [*changed, *key]))


def read_all(query: Any) -> list[Any]:
    """The rows of a query of plain columns, each a named tuple."""
    fields: Sequence[Field] = query.selected_columns
    with __exception_wrapper__:
        rows = database.execute(query).fetchall()
    named = _named(tuple(field.name for field in fields))
    columns = [
        map(field.python_value, values) if isinstance(field, CONVERTED) else values
        for field, values in zip(fields, zip(*rows, strict=True), strict=bool(rows))
    ]
    return list(map(named._make, zip(*columns, strict=True)))


@cache
def _named(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)  # noqa: PYI024 (its names are known only here)


def stored(table: type[Table], rows: Rows, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The values of these columns, as the database holds them."""
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to its fields)
    return _values(meta, rows, names)


def _mark() -> str:
    return "%s" if is_postgres() else "?"


def _values(meta: Any, rows: Rows, names: Sequence[str]) -> list[tuple[Any, ...]]:
    of_rows: Any = zip(*(map(row.__getitem__, names) for row in rows), strict=True)
    columns = [
        in_database(meta.fields[name], values) for name, values in zip(names, of_rows, strict=bool(rows))
    ]
    return list(zip(*columns, strict=True))


def in_database(field: Field, values: Sequence[Any]) -> Iterable[Any]:
    """The values of one column as the database holds them."""
    # A call a value for plain text and numbers would take as long as the database.
    is_same = type(field).db_value is Field.db_value
    if is_same or (isinstance(field, OutsideTextField) and is_plain("".join(filter(None, values)))):
        return values
    return map(field.db_value, values)


def _insert_together(begin: str, marks: str, on_conflict: str, rows: Sequence[tuple[Any, ...]]) -> int:
    # At each statement SQLite's driver lets go of Python's lock and waits for it again: with many rows in one
    # it does so seldom. Of few sizes, for statements are remembered.
    new = start = 0
    with __exception_wrapper__:
        cursor = database.cursor()
        for size in _TOGETHER:
            statement = f"{begin}{', '.join([marks] * size)} {on_conflict}"
            while len(rows) - start >= size:
                cursor.execute(statement, list(chain.from_iterable(rows[start : start + size])))
                new += max(int(cursor.rowcount), 0)
                start += size
    return new


def _execute(statement: str, values: Sequence[tuple[Any, ...]]) -> int:
    with __exception_wrapper__:
        cursor = database.cursor()
        cursor.executemany(statement, values)
        return max(int(cursor.rowcount), 0)
