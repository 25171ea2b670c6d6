"""What is known of an event beyond its record: of the address, and of the person's own past."""

from typing import Any

STATEMENTS = (
    "ALTER TABLE event ADD COLUMN facts TEXT",
    "ALTER TABLE event ADD COLUMN past TEXT",
    "ALTER TABLE event ADD COLUMN severity_reason TEXT",
    "ALTER TABLE event ADD COLUMN as_number BIGINT",
    "ALTER TABLE event ADD COLUMN country_code VARCHAR(2)",
    "ALTER TABLE event ADD COLUMN facts_due_at BIGINT",
    "ALTER TABLE event ADD COLUMN facts_tries INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX event_facts_due ON event (facts_due_at) WHERE facts_due_at IS NOT NULL",
    "CREATE INDEX event_user_ip ON event (user_name, source_ip, received_at)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the columns, and the indexes that find due lookups and a person's past."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
