"""The append-only history: every line carries a hash over itself and the line before it.

Changing, removing or swapping a line breaks the chain from there on. Whoever can rewrite the whole
table can also rewrite the chain; the newest hash is therefore logged hourly, out of the table's reach.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from powertrip.store.database import Role, is_postgres, transaction
from powertrip.store.fields import MomentField
from powertrip.store.models import AuditRow, database

_AUDIT_LOCK = 0x4175646974
FIRST_HASH = "0" * 64


def append(
    action: str, at: datetime, *, event_id: str | None = None, actor_id: str | None = None, **detail: Any
) -> None:
    """Add one line; belongs inside the transaction that does what the line tells of."""
    write_alone()
    previous = newest_hash()
    digest = _digest(previous, at, action, event_id, actor_id, detail)
    AuditRow.create(
        at=at,
        action=action,
        event_id=event_id,
        actor_id=actor_id,
        detail=detail,
        previous_hash=previous,
        hash=digest,
    )


def write_alone() -> None:
    """Let nobody else write history until this transaction ends; two that read one last line would fork it.

    A transaction that changes several events begins with this: two that hold a row each, and wait for the
    other's or for the history, would otherwise wait for ever. SQLite has one writer at a time anyway.
    """
    if is_postgres():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_AUDIT_LOCK,))


def newest_hash() -> str:
    """The hash of the last line, or 64 zeros where there is none."""
    last = AuditRow.select(AuditRow.hash).order_by(AuditRow.id.desc()).first()
    return last.hash if last else FIRST_HASH


def first_broken_line() -> int | None:
    """The id of the first line that does not fit the chain; None where all fit."""
    previous = FIRST_HASH
    for row in AuditRow.select().order_by(AuditRow.id).iterator():
        digest = _digest(previous, row.at, row.action, row.event_id, row.actor_id, row.detail)
        if row.previous_hash != previous or row.hash != digest:
            return int(row.id)
        previous = row.hash
    return None


def lines(event_id: str) -> Iterator[AuditRow]:
    """The history of one event, oldest first."""
    yield from AuditRow.select().where(AuditRow.event_id == event_id).order_by(AuditRow.id)


def _digest(
    previous: str, at: datetime, action: str, event_id: str | None, actor_id: str | None, detail: Any
) -> str:
    line = [previous, MomentField().db_value(at), action, event_id, actor_id, detail]
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()


class Audit(Role):
    """The history, as the rest of the program asks for it."""

    newest_hash = transaction(newest_hash)
