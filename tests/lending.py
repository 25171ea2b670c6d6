"""Databases of a PostgreSQL server that many tests have one after the other, each as if it were new.

To copy a database costs a tenth of a second of a core, and to empty one a tenth of that.
"""

from itertools import count
from typing import Any

import psycopg
from psycopg import sql

SHAPE = """
    SELECT 1, count(*), max(xmin::text::bigint) FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT 2, count(*), max(xmin::text::bigint) FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 3, count(*), max(xmin::text::bigint) FROM pg_attrdef WHERE oid >= 16384
    UNION ALL SELECT 4, count(*), max(xmin::text::bigint) FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT 5, count(*), max(xmin::text::bigint) FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT 6, count(*), max(xmin::text::bigint) FROM pg_trigger WHERE oid >= 16384
    UNION ALL SELECT 7, count(*), max(xmin::text::bigint) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT 8, count(*), max(xmin::text::bigint) FROM pg_type WHERE oid >= 16384
    UNION ALL SELECT 9, count(*), max(xmin::text::bigint) FROM pg_namespace
    UNION ALL SELECT 10, count(*), max(xmin::text::bigint) FROM pg_depend WHERE objid >= 16384
    UNION ALL SELECT 11, count(*), max(xmin::text::bigint) FROM pg_statistic WHERE starelid >= 16384
    UNION ALL SELECT 12, count(*), max(xmin::text::bigint) FROM pg_rewrite WHERE oid >= 16384
    UNION ALL SELECT 13, count(*), max(xmin::text::bigint) FROM pg_default_acl
    UNION ALL SELECT 14, count(*), max(xmin::text::bigint) FROM pg_extension
    UNION ALL SELECT 15, count(*), max(xmin::text::bigint) FROM pg_largeobject_metadata"""
"""What is made, changed or looked at closely (ANALYZE) leaves newer rows there, or another number of them.
What has lower numbers is PostgreSQL's own."""
SETTINGS = """
    SELECT datacl::text, datconnlimit, datdba,
        (SELECT array_agg(setconfig::text) FROM pg_db_role_setting WHERE setdatabase IN (0, pg_database.oid))
    FROM pg_database WHERE datname = current_database()"""
COUNTED = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND reltuples >= 0"
"""Tables of which a VACUUM said how full they are."""
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
WRITTEN = """
    SELECT relname, pg_relation_size(oid) + coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0) > 16384
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"""
"""Tables with pages, and whether they have many."""
VACUUM = "VACUUM (TRUNCATE, INDEX_CLEANUP ON) {}"
AS_NEVER_VACUUMED = """
    UPDATE pg_class SET relpages = 0, reltuples = -1, relallvisible = 0
    WHERE relkind IN ('r', 't') AND oid >= 16384 AND reltuples >= 0"""
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
NUMBERS = count()


class Lender:
    """Makes copies of a template, and empties those that come back."""

    def __init__(self, server: Any, template: str) -> None:
        self.template = template
        self._server = server
        self._lent: dict[str, Any] = {}
        """What was seen of each when it was new or emptied."""
        self._idle: dict[str, Any] = {}
        with self._connection(template) as connection:
            tables = [name for name, _ in connection.execute(WRITTEN)]
            self._rows = {name: rows for name in tables if (rows := _rows_of(connection, name))}
            self._sequences = connection.execute(SEQUENCES).fetchall()

    def lend(self) -> str:
        """The URL of a database that is as the template was, until all are taken back."""
        name = next((name for name in list(self._idle) if self._is_as_new(name)), None)
        if name is None:
            name = self._copy()
            with self._connection(name) as connection:
                self._lent[name] = _seen(connection)
        return self._url(name)

    def keep(self) -> str:
        """The URL of such a database that is never taken back."""
        return self._url(self._copy())

    def take_back(self) -> None:
        """Whoever had databases needs them no more."""
        self._idle |= self._lent
        self._lent.clear()

    def _url(self, name: str | None) -> str:
        return str(self._server.get_uri(database=name))

    def _connection(self, name: str | None = None) -> psycopg.Connection[Any]:
        # Not one connection for all: a test may stop the server.
        return psycopg.connect(self._url(name), autocommit=True)

    def _copy(self) -> str:
        name = f"test_{next(NUMBERS)}"
        # Files are copied at half the price of blocks through the log.
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self._connection() as connection:
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(self.template)))
        return name

    def _is_as_new(self, name: str) -> bool:
        """Empties it, and forgets it if that makes it no new one; false also while it is in use."""
        with self._connection(name) as connection:
            if connection.execute(OTHERS).fetchone() != (0,):
                return False
            if _seen(connection) != self._idle.pop(name):
                return False
            self._empty(connection)
            if {table for table, _ in connection.execute(WRITTEN)} != self._rows.keys():
                return False
            self._lent[name] = _seen(connection)
            return True

    def _empty(self, connection: psycopg.Connection[Any]) -> None:
        # The history may be neither changed nor emptied, and keys hold tables to each other.
        connection.execute("SET session_replication_role = replica")
        changed = {
            name: is_large
            for name, is_large in connection.execute(WRITTEN).fetchall()
            if name not in self._rows or _rows_of(connection, name) != self._rows[name]
        }
        small = [sql.Identifier(name) for name, is_large in changed.items() if not is_large]
        large = [sql.Identifier(name) for name, is_large in changed.items() if is_large]
        if large:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(large)))
        if small:
            # Each table that is truncated costs a millisecond and more, and most have a row or two.
            with connection.pipeline():
                for table in small:
                    connection.execute(sql.SQL("DELETE FROM {}").format(table))
            # Or else rows would come to stand where old ones stood, in another order than they were written.
            connection.execute(sql.SQL(VACUUM).format(sql.SQL(", ").join(small)))
            connection.execute(AS_NEVER_VACUUMED)
        for name in self._rows if large else self._rows.keys() & changed:
            if _rows_of(connection, name) != self._rows[name]:
                _put(connection, name, self._rows[name])
        for before, after in zip(self._sequences, connection.execute(SEQUENCES).fetchall(), strict=True):
            if before != after:
                name, value = before
                connection.execute("SELECT setval(%s, %s, %s)", (name, value or 1, value is not None))


def _seen(connection: psycopg.Connection[Any]) -> list[Any]:
    """All by which a database may differ from a new one once it is empty."""
    return [connection.execute(query).fetchall() for query in (SHAPE, SETTINGS, COUNTED)]


def _rows_of(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)


def _put(connection: psycopg.Connection[Any], table: str, rows: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        copy.write(rows)
