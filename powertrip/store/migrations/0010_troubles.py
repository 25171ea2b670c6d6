"""What only an operator can mend, and one word for all whom Slack has still to name."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE trouble (
        key VARCHAR(255) NOT NULL PRIMARY KEY, title TEXT NOT NULL, lines TEXT NOT NULL,
        since BIGINT NOT NULL, told_at BIGINT)""",
    "UPDATE event SET subject_kind = 'awaited' WHERE subject_kind = 'lookup_failed'",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the table, and rename the kind of subject."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
