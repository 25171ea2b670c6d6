"""Under the role of `contrib/postgresql/roles.sql` the program works, and cannot rewrite its history."""
# ruff: noqa: S608 (names of ours)

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history import seals
from powertrip.store.migrating import migrate
from tests.store.busy import be_busy, faults

SQL = Path(__file__).parents[2] / "contrib" / "postgresql" / "roles.sql"
ROLES = ("powertrip_owner", "powertrip")


@pytest.fixture
async def running(postgres: Any) -> AsyncIterator[DatabaseThread]:
    """A database with both roles, opened by the one that runs."""
    for statement in (
        "CREATE ROLE powertrip_owner LOGIN",
        "CREATE ROLE powertrip LOGIN",
        "CREATE DATABASE guarded OWNER powertrip_owner",
    ):
        postgres.psql(statement)
    uri = postgres.get_uri(database="guarded")
    as_owner, as_program = (uri.replace("//postgres:", f"//{role}:") for role in ROLES)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("ALTER SCHEMA public OWNER TO powertrip_owner")
    migrate(open_database(as_owner))
    with psycopg.connect(as_owner, autocommit=True) as connection:
        for _ in range(2):
            connection.execute(SQL.read_text())
    thread = DatabaseThread(open_database(as_program))
    yield thread
    await thread.close()


async def test_the_program_works_and_can_rewrite_nothing(running: DatabaseThread) -> None:
    # As every start does, which finds nothing to do.
    assert migrate(running.database) == []
    await be_busy(running)
    assert await faults(running) == {}
    rewritings = (
        "UPDATE audit SET detail = '{}'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "TRUNCATE audit_head",
        "DROP TRIGGER audit_no_change ON audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "ALTER TABLE audit RENAME TO elsewhere",
        "SET session_replication_role = replica",
        "CREATE TRIGGER tidy BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger AS $$ BEGIN END $$ LANGUAGE plpgsql",
        "CREATE RULE none AS ON INSERT TO inbox DO INSTEAD NOTHING",
        "CREATE VIEW shadow AS SELECT * FROM audit",
        "DROP INDEX event_open",
        "SELECT setval('audit_id_seq', 1)",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET lines = 1",
        "DELETE FROM event",
        "DELETE FROM occurrence",
        "DELETE FROM decision",
        "DELETE FROM notice",
        "UPDATE occurrence SET message = 'nothing'",
        "UPDATE decision SET verdict = 'approve'",
        "UPDATE notice SET kind = 'first'",
        "UPDATE checkpoint SET text = ''",
        "DELETE FROM anchored",
        "UPDATE schema_migration SET name = ''",
        "SET ROLE powertrip_owner",
        *(f"UPDATE event SET {column} = {column}" for column in seals.OF_EVENT),
    )
    for statement in rewritings:
        with pytest.raises(Exception, match=r"permission denied|must be owner|only grows|must be able"):
            await running.run(running.database.execute_sql, statement)
    assert await faults(running) == {}
