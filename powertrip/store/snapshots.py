"""Events as messages show them."""

from collections.abc import Sequence

from powertrip.domain.event import Notice, NoticeKind, Snapshot
from powertrip.store import written
from powertrip.store.rows import events_from, notice_from
from powertrip.store.storms.tables import StormMessageRow
from powertrip.store.tables import EventRow, NoticeRow


def snapshots(event_ids: Sequence[str]) -> list[Snapshot]:
    """Those of the events that exist, in this order, each with the version it was read at."""
    if not event_ids:
        return []
    rows = {row.id: row for row in written.rows_of(EventRow, "id", event_ids)}
    present = [rows[event_id] for event_id in dict.fromkeys(event_ids) if event_id in rows]
    firsts: dict[str, list[Notice]] = {event_id: [] for event_id in rows}
    asked = set()
    for row in written.rows_of(NoticeRow, "event_id", rows):
        asked.add(row.event_id)
        if row.kind == NoticeKind.FIRST and row.removed_at is None:
            firsts[row.event_id].append(notice_from(row))
    # The card of its storm asks about an event that has none of its own.
    in_storms = {row.storm_id for row in present if row.storm_id}
    posted = written.rows_of(StormMessageRow, "storm_id", in_storms, "storm_id")
    shown = {row.storm_id for row in posted}
    asked |= {row.id for row in present if row.storm_id in shown and not row.storm_apart}
    return [
        Snapshot(
            event=event,
            version=row.version,
            was_asked=event.id in asked,
            first_notices=tuple(firsts[event.id]),
        )
        for event, row in zip(events_from(present), present, strict=True)
    ]
