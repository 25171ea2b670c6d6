"""Events whose facts are still to be looked up, and what came of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.address import AddressFacts
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.due import ToEnrich
from powertrip.store import deliveries
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.events import OPEN
from powertrip.store.habits import past_of_row
from powertrip.store.rows import facts_columns, lock_events, past_columns
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow

SHOWN = ("facts", "past")
"""The columns of which cards show something."""


def claim(limit: int, now: datetime, lease: timedelta) -> list[ToEnrich]:
    """Take events whose lookup is due; nobody else gets them meanwhile."""
    due = EventRow.select().where(EventRow.facts_due_at <= now)
    # Newest first: their cards are being held.
    query = due.order_by(EventRow.received_at.desc()).limit(limit)
    rows = list(for_update(query, skip_locked=True))
    ids = [row.id for row in rows]
    if ids:
        moved = EventRow.update(facts_due_at=now + lease, facts_tries=EventRow.facts_tries + 1)
        moved.where(EventRow.id.in_(ids)).execute()
    return [
        ToEnrich(event_id=row.id, source_ip=row.source_ip, received_at=row.received_at, tries=row.facts_tries)
        for row in rows
    ]


def keep(found: Mapping[str, AddressFacts | None], due: Mapping[str, datetime | None], now: datetime) -> None:
    """Keep what was found of each event, and when to look again; their first cards need not wait longer."""
    rows = list(EventRow.select().where(EventRow.id.in_(list(found))))
    changes: dict[str, dict[str, Any]] = {}
    # Read before anything is locked: a person's past takes several questions.
    for row in rows:
        columns = facts_columns(found[row.id])
        # The past asks for events from the same network and country.
        row.as_number, row.country_code = columns["as_number"], columns["country_code"]
        is_open = row.status in OPEN
        past = past_columns(past_of_row(row)) if is_open else {"past": row.past}
        changes[row.id] = columns | past | {"facts_due_at": due[row.id]}
    locked = lock_events(changes)
    for row in rows:
        # Once somebody decided, the past stays as it was shown to them.
        if locked[row.id].status not in OPEN:
            changes[row.id]["past"] = row.past
    changed = [row.id for row in rows if any(getattr(row, name) != changes[row.id][name] for name in SHOWN)]
    update_all(EventRow, [{"id": event_id, **columns} for event_id, columns in changes.items()])
    deliveries.touch(changed, now)
    held = (
        (DeliveryRow.state == DeliveryState.WAITING)
        & (DeliveryRow.kind == DeliveryKind.FIRST)
        & (DeliveryRow.due_at > now)
        # One that Slack did not take is postponed for another reason.
        & (DeliveryRow.attempts == 0)
    )
    ids = [row.id for row in DeliveryRow.select().where(held) if not found.keys().isdisjoint(row.event_ids)]
    DeliveryRow.update(due_at=now).where(DeliveryRow.id.in_(ids)).execute()


class Enriching(Role):
    """Events that wait for facts."""

    claim = transaction(claim)
    keep = transaction(keep)
