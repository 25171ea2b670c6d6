"""The first tables. A frozen copy, independent of the models that the program uses."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}
BYTES = {"sqlite": "BLOB", "postgres": "BYTEA"}

TABLES = """
CREATE TABLE inbox (
    id {serial}, source VARCHAR(255) NOT NULL, record_id TEXT NOT NULL, received_at BIGINT NOT NULL,
    occurred_at BIGINT, host_name TEXT, program TEXT, message TEXT NOT NULL, raw TEXT NOT NULL,
    cut INTEGER NOT NULL, facility TEXT, trusted TEXT, leased_until BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0, judged_at BIGINT, UNIQUE (source, record_id));
CREATE INDEX inbox_waiting ON inbox (id) WHERE judged_at IS NULL;
CREATE INDEX inbox_judged ON inbox (judged_at) WHERE judged_at IS NOT NULL;

CREATE TABLE event (
    id VARCHAR(255) PRIMARY KEY, rule VARCHAR(255) NOT NULL, title TEXT NOT NULL,
    event_action VARCHAR(255) NOT NULL, severity VARCHAR(255) NOT NULL, source VARCHAR(255) NOT NULL,
    occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL, last_occurred_at BIGINT NOT NULL,
    user_name TEXT, host_name TEXT, source_ip TEXT, fields TEXT NOT NULL, message TEXT NOT NULL,
    cut INTEGER NOT NULL, subject_kind VARCHAR(255) NOT NULL,
    subject_slack_id VARCHAR(255), subject_name TEXT, subject_team TEXT,
    status VARCHAR(255) NOT NULL, revision INTEGER NOT NULL,
    occurrences INTEGER NOT NULL, requires_reason BOOLEAN NOT NULL, requires_second_person BOOLEAN NOT NULL,
    fold_key TEXT NOT NULL, reminders INTEGER NOT NULL, next_reminder_at BIGINT, decided_at BIGINT,
    version INTEGER NOT NULL DEFAULT 1);
CREATE UNIQUE INDEX event_open ON event (fold_key) WHERE status = 'pending';
CREATE INDEX event_due ON event (next_reminder_at) WHERE next_reminder_at IS NOT NULL;
CREATE INDEX event_status ON event (status, received_at);
CREATE INDEX event_received ON event (received_at);
CREATE INDEX event_subject ON event (subject_slack_id, received_at);
CREATE INDEX event_user ON event (user_name, received_at);
CREATE INDEX event_host ON event (host_name, received_at);
CREATE INDEX event_ip ON event (source_ip, received_at);

CREATE TABLE occurrence (
    id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id), source VARCHAR(255) NOT NULL,
    record_id TEXT NOT NULL, message TEXT NOT NULL, raw TEXT NOT NULL, occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL, revision INTEGER NOT NULL, cut INTEGER NOT NULL, UNIQUE (source, record_id));
CREATE INDEX occurrence_event ON occurrence (event_id, revision);

CREATE TABLE decision (
    id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id), verdict VARCHAR(255) NOT NULL,
    actor_id VARCHAR(255) NOT NULL, actor_name TEXT NOT NULL, at BIGINT NOT NULL, via VARCHAR(255) NOT NULL,
    revision INTEGER NOT NULL, reason TEXT);
CREATE INDEX decision_event ON decision (event_id);

CREATE TABLE notice (
    id {serial}, event_id VARCHAR(255) NOT NULL REFERENCES event (id), kind VARCHAR(255) NOT NULL,
    channel VARCHAR(255) NOT NULL, ts VARCHAR(255) NOT NULL, reminder INTEGER NOT NULL,
    posted_at BIGINT NOT NULL, shown_revision INTEGER NOT NULL, shown_version INTEGER NOT NULL,
    removed_at BIGINT, UNIQUE (channel, ts, event_id));
CREATE INDEX notice_event ON notice (event_id);

CREATE TABLE delivery (
    id {serial}, uid VARCHAR(255) NOT NULL UNIQUE, kind VARCHAR(255) NOT NULL, lane VARCHAR(255) NOT NULL,
    priority INTEGER NOT NULL, channel VARCHAR(255) NOT NULL, ts VARCHAR(255), event_ids TEXT NOT NULL,
    payload TEXT, due_at BIGINT NOT NULL, leased_until BIGINT, attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at BIGINT, state VARCHAR(255) NOT NULL DEFAULT 'waiting', error TEXT,
    created_at BIGINT NOT NULL, done_at BIGINT);
CREATE INDEX delivery_waiting ON delivery (priority, due_at) WHERE state = 'waiting';
CREATE INDEX delivery_message ON delivery (channel, ts) WHERE state = 'waiting';

CREATE TABLE people_cache (key VARCHAR(255) PRIMARY KEY, value TEXT NOT NULL, fetched_at BIGINT NOT NULL);

CREATE TABLE quarantine (
    id {serial}, source VARCHAR(255) NOT NULL, rule VARCHAR(255), reason TEXT NOT NULL,
    message TEXT NOT NULL, body {bytes} NOT NULL, size INTEGER NOT NULL, at BIGINT NOT NULL, told_at BIGINT);
CREATE INDEX quarantine_untold ON quarantine (id) WHERE told_at IS NULL;

CREATE TABLE tally (
    id {serial}, day VARCHAR(10) NOT NULL, verdict VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL,
    count INTEGER NOT NULL, UNIQUE (day, verdict, name));

CREATE TABLE audit (
    id {serial}, at BIGINT NOT NULL, action VARCHAR(255) NOT NULL, event_id VARCHAR(255),
    actor_id VARCHAR(255), detail TEXT NOT NULL, previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL UNIQUE);
CREATE INDEX audit_event ON audit (event_id);
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create every table and index."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in TABLES.format(serial=SERIAL[kind], bytes=BYTES[kind]).split(";"):
        if statement.strip():
            db.execute_sql(statement)
    for statement in append_only(kind):
        db.execute_sql(statement)


def append_only(kind: str) -> list[str]:
    """Statements that make the database itself refuse to change or delete an audit entry."""
    if kind == "sqlite":
        return [
            f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    refuse = "BEGIN RAISE EXCEPTION 'the audit is append-only'; END"
    trigger = "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW"
    return [
        f"CREATE FUNCTION audit_append_only() RETURNS trigger AS $$ {refuse} $$ LANGUAGE plpgsql",
        f"{trigger} EXECUTE FUNCTION audit_append_only()",
    ]
