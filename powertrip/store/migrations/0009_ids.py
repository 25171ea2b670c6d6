"""What tells two records with one id apart, what differs within an event, and what a HIDS missed of it."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

STATEMENTS = (
    "ALTER TABLE inbox ADD COLUMN content TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE inbox ADD COLUMN flaw TEXT",
    "ALTER TABLE occurrence ADD COLUMN differs TEXT",
    "ALTER TABLE event ADD COLUMN varied TEXT",
    "ALTER TABLE event ADD COLUMN answered_revision INTEGER NOT NULL DEFAULT 0",
    # By occurrence, so that each of several in one event is expected; until now the first was.
    "ALTER TABLE expectation RENAME TO expectation_of_events",
    "DROP INDEX expectation_due",
    "DROP INDEX expectation_untold",
    "DROP INDEX expectation_told",
    """CREATE TABLE expectation (
        id {serial}, occurrence_id BIGINT NOT NULL REFERENCES occurrence (id), origin VARCHAR(255) NOT NULL,
        due_at BIGINT NOT NULL, state VARCHAR(255) NOT NULL, told_at BIGINT, note_uid VARCHAR(255),
        UNIQUE (occurrence_id, origin))""",
    """INSERT INTO expectation (occurrence_id, origin, due_at, state, told_at)
        SELECT MIN(occurrence.id), origin, due_at, state, told_at
        FROM expectation_of_events JOIN occurrence ON occurrence.event_id = expectation_of_events.event_id
        GROUP BY expectation_of_events.id, origin, due_at, state, told_at""",
    "DROP TABLE expectation_of_events",
    "CREATE INDEX expectation_due ON expectation (due_at) WHERE state = 'waiting'",
    "CREATE INDEX expectation_untold ON expectation (id) WHERE state = 'missed' AND told_at IS NULL",
    "CREATE INDEX expectation_told ON expectation (told_at) WHERE told_at IS NOT NULL",
    "CREATE INDEX expectation_note ON expectation (note_uid) WHERE note_uid IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the columns, and let each record of an event be expected of its own."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS:
        db.execute_sql(statement.format(serial=SERIAL[kind]))
