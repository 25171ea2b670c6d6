"""Proofs of expectations: attempts of whoever announces or confirms one, and what they proved it by."""

from typing import Any

STATEMENTS = (
    # Apart from the proofs of approvals, so that an earlier release, which takes each of those for one of an
    # event, never meets them.
    """CREATE TABLE expectation_challenge (
        nonce VARCHAR(255) PRIMARY KEY, act VARCHAR(255) NOT NULL, expectation_id VARCHAR(255) NOT NULL,
        seal VARCHAR(255) NOT NULL, expected TEXT NOT NULL, slack_id VARCHAR(255) NOT NULL,
        name TEXT NOT NULL, team_id VARCHAR(255), kind VARCHAR(255) NOT NULL, channel VARCHAR(255) NOT NULL,
        created_at BIGINT NOT NULL, until BIGINT NOT NULL, due_at BIGINT, failures INTEGER NOT NULL,
        met_at BIGINT, factor_id VARCHAR(255), spent_at BIGINT, ended_at BIGINT, ended_why TEXT)""",
    "CREATE INDEX expectation_challenge_of ON expectation_challenge (expectation_id, slack_id)",
    # Of those that are open, for a device that is lost ends them.
    """CREATE INDEX expectation_challenge_person ON expectation_challenge (slack_id)
        WHERE spent_at IS NULL AND ended_at IS NULL""",
    "CREATE INDEX expectation_challenge_due ON expectation_challenge (due_at) WHERE due_at IS NOT NULL",
    "ALTER TABLE expected_work ADD COLUMN announced_proof VARCHAR(255)",
    "ALTER TABLE expected_work ADD COLUMN confirmed_proof VARCHAR(255)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the table and columns; a release that knows none of them announces and confirms without a proof."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
