"""Statements that are written out, where building one would cost ten times what the database does with it.

Values stand as `?`, moments among them as they are; there is no other question mark.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from powertrip.store.database import is_postgres, run_written
from powertrip.store.fields import CONVERTED, MomentField
from powertrip.store.tables import Table

Row = TypeVar("Row", bound=Table)

_MOMENT = MomentField()


def run(statement: str, *values: Any) -> Any:
    """Run it, and return the cursor."""
    stored = [_MOMENT.db_value(value) if isinstance(value, datetime) else value for value in values]
    return run_written(statement, stored)


def marks(values: Collection[object]) -> str:
    """`?, ?` for two values, as in `IN (?, ?)`."""
    return ", ".join("?" * len(values))


def rows(table: type[Row], condition: str, *values: Any) -> list[Row]:
    """The whole rows that fit a condition, which may name their order, too."""
    names, found = _names(table), []
    for read in columns(table, names, condition, *values):
        row = table(__no_default__=True)
        row.__data__ = dict(zip(names, read, strict=True))
        found.append(row)
    return found


def rows_of(table: type[Row], column: str, values: Collection[Any], order: str = "id") -> list[Row]:
    """The whole rows that have one of these in a column, in this order."""
    return rows(table, f"{column} IN ({marks(values)}) ORDER BY {order}", *values) if values else []


def columns(table: type[Table], names: tuple[str, ...], condition: str, *values: Any) -> list[list[Any]]:
    """These columns of the rows that fit a condition."""
    select, converted = _reading(table, names)
    found = [list(stored) for stored in run(f"{select} WHERE {condition}", *values).fetchall()]
    for read in found:
        for place, convert in converted:
            read[place] = convert(read[place])
    return found


@lru_cache
def _names(table: type[Table]) -> tuple[str, ...]:
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to its fields)
    return tuple(meta.sorted_field_names)


@lru_cache
def _reading(
    table: type[Table], names: tuple[str, ...]
) -> tuple[str, list[tuple[int, Callable[[Any], Any]]]]:
    """How columns are read, and what makes values of those that drivers hand on as something else."""
    meta: Any = table._meta  # noqa: SLF001
    fields = [meta.fields[name] for name in names]
    selected = ", ".join(f'"{name}"' for name in names)
    converted = [
        (place, field.python_value) for place, field in enumerate(fields) if isinstance(field, CONVERTED)
    ]
    return f'SELECT {selected} FROM "{meta.table_name}"', converted  # noqa: S608 (names of ours)


def locked(condition: str, *, skip: bool = False) -> str:
    """The condition of rows that nobody else changes until the commit; SQLite has one writer at a time."""
    return f"{condition} FOR UPDATE{' SKIP LOCKED' if skip else ''}" if is_postgres() else condition
