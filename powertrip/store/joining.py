"""Open events that records join, as far as a batch has come."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import SQL, NodeList

from powertrip.domain import varied
from powertrip.domain.event import Status
from powertrip.domain.expectations import Expectation
from powertrip.domain.judgement import ToAsk
from powertrip.store import rising
from powertrip.store.among import among
from powertrip.store.bulk import in_database, read_all
from powertrip.store.database import for_update, is_postgres
from powertrip.store.rows import varied_column
from powertrip.store.tables import EventRow


@dataclass(slots=True)
class OpenEvent:
    """An event that records join, as far as the batch has come."""

    id: str
    revision: int
    occurrences: int
    version: int
    last_occurred_at: datetime
    severity: str
    stated: Mapping[str, str]
    """The fields of its first record."""
    varied: Mapping[str, tuple[str, ...]]
    opened_by: ToAsk | None = None
    row: Mapping[str, Any] = field(default_factory=dict)
    """What is to be written of it where it is new, but for what occurrences change."""
    asks: list[ToAsk] = field(default_factory=list)
    """All records of this batch that are in it, where it is new."""
    expected: Expectation | None = None
    """What covers it, where it is new."""
    apart: str | None = None
    """Why it is part of no storm, for what was decided before, where it is new."""
    joined: int = 0
    storm_id: str | None = None
    """The storm that it is part of; None also where it stands beside one."""
    gravest: ToAsk | None = None
    """Of the records that joined, if one is graver than the event."""

    def join(self, ask: ToAsk) -> dict[str, str | None] | None:
        """Take in a record that makes this event again; returns what it says otherwise, if anything."""
        event = ask.event
        if rising.is_graver(event.severity, self.gravest.event.severity if self.gravest else self.severity):
            self.gravest = ask
        self.revision += 1
        self.occurrences += 1
        self.version += 1
        self.joined += 1
        self.last_occurred_at = max(self.last_occurred_at, event.occurred_at)
        differs = varied.differences(self.stated, varied.stated(event))
        self.varied = varied.collected([differs], beside=self.varied)
        return differs or None

    def columns(self) -> dict[str, Any]:
        """The columns that occurrences change."""
        return {
            "id": self.id,
            "revision": self.revision,
            "occurrences": self.occurrences,
            "version": self.version,
            "last_occurred_at": self.last_occurred_at,
            "varied": varied_column(self.varied),
        }


def open_ids(fold_keys: Collection[str]) -> set[str]:
    """The events that records of these fold keys would join now."""
    return {row.id for row in EventRow.select(EventRow.id).where(_pending(fold_keys))} if fold_keys else set()


_OPEN_ON_SQLITE = """
    IN (SELECT event.id FROM json_each(?) AS wanted
        CROSS JOIN event ON event.fold_key = wanted.value AND event.status = 'pending')
"""
"""Read in this order, and with the status written out, so that SQLite looks each up in the index of open
events: by itself it reads all that are pending."""


def _pending(fold_keys: Collection[str]) -> Any:
    if is_postgres():
        return among(EventRow.fold_key, fold_keys) & (EventRow.status == Status.PENDING)
    wanted = json.dumps(list(in_database(EventRow.fold_key, list(fold_keys))))
    return NodeList((EventRow.id, SQL(_OPEN_ON_SQLITE, (wanted,))), parens=True)


def lock_pending(fold_keys: Collection[str]) -> dict[str, OpenEvent]:
    if not fold_keys:
        return {}
    # On PostgreSQL the lock waits for whoever decides one of them, and then no longer finds it pending:
    # what is decided is never joined.
    query = for_update(
        EventRow.select(
            EventRow.fold_key,
            EventRow.id,
            EventRow.revision,
            EventRow.occurrences,
            EventRow.version,
            EventRow.last_occurred_at,
            EventRow.severity,
            EventRow.fields,
            EventRow.user_name,
            EventRow.host_name,
            EventRow.source_ip,
            EventRow.varied,
            EventRow.storm_id,
            EventRow.storm_apart,
        )
        .where(_pending(fold_keys))
        .order_by(EventRow.id)
    )
    return {
        row.fold_key: OpenEvent(
            row.id,
            row.revision,
            row.occurrences,
            row.version,
            row.last_occurred_at,
            row.severity,
            stated=varied.all_fields(row.fields, row),
            varied={name: tuple(values) for name, values in (row.varied or {}).items()},
            storm_id=None if row.storm_apart else row.storm_id,
        )
        for row in read_all(query)
    }
