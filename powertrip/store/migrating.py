"""Brings the tables up to date, one process at a time."""

import time
from pathlib import Path
from typing import Any

import peewee
import structlog
from playhouse.migrations import Runner

from powertrip.errors import StoreUnavailable
from powertrip.store.drivers import driver_errors
from powertrip.store.faults import is_in_the_way, named

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x506F776572
MIGRATION_PAUSE = 0.5
MIGRATION_TRIES = 60
"""So often is one tried: for two minutes and a half at most, as long as a platform waits for a release."""


def pending_migrations(opened: peewee.Database) -> list[str]:
    """Names of the migrations not yet applied, in order."""
    return [step.name for step in Runner(opened, str(MIGRATIONS)).status() if not step.applied]


def migrate(opened: Any) -> list[str]:
    """Apply what is pending, one process at a time; returns the names applied.

    Raises StoreUnavailable where the database cannot be opened or does not answer.
    """
    opened = opened.for_migrations()
    try:
        with opened.connection_context():
            # The lock ends with the connection. On SQLite each migration locks out all other writers itself.
            if isinstance(opened, peewee.PostgresqlDatabase):
                opened.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
            # Who may not make tables may start where there is none to make.
            return _apply(opened) if pending_migrations(opened) else []
    except driver_errors() as error:
        raise StoreUnavailable(f"database.url: the database cannot be used: {named(error)}") from error


def _apply(opened: Any) -> list[str]:
    pending = pending_migrations(opened)
    for left in reversed(range(MIGRATION_TRIES)):
        try:
            # Each migration is a transaction: what failed is as it was, and what went before stays.
            Runner(opened, str(MIGRATIONS)).up()
            break
        except driver_errors() as error:
            # Programs of the version before go on writing, and take locks in an order of their own.
            if not left or not is_in_the_way(error):
                raise
            log.info("migration met other writers, repeating", error=str(error))
            time.sleep(MIGRATION_PAUSE)
    return pending
