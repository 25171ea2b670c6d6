"""When a message was last redrawn, so that a card is not redrawn for each record that joins."""

from typing import Any

STATEMENT = "ALTER TABLE notice ADD COLUMN redrawn_at BIGINT"


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the column; empty for what was not redrawn yet, or by the release before."""
    db.execute_sql(STATEMENT)
