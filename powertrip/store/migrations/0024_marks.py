"""Keeps what shows that a row was changed before any line of the history tells of it."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

# Empty in what an earlier release wrote, or still writes, and where there is no key.
STATEMENTS = """
ALTER TABLE inbox ADD COLUMN mark VARCHAR(255);
ALTER TABLE quarantine ADD COLUMN mark VARCHAR(255);
ALTER TABLE poll ADD COLUMN mark VARCHAR(255);
ALTER TABLE people_cache ADD COLUMN mark VARCHAR(255);
ALTER TABLE audit ADD COLUMN mark VARCHAR(255);
ALTER TABLE checkpoint ADD COLUMN number BIGINT;
CREATE TABLE judged_batch (id {serial}, at BIGINT NOT NULL, verdict VARCHAR(255) NOT NULL,
    inbox_ids TEXT NOT NULL, mark VARCHAR(255));
CREATE INDEX judged_batch_at ON judged_batch (at);
CREATE TABLE ledger (name VARCHAR(255) NOT NULL, slot INTEGER NOT NULL, kept BIGINT NOT NULL,
    deleted BIGINT NOT NULL, mark VARCHAR(255) NOT NULL, PRIMARY KEY (name, slot))
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add tables and columns; a release that knows none of them goes on as before."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS.format(serial=SERIAL[kind]).split(";"):
        db.execute_sql(statement)
