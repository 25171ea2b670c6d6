"""Indexes for questions that took longer with every event and every decision ever kept."""

from typing import Any

# Events before decisions, in the order in which programs that go on meanwhile lock them.
STATEMENTS = (
    # A person's newest approved events of a kind.
    "CREATE INDEX event_past ON event (user_name, event_action, status, received_at)",
    # Whether anything from an address was ever denied, where it has thousands of approved ones.
    "CREATE INDEX event_address_status ON event (source_ip, event_action, status)",
    # Who decided since a moment, without looking at all decisions.
    "CREATE INDEX decision_at ON decision (at, actor_id)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add the indexes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
