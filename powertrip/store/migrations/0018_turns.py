"""The turn of each waiting record, by which every source has its share of what is judged."""

from typing import Any

STATEMENTS = (
    # Of what an earlier version keeps meanwhile: it comes first, the oldest first.
    "ALTER TABLE inbox ADD COLUMN turn BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX inbox_turn ON inbox (turn, id) WHERE judged_at IS NULL",
    "CREATE INDEX inbox_of_source ON inbox (source, turn) WHERE judged_at IS NULL",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the column and its indexes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
