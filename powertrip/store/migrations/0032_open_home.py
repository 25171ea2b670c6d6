"""Whose Home tab is open."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE open_home (
        slack_id VARCHAR(255) PRIMARY KEY, opened_at BIGINT NOT NULL, asked_at BIGINT, due_at BIGINT NOT NULL,
        published_at BIGINT, is_reviewer BOOLEAN NOT NULL, stamp VARCHAR(255), view_hash VARCHAR(255))""",
    "CREATE INDEX open_home_due ON open_home (due_at)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the table; a release that does not know it has no Home tab."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
