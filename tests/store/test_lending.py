"""A PostgreSQL database that a test had before is as new to the next one, or is another one."""

from typing import Any

import psycopg
import pytest

from tests.lending import Lender
from tests.store.conftest import busy

TALLY = "INSERT INTO tally (day, verdict, name, count) VALUES ('2026-01-01', 'event', 'ssh', 1)"
MANY = (
    "INSERT INTO tally (day, verdict, name, count) "
    "SELECT '2026-01-01', 'event', number, 1 FROM generate_series(1, 20000) AS number"
)
HEAD = "SET session_replication_role = replica; UPDATE audit_head SET lines = 7"


def connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True)


def all_of(url: str) -> dict[str, Any]:
    """All that stands in a database, the next numbers and what is known of the tables included."""
    known = """
        SELECT relname, relkind::text, reltuples FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY relname"""
    with connected(url) as connection:
        places = connection.execute(known).fetchall()
        # How many more numbers of a sequence are written down ahead is nobody's to see.
        what = {"r": "*", "S": "last_value, is_called"}
        selects = {name: f'SELECT {what[kind]} FROM "{name}"' for name, kind, _ in places}  # noqa: S608
        return {"": places} | {
            name: connection.execute(select.encode()).fetchall() for name, select in selects.items()
        }


def lent_again(lender: Lender, *statements: str) -> tuple[str, str]:
    """The database in which these were run, and the one that the next test has."""
    url = lender.lend()
    with connected(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    lender.take_back()
    return url, lender.lend()


@pytest.fixture
def own(postgres: Any, lender: Lender) -> Lender:
    """One that has lent nothing."""
    return Lender(postgres, lender.template)


@pytest.mark.parametrize("statements", [(TALLY,), (MANY,), (HEAD,), (MANY, TALLY, HEAD, "DELETE FROM tally")])
def test_what_was_written_is_gone(own: Lender, statements: tuple[str, ...]) -> None:
    new = all_of(own.keep())
    first, second = lent_again(own, *statements)
    assert second == first
    assert all_of(second) == new


async def test_a_whole_history_is_gone(own: Lender) -> None:
    new = all_of(own.keep())
    url = own.lend()
    await busy(url)
    own.take_back()
    assert own.lend() == url
    assert all_of(url) == new


async def test_what_a_template_held_stands_there_again(own: Lender, postgres: Any) -> None:
    template = own.keep()
    await busy(template)
    name = str(psycopg.conninfo.conninfo_to_dict(template)["dbname"])
    of_busy = Lender(postgres, name)
    held = all_of(of_busy.keep())
    first, second = lent_again(of_busy, HEAD, "DELETE FROM event", "DELETE FROM inbox", TALLY)
    assert second == first
    assert all_of(second) == held


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE tally ADD COLUMN more TEXT",
        "CREATE INDEX more ON tally (name)",
        "DROP TRIGGER audit_no_change ON audit",
        "ALTER TABLE audit DISABLE TRIGGER audit_no_change",
        "CREATE SCHEMA more",
        "GRANT SELECT ON tally TO PUBLIC",
        f"{TALLY}; ANALYZE tally",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 1000', current_database()); END $$",
    ],
)
def test_what_was_done_to_the_database_itself_ends_with_it(own: Lender, statement: str) -> None:
    first, second = lent_again(own, statement)
    assert second != first


def test_one_that_is_in_use_still_is_not_lent(own: Lender) -> None:
    url = own.lend()
    with connected(url):
        own.take_back()
        assert own.lend() != url


def test_two_that_are_lent_at_once_are_two(own: Lender) -> None:
    assert own.lend() != own.lend()
