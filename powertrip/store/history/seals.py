"""Digests of what never changes in a row; they stand in the history, so that a change of the row shows."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from powertrip.store.fields import as_json
from powertrip.store.tables import EventRow, OccurrenceRow, Table

OF_EVENT = (
    "id",
    "rule",
    "title",
    "event_action",
    "source",
    "occurred_at",
    "received_at",
    "user_name",
    "host_name",
    "source_ip",
    "fields",
    "headline",
    "message",
    "cut",
    "requires_reason",
    "requires_second_person",
    "fold_key",
    "is_test",
)
"""Columns of an event that nothing changes once it is open."""
OF_OCCURRENCE = (
    "source",
    "record_id",
    "message",
    "raw",
    "occurred_at",
    "received_at",
    "cut",
    "event_action",
    "user_name",
    "host_name",
    "source_ip",
    "source_port",
)
"""Columns of a record that nothing changes; its event and its place there change when events are split."""


def of_event(columns: Mapping[str, Any]) -> str:
    """The seal of an event that is about to be written."""
    return of_values(_stored(EventRow, columns, OF_EVENT))


def of_occurrence(columns: Mapping[str, Any]) -> str:
    """The seal of a record that is about to be written."""
    return of_values(_stored(OccurrenceRow, columns, OF_OCCURRENCE))


def of_values(values: Iterable[Any]) -> str:
    """The seal of these columns as the database holds them."""
    # SQLite keeps a truth as a number.
    plain = [int(value) if isinstance(value, bool) else value for value in values]
    return hashlib.sha256(as_json(plain).encode()).hexdigest()


def _stored(table: type[Table], columns: Mapping[str, Any], names: Iterable[str]) -> Iterable[Any]:
    fields: Any = table._meta.fields  # noqa: SLF001 (peewee's way to its fields)
    return (fields[name].db_value(columns[name]) for name in names)
