"""Which fields of an event stand in its headline."""

from typing import Any

STATEMENTS = (
    "ALTER TABLE event ADD COLUMN headline TEXT",
    "ALTER TABLE sighting ADD COLUMN headline TEXT",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the columns; what is there already keeps NULL, and is shown by the usual fields."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
