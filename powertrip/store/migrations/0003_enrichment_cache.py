"""What services said of addresses, and how often they were asked."""

from typing import Any

TABLES = """
CREATE TABLE enrichment_cache (
    key VARCHAR(255) PRIMARY KEY, value TEXT NOT NULL, fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL);
CREATE INDEX enrichment_cache_expires ON enrichment_cache (expires_at);

CREATE TABLE service_calls (
    service VARCHAR(255) NOT NULL, period VARCHAR(255) NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (service, period));
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Create both tables."""
    for statement in TABLES.split(";"):
        if statement.strip():
            db.execute_sql(statement)
