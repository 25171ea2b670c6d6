"""Counts a day, so that the figures of `/powertrip stats` need no look at events."""

from typing import Any

# They begin empty: the worker counts from the first line of the history on.
STATEMENTS = """
CREATE TABLE event_count (day VARCHAR(255) NOT NULL, rule VARCHAR(255) NOT NULL, status VARCHAR(255) NOT NULL,
    count BIGINT NOT NULL, PRIMARY KEY (day, rule, status));
CREATE TABLE wait_count (day VARCHAR(255) NOT NULL, seconds BIGINT NOT NULL, count BIGINT NOT NULL,
    PRIMARY KEY (day, seconds));
CREATE TABLE decision_count (day VARCHAR(255) NOT NULL, actor_id VARCHAR(255) NOT NULL,
    count BIGINT NOT NULL, PRIMARY KEY (day, actor_id));
CREATE TABLE counted (id INTEGER NOT NULL PRIMARY KEY, line BIGINT NOT NULL);
INSERT INTO counted (id, line) VALUES (1, 0)
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the tables; a release that knows none of them goes on as before, and what it does is counted."""
    for statement in STATEMENTS.split(";"):
        db.execute_sql(statement)
