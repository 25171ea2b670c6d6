"""Migrations expand and never contract: code of the release before works on the tables of this one."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playhouse.migrations import Runner

from powertrip.store.database import open_database
from powertrip.store.migrating import MIGRATIONS, migrate

RELEASED = "0013_headline"
"""The newest migration of the release before; what its code works with must stay."""


class Column(NamedTuple):
    """What code that writes to a table, and reads it, needs to know of a column."""

    type: str
    is_nullable: bool
    has_default: bool


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A database as the release before made it, empty."""
    url = f"sqlite:///{tmp_path}/old.db"
    if request.param == "postgresql":
        server, name = request.getfixturevalue("postgres"), f"expand_{secrets.token_hex(4)}"
        server.psql(f"CREATE DATABASE {name}")
        url = server.get_uri(database=name)
    database: Any = open_database(url)
    with database.connection_context():
        Runner(database, str(MIGRATIONS)).up(RELEASED)
        yield database


def columns(database: Any) -> dict[tuple[str, str], Column]:
    return {
        (table, each.name): Column(each.data_type, each.null or each.primary_key, each.default is not None)
        for table in database.get_tables()
        for each in database.get_columns(table)
    }


def unique(database: Any) -> set[tuple[str, tuple[str, ...]]]:
    return {
        (table, tuple(index.columns))
        for table in database.get_tables()
        for index in database.get_indexes(table)
        if index.unique
    }


def test_what_the_release_before_reads_and_writes_is_still_there_and_as_it_was(opened: Any) -> None:
    before, tables, alone = columns(opened), set(opened.get_tables()), unique(opened)
    migrate(opened)
    opened.connect(reuse_if_open=True)
    after = columns(opened)

    assert {name: after.get(name) for name in before} == before
    new = {name: column for name, column in after.items() if name not in before and name[0] in tables}
    # Its INSERTs name none of them.
    assert {name for name, column in new.items() if not (column.is_nullable or column.has_default)} == set()
    # And nothing of what it inserts may be refused as a duplicate.
    assert {index for index in unique(opened) if index[0] in tables} == alone
