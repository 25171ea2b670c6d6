"""The turn of each waiting delivery, by which no lane waits for all that stands in another."""

from typing import Any

STATEMENTS = (
    # Of what an earlier version queues meanwhile: it comes first, the oldest first.
    "ALTER TABLE delivery ADD COLUMN turn BIGINT NOT NULL DEFAULT 0",
    # In place of the one without turns, by which nothing is looked for any more.
    "DROP INDEX delivery_order",
    # What a claim passes over is told by the index alone.
    (
        "CREATE INDEX delivery_turn ON delivery "
        "(priority, rank, turn, id, lane, due_at, leased_until, state) WHERE state = 'waiting'"
    ),
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the column and its index."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
