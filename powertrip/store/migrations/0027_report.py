"""When the weekly report is due."""

from typing import Any


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the table; a release that does not know it sends no report."""
    db.execute_sql(
        "CREATE TABLE report_due (id INTEGER NOT NULL PRIMARY KEY, schedule VARCHAR(255) NOT NULL, "
        "due_at BIGINT NOT NULL, leased_until BIGINT)"
    )
