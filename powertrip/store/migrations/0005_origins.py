"""What host intrusion detection systems saw of the same things, and what they were told."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

STATEMENTS = (
    "ALTER TABLE occurrence ADD COLUMN event_action VARCHAR(255)",
    "ALTER TABLE occurrence ADD COLUMN user_name TEXT",
    "ALTER TABLE occurrence ADD COLUMN host_name TEXT",
    "ALTER TABLE occurrence ADD COLUMN source_ip TEXT",
    "ALTER TABLE occurrence ADD COLUMN source_port TEXT",
    "CREATE INDEX occurrence_near ON occurrence (event_action, user_name, occurred_at)",
    """CREATE TABLE sighting (
        id {serial}, origin VARCHAR(255) NOT NULL, source VARCHAR(255) NOT NULL, record_id TEXT NOT NULL,
        rule VARCHAR(255) NOT NULL, title TEXT NOT NULL, event_action VARCHAR(255) NOT NULL,
        severity VARCHAR(255) NOT NULL, severity_reason TEXT,
        user_name TEXT, host_name TEXT, source_ip TEXT, source_port TEXT,
        fields TEXT NOT NULL, fold_key TEXT NOT NULL, message TEXT NOT NULL, raw TEXT NOT NULL,
        cut INTEGER NOT NULL, occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL,
        tells BOOLEAN NOT NULL,
        due_at BIGINT NOT NULL, state VARCHAR(255) NOT NULL, occurrence_id BIGINT REFERENCES occurrence (id),
        UNIQUE (source, record_id))""",
    "CREATE INDEX sighting_near ON sighting (event_action, user_name, occurred_at)",
    "CREATE INDEX sighting_due ON sighting (due_at) WHERE state = 'waiting'",
    "CREATE INDEX sighting_occurrence ON sighting (occurrence_id)",
    """CREATE TABLE telling (
        id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id), origin VARCHAR(255) NOT NULL,
        sighting_id BIGINT REFERENCES sighting (id), decision_id BIGINT NOT NULL REFERENCES decision (id),
        state VARCHAR(255) NOT NULL, at BIGINT NOT NULL, error TEXT)""",
    "CREATE INDEX telling_event ON telling (event_id)",
    "CREATE INDEX telling_sighting ON telling (sighting_id)",
    "CREATE INDEX telling_failed ON telling (origin) WHERE state = 'failed'",
    """CREATE TABLE expectation (
        id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id), origin VARCHAR(255) NOT NULL,
        due_at BIGINT NOT NULL, state VARCHAR(255) NOT NULL, told_at BIGINT, UNIQUE (event_id, origin))""",
    "CREATE INDEX expectation_due ON expectation (due_at) WHERE state = 'waiting'",
    "CREATE INDEX expectation_untold ON expectation (id) WHERE state = 'missed' AND told_at IS NULL",
    "CREATE INDEX expectation_told ON expectation (told_at) WHERE told_at IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the tables, and the columns that the two sides are compared by."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS:
        db.execute_sql(statement.format(serial=SERIAL[kind]))
