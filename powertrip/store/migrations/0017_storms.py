"""Storms: many events alike that are asked about with one card."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE storm (
        id VARCHAR(255) PRIMARY KEY, kind VARCHAR(255) NOT NULL, "key" VARCHAR(255) NOT NULL,
        rule VARCHAR(255) NOT NULL, title TEXT NOT NULL, severity VARCHAR(255) NOT NULL, user_name TEXT,
        source_ip TEXT, network TEXT NOT NULL, failed BOOLEAN NOT NULL, host_groups TEXT NOT NULL,
        channel VARCHAR(255) NOT NULL, opened_at BIGINT NOT NULL, last_at BIGINT NOT NULL, ended_at BIGINT,
        ends_after BIGINT NOT NULL, update_every BIGINT NOT NULL, seq BIGINT NOT NULL,
        version BIGINT NOT NULL, reminders INTEGER NOT NULL, next_reminder_at BIGINT)""",
    'CREATE UNIQUE INDEX storm_open ON storm ("key") WHERE ended_at IS NULL',
    "CREATE INDEX storm_due ON storm (next_reminder_at) WHERE next_reminder_at IS NOT NULL",
    """CREATE TABLE storm_seen (
        "key" VARCHAR(255) NOT NULL, event_id VARCHAR(255) NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY ("key", event_id))""",
    'CREATE INDEX storm_seen_recent ON storm_seen ("key", at)',
    "CREATE INDEX storm_seen_at ON storm_seen (at)",
    """CREATE TABLE storm_message (
        channel VARCHAR(255) NOT NULL, ts VARCHAR(255) NOT NULL, storm_id VARCHAR(255) NOT NULL,
        kind VARCHAR(255) NOT NULL, reminder INTEGER NOT NULL, shown_version BIGINT NOT NULL,
        shown_at BIGINT NOT NULL, removed_at BIGINT, PRIMARY KEY (channel, ts))""",
    "CREATE INDEX storm_message_storm ON storm_message (storm_id)",
    "ALTER TABLE event ADD COLUMN storm_id VARCHAR(255)",
    "ALTER TABLE event ADD COLUMN storm_seq BIGINT",
    "ALTER TABLE event ADD COLUMN storm_apart TEXT",
    "CREATE INDEX event_storm ON event (storm_id, storm_seq) WHERE storm_id IS NOT NULL",
    # The last approved event on a host is asked for at each lookup, and in a storm thousands there wait.
    "CREATE INDEX event_host_past ON event (host_name, event_action, status, received_at)",
    "ALTER TABLE decision ADD COLUMN batch_id VARCHAR(255)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the tables and the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
