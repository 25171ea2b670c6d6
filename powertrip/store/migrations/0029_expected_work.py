"""Expectations: work that is approved without asking, as it was announced."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE expected_work (
        id VARCHAR(255) PRIMARY KEY, person TEXT NOT NULL, slack_id VARCHAR(255), rule VARCHAR(255) NOT NULL,
        host VARCHAR(255) NOT NULL, network VARCHAR(255), "key" TEXT, severity VARCHAR(255) NOT NULL,
        risk VARCHAR(255) NOT NULL, created_at BIGINT NOT NULL, created_by VARCHAR(255) NOT NULL,
        created_name TEXT NOT NULL, starts_at BIGINT NOT NULL, until BIGINT NOT NULL,
        max_uses INTEGER NOT NULL, ticket TEXT, why TEXT, from_event VARCHAR(255), confirm_by BIGINT,
        confirmed_at BIGINT, confirmed_by VARCHAR(255), confirmed_name TEXT, uses INTEGER NOT NULL,
        ended_at BIGINT, ended_by VARCHAR(255), ended_why TEXT,
        note_uid VARCHAR(255) NOT NULL, summed_at BIGINT)""",
    # By which each batch learns that there is none, mostly.
    "CREATE INDEX expected_work_open ON expected_work (person) WHERE ended_at IS NULL",
    "CREATE INDEX expected_work_unsummed ON expected_work (id) WHERE summed_at IS NULL",
    "CREATE TABLE trust_digest (day VARCHAR(255) PRIMARY KEY, at BIGINT NOT NULL)",
    "ALTER TABLE decision ADD COLUMN expectation_id VARCHAR(255)",
    "ALTER TABLE event ADD COLUMN expected_by VARCHAR(255)",
    "CREATE INDEX event_expected ON event (decided_at) WHERE expected_by IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add tables and columns; a release that knows none of them asks about everything."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
