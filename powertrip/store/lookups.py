"""Events whose facts are still to be looked up, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.address import AddressFacts
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.due import ToEnrich
from powertrip.store import deliveries
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, is_postgres, transaction
from powertrip.store.events import OPEN
from powertrip.store.habits import past_of_row
from powertrip.store.rows import facts_columns, lock_events, past_columns
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow

SHOWN = ("facts", "past")
"""The columns of which cards show something."""


def claim(limit: int, now: datetime, lease: timedelta) -> list[ToEnrich]:
    """Take events whose lookup is due, the newest first, for they are waited for; nobody else gets them."""
    due = EventRow.facts_due_at <= now
    query = EventRow.select().where(due).order_by(EventRow.received_at.desc()).limit(limit)
    rows = list(query.for_update(skip_locked=True) if is_postgres() else query)
    ids = [row.id for row in rows]
    if ids:
        moved = EventRow.update(facts_due_at=now + lease, facts_tries=EventRow.facts_tries + 1)
        moved.where(EventRow.id.in_(ids)).execute()
    return [
        ToEnrich(event_id=row.id, source_ip=row.source_ip, received_at=row.received_at, tries=row.facts_tries)
        for row in rows
    ]


def keep(found: Mapping[str, AddressFacts | None], due: Mapping[str, datetime | None], now: datetime) -> None:
    """Write down what was found of events, when to look again, and let their first cards go."""
    rows = list(EventRow.select().where(EventRow.id.in_(list(found))))
    # Read before anything is locked: a person's past takes several questions.
    changes = {row.id: _changes(row, found[row.id], due[row.id]) for row in rows}
    locked = lock_events(changes)
    for row in rows:
        # Once somebody decided, the past stays as it was shown to them.
        if locked[row.id].status not in OPEN:
            changes[row.id]["past"] = row.past
    new = [row.id for row in rows if any(getattr(row, name) != changes[row.id][name] for name in SHOWN)]
    update_all(EventRow, [{"id": event_id, **columns} for event_id, columns in changes.items()])
    deliveries.touch(new, now)
    _release(list(found), now)


def _changes(row: Any, facts: AddressFacts | None, due_at: datetime | None) -> dict[str, Any]:
    columns = facts_columns(facts)
    # The past asks for events from the same network and country.
    row.as_number, row.country_code = columns["as_number"], columns["country_code"]
    past = past_columns(past_of_row(row)) if row.status in OPEN else {"past": row.past}
    return columns | past | {"facts_due_at": due_at}


def _release(event_ids: Sequence[str], now: datetime) -> None:
    """Let first cards that waited for facts go at once."""
    held = (DeliveryRow.state == DeliveryState.WAITING) & (DeliveryRow.kind == DeliveryKind.FIRST)
    unbegun = held & (DeliveryRow.attempts == 0) & (DeliveryRow.due_at > now)
    wanted = set(event_ids)
    ids = [row.id for row in DeliveryRow.select().where(unbegun) if wanted.intersection(row.event_ids)]
    DeliveryRow.update(due_at=now).where(DeliveryRow.id.in_(ids)).execute()


class Enriching(Role):
    """Events that wait for facts."""

    claim = transaction(claim)
    keep = transaction(keep)
