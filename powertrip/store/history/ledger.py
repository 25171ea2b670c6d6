"""Counts the rows with marks that were kept and deleted, so that one that is gone is missed."""

import os
from typing import Any

from powertrip.store.database import for_update
from powertrip.store.history import marks
from powertrip.store.history.marks import Marker
from powertrip.store.history.tables import LedgerRow
from powertrip.store.tables import Table

SLOTS = 16


def count(table: type[Table], *, kept: int = 0, deleted: int = 0) -> None:
    """Count rows that bear marks; belongs in the transaction that keeps or deletes them."""
    marker = marks.in_use()
    if marker is None or not (kept or deleted):
        return
    name, slot = name_of(table, marker), os.getpid() % SLOTS
    this = (LedgerRow.name == name) & (LedgerRow.slot == slot)
    query = for_update(LedgerRow.select().where(this))
    row = query.first()
    if row is None:
        new = {"name": name, "slot": slot, "kept": 0, "deleted": 0, "mark": marker.of([name, slot, 0, 0])}
        LedgerRow.insert(new).on_conflict_ignore().execute()
        row = query.clone().first()
    was_right = row.mark == marker.of([name, slot, row.kept, row.deleted])
    kept, deleted = row.kept + kept, row.deleted + deleted
    # One that somebody changed stays wrong.
    mark = marker.of([name, slot, kept, deleted]) if was_right else row.mark
    LedgerRow.update(kept=kept, deleted=deleted, mark=mark).where(this).execute()


def name_of(table: type[Table], marker: Marker) -> str:
    """What the rows of a table are counted under that bear marks of this key."""
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to a table's name)
    return f"{meta.table_name} {marker.name}"


def marked(table: Any, marker: Marker) -> Any:
    """The condition of rows that bear marks of this key."""
    return table.mark.startswith(f"{marker.name}:")
