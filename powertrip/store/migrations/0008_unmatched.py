"""What came of sources' records, what no rule knew, who is expected to speak, and what is judged again."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE source_count (
        source VARCHAR(255) NOT NULL, hour BIGINT NOT NULL, verdict VARCHAR(255) NOT NULL,
        count BIGINT NOT NULL, first_at BIGINT NOT NULL, newest_at BIGINT NOT NULL,
        PRIMARY KEY (source, hour, verdict))""",
    """CREATE TABLE unmatched (
        source VARCHAR(255) NOT NULL, day VARCHAR(255) NOT NULL, host_name TEXT NOT NULL,
        program TEXT NOT NULL, is_rest BOOLEAN NOT NULL, count BIGINT NOT NULL, newest_at BIGINT NOT NULL,
        message TEXT NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (source, day, host_name, program, is_rest))""",
    """CREATE TABLE voice (
        source VARCHAR(255) NOT NULL, rule VARCHAR(255) NOT NULL, program TEXT NOT NULL,
        host_name TEXT NOT NULL, since BIGINT NOT NULL, heard_at BIGINT, silent_told_at BIGINT,
        told_at BIGINT, PRIMARY KEY (source, rule, program, host_name))""",
    # `heard` stays: a process of the version before may still write it while this one begins.
    """INSERT INTO voice (source, rule, program, host_name, since, heard_at, silent_told_at)
        SELECT source, '', '', '', heard_at, heard_at, silent_told_at FROM heard""",
    "CREATE TABLE standing_note (about VARCHAR(255) PRIMARY KEY, since BIGINT NOT NULL)",
    "ALTER TABLE inbox ADD COLUMN unmatched BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE inbox ADD COLUMN rejudged_at BIGINT",
    "CREATE INDEX inbox_unmatched ON inbox (id) WHERE unmatched",
    "ALTER TABLE quarantine ADD COLUMN inbox_id BIGINT",
    "ALTER TABLE quarantine ADD COLUMN record TEXT",
    "ALTER TABLE quarantine ADD COLUMN request TEXT",
    "ALTER TABLE quarantine ADD COLUMN rejudged_at BIGINT",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the tables and columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
