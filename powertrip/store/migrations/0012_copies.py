"""Copies of events for further channels, and by how much the risk of an address raised their severity."""

from typing import Any

STATEMENTS = (
    "ALTER TABLE event ADD COLUMN risk_steps INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE event ADD COLUMN copied_to TEXT",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
