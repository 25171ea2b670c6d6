"""What is known of the heartbeat and of test logins, and which events are tests."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE heartbeat (
        source VARCHAR(255) PRIMARY KEY, since BIGINT NOT NULL, sent_at BIGINT, received_at BIGINT,
        judged_at BIGINT, rule VARCHAR(255), problem TEXT, claims INTEGER NOT NULL DEFAULT 0, claim TEXT,
        real_at BIGINT)""",
    """CREATE TABLE heartbeat_taken (
        nonce VARCHAR(255) PRIMARY KEY, inbox_id BIGINT NOT NULL, at BIGINT NOT NULL)""",
    "CREATE INDEX heartbeat_taken_at ON heartbeat_taken (at)",
    """CREATE TABLE heartbeat_card (
        id INTEGER PRIMARY KEY, owner VARCHAR(255), alive_at BIGINT, down_from BIGINT,
        down_until BIGINT, channel VARCHAR(255), ts VARCHAR(255), uid VARCHAR(255), attempted_at BIGINT,
        pinged_at BIGINT, told TEXT, worker_told_at BIGINT)""",
    """CREATE TABLE trial (
        token VARCHAR(255) PRIMARY KEY, source VARCHAR(255) NOT NULL, user_name TEXT NOT NULL,
        created_at BIGINT NOT NULL, outcome TEXT, event_id VARCHAR(255))""",
    "ALTER TABLE event ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create the tables and the column."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
