"""What was told by the backup channels."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

STATEMENTS = (
    "ALTER TABLE delivery ADD COLUMN backed_up_at BIGINT",
    """CREATE TABLE backup (
        id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id), channel VARCHAR(255) NOT NULL,
        sent_at BIGINT NOT NULL, digest_at BIGINT)""",
    "CREATE INDEX backup_event ON backup (event_id)",
    "CREATE INDEX backup_undigested ON backup (channel) WHERE digest_at IS NULL",
    "CREATE INDEX delivery_backed_up ON delivery (id) WHERE state = 'waiting' AND backed_up_at IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the table, and the mark of deliveries that were told another way."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS:
        db.execute_sql(statement.format(serial=SERIAL[kind]))
