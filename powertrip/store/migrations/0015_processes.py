"""The processes at work, each with its last sign of life."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE process (
        name VARCHAR(255) PRIMARY KEY, role VARCHAR(16) NOT NULL, host VARCHAR(255) NOT NULL,
        pid INTEGER NOT NULL, version VARCHAR(64) NOT NULL, started_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL, connected_at BIGINT, stopped_at BIGINT)""",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the table."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
