"""In which order first cards go out, and whose questions became too many."""

from typing import Any

STATEMENTS = (
    # What an earlier release wrote, or still writes, goes as if it were of medium severity.
    "ALTER TABLE delivery ADD COLUMN rank INTEGER NOT NULL DEFAULT 2",
    "ALTER TABLE delivery ADD COLUMN event_id VARCHAR(255)",
    # What a claim passes over is told by the index alone.
    (
        "CREATE INDEX delivery_order ON delivery (priority, rank, id, lane, due_at, leased_until) "
        "WHERE state = 'waiting'"
    ),
    "CREATE INDEX delivery_in_lane ON delivery (lane, priority, rank, id) WHERE state = 'waiting'",
    "CREATE INDEX delivery_of_event ON delivery (event_id) WHERE state = 'waiting'",
    # By which a person's questions of the last minutes are counted.
    "CREATE INDEX delivery_asked ON delivery (channel, created_at) WHERE kind = 'first'",
    "ALTER TABLE event ADD COLUMN diverted TEXT",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the columns, and the indexes by which the most urgent delivery is found."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
