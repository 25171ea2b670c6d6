"""What reviewers had done about denied events, and what came of it."""

from typing import Any

SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

STATEMENTS = """
CREATE TABLE containment (id {serial}, key VARCHAR(255) NOT NULL UNIQUE,
    event_id VARCHAR(255) NOT NULL REFERENCES event (id), action VARCHAR(255) NOT NULL, says TEXT NOT NULL,
    target TEXT NOT NULL, arguments TEXT NOT NULL, state VARCHAR(255) NOT NULL, dry_run INTEGER NOT NULL,
    asked_by VARCHAR(255) NOT NULL, asked_name TEXT NOT NULL, asked_at BIGINT NOT NULL,
    agreed_by VARCHAR(255), agreed_name TEXT, agreed_at BIGINT, why_second TEXT, decide_by BIGINT,
    lasts BIGINT, ends_at BIGINT, called_at BIGINT, done_at BIGINT, said TEXT, prepared TEXT,
    undo_says TEXT, undo TEXT NOT NULL, undoes BIGINT REFERENCES containment (id), tries INTEGER NOT NULL,
    waits_for BIGINT, host VARCHAR(255));
CREATE INDEX containment_event ON containment (event_id);
CREATE INDEX containment_asked ON containment (asked_at);
CREATE INDEX containment_host ON containment (action, host) WHERE state = 'waiting' AND host IS NOT NULL
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the table; a release that knows none of it contains nothing, and gives up what one has queued."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in STATEMENTS.format(serial=SERIAL[kind]).split(";"):
        db.execute_sql(statement)
