"""Where polls go on, and when sources were last heard."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE poll (
        name VARCHAR(255) PRIMARY KEY, since BIGINT NOT NULL, cursor TEXT, next_at BIGINT NOT NULL,
        owner VARCHAR(255), leased_until BIGINT, failures INTEGER NOT NULL DEFAULT 0, failing_since BIGINT,
        failing_told_at BIGINT, error TEXT, succeeded_at BIGINT, behind_count INTEGER NOT NULL DEFAULT 0,
        behind_from BIGINT, behind_to BIGINT)""",
    "CREATE TABLE heard (source VARCHAR(255) PRIMARY KEY, heard_at BIGINT NOT NULL, silent_told_at BIGINT)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create both tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
