"""What becomes of an event after a denial: who has it, its checklist, notes, and what the backup was told."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

STATEMENTS = """
CREATE TABLE follow_up (event_id VARCHAR(255) PRIMARY KEY REFERENCES event (id), alert_uid VARCHAR(255),
    told_at BIGINT, owner_id VARCHAR(255), owner_name TEXT, owned_since BIGINT, owned_until BIGINT);
CREATE INDEX follow_up_alert ON follow_up (alert_uid) WHERE told_at IS NULL;
CREATE TABLE follow_up_item (id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id),
    number INTEGER NOT NULL, text TEXT NOT NULL, done_by VARCHAR(255), done_at BIGINT,
    UNIQUE (event_id, number));
CREATE TABLE follow_up_note (id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id),
    kind VARCHAR(255) NOT NULL, actor_id VARCHAR(255) NOT NULL, actor_name TEXT NOT NULL, at BIGINT NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX follow_up_note_event ON follow_up_note (event_id);
ALTER TABLE backup ADD COLUMN status VARCHAR(255)
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the tables and the column; what a release that knows none of them denies has no list."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS.format(serial=SERIAL[kind]).split(";"):
        db.execute_sql(statement)
