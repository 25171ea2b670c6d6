"""The pace of lanes, which all workers share, and how far the clock was set back."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE lane (
        name TEXT PRIMARY KEY, free_at BIGINT, busy_until BIGINT, holder VARCHAR(255))""",
    "CREATE TABLE clock (id INTEGER PRIMARY KEY, set_back BIGINT NOT NULL DEFAULT 0, mended_until BIGINT)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
