"""With what an enrolment began: on the server, or with a sign-in at the identity provider."""

from typing import Any


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the column; a release that does not know it enrols on the server alone."""
    db.execute_sql("ALTER TABLE proof_factor ADD COLUMN began VARCHAR(255) NOT NULL DEFAULT 'server'")
