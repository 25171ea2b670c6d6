"""Who was not sure of an event, and for which agent or script an approval was given."""

from typing import Any

# What an earlier release decides, before or meanwhile, it decides of persons; it has nobody who is not sure.
STATEMENTS = (
    "ALTER TABLE event ADD COLUMN doubts TEXT",
    "ALTER TABLE decision ADD COLUMN actor_kind VARCHAR(255) NOT NULL DEFAULT 'person'",
    "ALTER TABLE decision ADD COLUMN agent_name TEXT",
    "ALTER TABLE decision ADD COLUMN agent_running BOOLEAN",
    # Of few decisions: whether anything of a user name was approved for an agent before.
    "CREATE INDEX decision_agent ON decision (event_id) WHERE actor_kind = 'agent'",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the columns; a release that knows none of them goes on as before."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
