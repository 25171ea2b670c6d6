"""What senders left out and is still to be fetched."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

STATEMENTS = (
    """CREATE TABLE gap (
        id {serial}, source VARCHAR(255) NOT NULL, min_id VARCHAR(255) NOT NULL, max_id VARCHAR(255) NOT NULL,
        query TEXT, cursor TEXT NOT NULL, due_at BIGINT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        told_at BIGINT, done_at BIGINT)""",
    "CREATE UNIQUE INDEX gap_once ON gap (source, min_id, max_id)",
    "CREATE INDEX gap_due ON gap (due_at) WHERE done_at IS NULL",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the table."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS:
        db.execute_sql(statement.format(serial=SERIAL[kind]))
