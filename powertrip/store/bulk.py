"""Many rows by one statement a table; peewee builds SQL for each row, which takes longer than storing it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from peewee import Field, __exception_wrapper__  # type: ignore[attr-defined]

from powertrip.store.database import is_postgres
from powertrip.store.database_in_use import database
from powertrip.store.tables import Table

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
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join([_mark()] * len(names))
    statement = f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({marks}) {on_conflict}'  # noqa: S608 (names of ours)
    constants = tuple(meta.fields[name].db_value(value) for name, value in defaults.items())
    return _execute(statement, [values + constants for values in given])


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


def _mark() -> str:
    return "%s" if is_postgres() else "?"


def _values(meta: Any, rows: Rows, names: Sequence[str]) -> list[tuple[Any, ...]]:
    # Column by column: a call a value for plain text and numbers would take as long as the database.
    columns: list[Iterable[Any]] = []
    for name in names:
        values = [row[name] for row in rows]
        field = meta.fields[name]
        columns.append(values if type(field).db_value is Field.db_value else map(field.db_value, values))
    return list(zip(*columns, strict=True))


def _execute(statement: str, values: Sequence[tuple[Any, ...]]) -> int:
    with __exception_wrapper__:
        cursor = database.cursor()
        cursor.executemany(statement, values)
        return max(int(cursor.rowcount), 0)
