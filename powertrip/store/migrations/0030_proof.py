"""Proofs that Slack cannot give: what people enrolled, their attempts, and what approvals take and spent."""

from typing import Any

STATEMENTS = (
    """CREATE TABLE proof_factor (
        id VARCHAR(255) PRIMARY KEY, person TEXT NOT NULL, slack_id VARCHAR(255), kind VARCHAR(255) NOT NULL,
        label TEXT NOT NULL, secret TEXT NOT NULL, credential_id VARCHAR(1400) UNIQUE,
        enrolled_at BIGINT NOT NULL, note_uid VARCHAR(255), asked_at BIGINT, confirm_by BIGINT,
        confirmed_at BIGINT, confirmed_by VARCHAR(255), confirmed_name TEXT, last_step BIGINT NOT NULL,
        used_at BIGINT, failures INTEGER NOT NULL, failed_since BIGINT, locked_until BIGINT, ended_at BIGINT,
        ended_by VARCHAR(255), ended_why TEXT)""",
    "CREATE INDEX proof_factor_person ON proof_factor (slack_id) WHERE ended_at IS NULL",
    """CREATE TABLE proof_code (
        hash VARCHAR(255) PRIMARY KEY, person TEXT NOT NULL, kind VARCHAR(255) NOT NULL,
        created_at BIGINT NOT NULL, until BIGINT NOT NULL, used_at BIGINT)""",
    """CREATE TABLE proof_loss (
        id VARCHAR(255) PRIMARY KEY, slack_id VARCHAR(255) NOT NULL, name TEXT NOT NULL,
        asked_by VARCHAR(255) NOT NULL, asked_name TEXT NOT NULL, asked_at BIGINT NOT NULL,
        until BIGINT NOT NULL, note_uid VARCHAR(255) NOT NULL, ended_at BIGINT, ended_by VARCHAR(255),
        ended_name TEXT, ended_why TEXT)""",
    """CREATE TABLE proof_challenge (
        nonce VARCHAR(255) PRIMARY KEY, event_id VARCHAR(255) NOT NULL REFERENCES event (id),
        revision INTEGER NOT NULL, slack_id VARCHAR(255) NOT NULL, name TEXT NOT NULL,
        team_id VARCHAR(255), kind VARCHAR(255) NOT NULL, via VARCHAR(255) NOT NULL,
        channel VARCHAR(255) NOT NULL, reason TEXT, agent TEXT, created_at BIGINT NOT NULL,
        until BIGINT NOT NULL, due_at BIGINT,
        failures INTEGER NOT NULL, met_at BIGINT, factor_id VARCHAR(255), spent_at BIGINT, ended_at BIGINT,
        ended_why TEXT)""",
    "CREATE INDEX proof_challenge_event ON proof_challenge (event_id, slack_id)",
    # By which a day's wrong numbers of one person are counted, at each of their approvals.
    "CREATE INDEX proof_challenge_person ON proof_challenge (slack_id, created_at)",
    # Of few: what was proven and waits for its decision, or for being told that it is too late.
    "CREATE INDEX proof_challenge_due ON proof_challenge (due_at) WHERE due_at IS NOT NULL",
    # What an earlier release opens or decides takes no proof.
    "ALTER TABLE event ADD COLUMN requires_proof VARCHAR(255) NOT NULL DEFAULT ''",
    "ALTER TABLE event ADD COLUMN session_number VARCHAR(255)",
    "ALTER TABLE decision ADD COLUMN proof VARCHAR(255)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add tables and columns; a release that knows none of them approves without a proof."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
