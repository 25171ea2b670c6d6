"""The append-only history: every line carries a hash over itself and the line before it.

Changing, removing or swapping a line breaks the chain from there on.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, Turn, at_the_end, transaction, wait_for
from powertrip.store.fields import MomentField, as_json
from powertrip.store.tables import AuditRow

_moment = MomentField()
FIRST_HASH = "0" * 64


def append(
    action: str, at: datetime, *, event_id: str | None = None, actor_id: str | None = None, **detail: Any
) -> None:
    """Add one line at the end of the transaction that does what the line tells of."""
    line = {"at": at, "action": action, "event_id": event_id, "actor_id": actor_id, "detail": detail}
    at_the_end(_chain, line)


def _chain(lines: list[dict[str, Any]]) -> None:
    # Last of all, so that processes wait for each other's history only as long as a commit takes.
    wait_for(Turn.HISTORY)
    previous, rows = newest_hash(), []
    for line in lines:
        digest = _digest(previous, **line)
        rows.append({**line, "previous_hash": previous, "hash": digest})
        previous = digest
    insert_all(AuditRow, rows)


def newest_hash() -> str:
    """The hash of the last line, or 64 zeros where there is none."""
    # Logged hourly: whoever rewrites the whole table and its chain does not reach what was logged before.
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
    """The history of one event, oldest first, with the lists that showed it."""
    # A list is one line, of no event alone, which names all of its events.
    listed = AuditRow.event_id.is_null() & fn.LOWER(AuditRow.detail).contains(f'"{event_id}": ')
    yield from AuditRow.select().where((AuditRow.event_id == event_id) | listed).order_by(AuditRow.id)


def _digest(
    previous: str, at: datetime, action: str, event_id: str | None, actor_id: str | None, detail: Any
) -> str:
    line = [previous, _moment.db_value(at), action, event_id, actor_id, detail]
    return hashlib.sha256(as_json(line).encode()).hexdigest()


class Audit(Role):
    """The history, as the rest of the program asks for it."""

    newest_hash = transaction(newest_hash)
