"""The append-only history: every line carries a hash over itself and the line before it.

Changing, removing or swapping a line breaks the chain from there on.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import structlog
from peewee import fn

from powertrip.store import written
from powertrip.store.bulk import insert_stored
from powertrip.store.database import Role, Turn, at_the_end, transaction, wait_for
from powertrip.store.fields import MomentField, as_json, row_as_json
from powertrip.store.history import marks
from powertrip.store.tables import AuditRow

log = structlog.get_logger(__name__)

_moment = MomentField()
FIRST_HASH = "0" * 64
_COLUMNS = ("at", "action", "event_id", "actor_id", "detail", "previous_hash", "hash", "mark")


def append(
    action: str, at: datetime, *, event_id: str | None = None, actor_id: str | None = None, **detail: Any
) -> None:
    """Add one line at the end of the transaction that does what the line tells of."""
    line = {"at": at, "action": action, "event_id": event_id, "actor_id": actor_id, "detail": detail}
    at_the_end(_chain, line)


def _chain(lines: list[dict[str, Any]]) -> None:
    # Last of all, so that processes wait for each other's history only as long as a commit takes.
    wait_for(Turn.HISTORY)
    (previous, count), rows, marker = end(), [], marks.in_use()
    for line in lines:
        values = (_moment.db_value(line["at"]), line["action"], line["event_id"], line["actor_id"])
        detail = as_json(line["detail"])
        made = digest(previous, *values, detail)
        rows.append((*values, detail, previous, made, marker.of([made]) if marker else None))
        previous = made
    insert_stored(AuditRow, _COLUMNS, rows)
    written.run("UPDATE audit_head SET lines = ?, hash = ? WHERE id = 1", count + len(rows), previous)


_NEWEST = "SELECT hash FROM audit ORDER BY id DESC LIMIT 1"
_HEAD = f"SELECT lines, hash, ({_NEWEST}) AS newest FROM audit_head WHERE id = 1"  # noqa: S608 (ours)


def end() -> tuple[str, int]:
    """The hash that the next line follows, and how many lines there are before it.

    Whoever does not hold `Turn.HISTORY` gets an end that was one, if not the newest any more.
    """
    # In one statement, which sees one moment: of two, the later would see what was committed in between.
    head = written.run(_HEAD).fetchone()
    if head is None:
        return _end_after(0, 0)
    count, digest, newest = head
    if digest == (newest or FIRST_HASH):
        return digest, count
    known = AuditRow.get_or_none(AuditRow.hash == digest)
    if known is None and count:
        # The next line names what is missing, so that a cut shows however much is written after it.
        log.error("the history's end is missing, somebody has cut it off", lines=count, hash=digest)
        return digest, count
    # A process of an earlier release, which knows nothing of the head, has written meanwhile.
    return _end_after(known.id if known else 0, count)


def _end_after(line_id: int, lines: int) -> tuple[str, int]:
    # In one statement again.
    line = AuditRow.alias()
    newest = line.select(line.hash).order_by(line.id.desc()).limit(1)
    query = AuditRow.select(fn.COUNT(AuditRow.id), newest).where(AuditRow.id > line_id)
    row: Any = query.tuples().get()
    since, digest = row
    return digest or FIRST_HASH, lines + int(since)


def newest_hash() -> str:
    """The hash of the last line, or 64 zeros where there is none."""
    last = AuditRow.select(AuditRow.hash).order_by(AuditRow.id.desc()).first()
    return last.hash if last else FIRST_HASH


def lines(event_id: str) -> Iterator[AuditRow]:
    """The history of one event, oldest first, with the lists that showed it."""
    # A list is one line, of no event alone, which names all of its events.
    listed = AuditRow.event_id.is_null() & fn.LOWER(AuditRow.detail).contains(f'"{event_id}": ')
    yield from AuditRow.select().where((AuditRow.event_id == event_id) | listed).order_by(AuditRow.id)


def digest(
    previous: str, at: int | None, action: str, event_id: str | None, actor_id: str | None, detail: str
) -> str:
    """The hash of a line as the database holds it."""
    # Its detail is JSON already, and so need be neither read nor written.
    plain = row_as_json((previous, at, action, event_id, actor_id))[:-1]
    return hashlib.sha256(f"{plain}, {detail}]".encode()).hexdigest()


def in_force(digest: str, version: str, part: str, at: datetime) -> None:
    """Write down which configuration `part` of the program works by from now on, and in which release."""
    marker = marks.in_use()
    name = marker.name if marker else None
    append("configuration_in_force", at, digest=digest, version=version, part=part, marks=name)


class Audit(Role):
    """The history, as the rest of the program asks for it."""

    in_force = transaction(in_force)

    newest_hash = transaction(newest_hash)
