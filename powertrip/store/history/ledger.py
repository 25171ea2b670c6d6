"""Counts the rows with marks that were kept and deleted, so that one that is gone is missed."""

import os
from typing import Any

from powertrip.store.database import is_postgres, run_written
from powertrip.store.database_in_use import database
from powertrip.store.history import marks
from powertrip.store.history.marks import Marker
from powertrip.store.tables import Table, name_of_table

SLOTS = 16
"""Processes that write at once each have one, and so none waits for another's commit."""
# Written out, for this belongs to each commit of the ingest endpoint.
_FIND = "SELECT kept, deleted, mark FROM ledger WHERE name = ? AND slot = ?"
_COUNT = "UPDATE ledger SET kept = ?, deleted = ?, mark = ? WHERE name = ? AND slot = ? AND mark = ?"
_BEGIN = "INSERT INTO ledger (name, slot, kept, deleted, mark) VALUES (?, ?, 0, 0, ?) ON CONFLICT DO NOTHING"


def count(table: type[Table], *, kept: int = 0, deleted: int = 0) -> None:
    """Count rows that bear marks; belongs in the transaction that keeps or deletes them."""
    marker = marks.in_use()
    if marker is None or not (kept or deleted):
        return
    name, slot = name_of(name_of_table(table), marker), os.getpid() % SLOTS
    # As it was when this connection counted last; nobody else mostly has since.
    known: dict[str, tuple[int, int]] = database.obj.counted
    if name in known and _add(marker, name, slot, known[name], (kept, deleted)):
        return
    run_written(_BEGIN, (name, slot, marker.of([name, slot, 0, 0])))
    # Locked until the commit, on PostgreSQL; SQLite has one writer at a time.
    found = run_written(f"{_FIND}{' FOR UPDATE' if is_postgres() else ''}", (name, slot)).fetchone()
    if not _add(marker, name, slot, found[:2], (kept, deleted)):
        # One that somebody changed counts on, and stays wrong.
        more = (found[0] + kept, found[1] + deleted)
        run_written(_COUNT, (*more, found[2], name, slot, found[2]))


def _add(marker: Marker, name: str, slot: int, before: tuple[int, int], more: tuple[int, int]) -> bool:
    """Count on from what is there, if that is there and bears its mark; returns whether it is so."""
    now = (before[0] + more[0], before[1] + more[1])
    mark, new = marker.of([name, slot, *before]), marker.of([name, slot, *now])
    is_there = bool(run_written(_COUNT, (*now, new, name, slot, mark)).rowcount)
    if is_there:
        database.obj.counted[name] = now
    return is_there


def deleting(table: Any, which: Any) -> None:
    """Count those of the rows that bear marks; belongs before they are deleted, in the same transaction."""
    marker = marks.in_use()
    if marker is not None:
        marked = table.select().where(which & table.mark.startswith(f"{marker.name}:")).count()
        count(table, deleted=int(marked))


def name_of(table: str, marker: Marker) -> str:
    """What the rows of a table are counted under that bear marks of this key."""
    return f"{table} {marker.name}"
