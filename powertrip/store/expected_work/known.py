"""Approves events that were kept before all was known of their addresses, where that is as expected."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.due import Enriched
from powertrip.domain.event import Event, Status
from powertrip.domain.expectations import Expectable
from powertrip.store import deliveries, written
from powertrip.store.expected_work import covering
from powertrip.store.expected_work.covering import Covering
from powertrip.store.fields import moment
from powertrip.store.history import seals
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow

_MOMENTS = "SELECT occurred_at FROM occurrence WHERE event_id = ?"
# Whoever was asked, or is about to be, decides: a card that went out stays a question.
_UNTOLD = (
    "event_id = ? AND kind = 'first' AND state = 'waiting' AND leased_until IS NULL AND attempted_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event_id = delivery.event_id)"
)
_APPROVE = (
    "UPDATE event SET status = ?, decided_at = ?, expected_by = ?, version = version + 1, "
    "next_reminder_at = NULL WHERE id = ?"
)


def begin(found: Sequence[Enriched], now: datetime) -> Covering:
    """What may cover some of these; belongs before their rows are locked."""
    return covering.begin(
        (
            (item.expectable, item.event, [item.event.occurred_at])
            for item in found
            if item.expectable is not None and item.event.status is Status.PENDING
        ),
        now,
    )


def approve(covers: Covering, found: Sequence[Enriched], now: datetime) -> None:
    """Approve what is covered and nobody was asked about; belongs after all else that follows from facts.

    The first card of an event waits two seconds for its facts: what is not known by then is asked about.
    """
    if covers.now is None:
        return
    for item in sorted(found, key=lambda item: item.event.id):
        if item.expectable is not None:
            _approve(covers, item.event, item.expectable, now)
    covering.keep(covers, now)


def _approve(covers: Covering, event: Event, whose: Expectable, now: datetime) -> None:
    alone = "id = ? AND status = ? AND storm_id IS NULL"
    kept = written.columns(EventRow, seals.WEIGHED, alone, event.id, Status.PENDING)
    # As grave as it was found to be, and not more so for a record that joined meanwhile.
    if kept != [[getattr(event, name) for name in seals.WEIGHED]]:
        return
    first = written.columns(DeliveryRow, ("id",), written.locked(_UNTOLD), event.id)
    moments = [moment(at) for (at,) in written.run(_MOMENTS, event.id).fetchall()]
    expected = covers.cover_known(event, whose, moments) if first else None
    if expected is None:
        return
    for (delivery_id,) in first:
        deliveries.end(delivery_id, DeliveryState.SKIPPED, now, error="it was expected")
    written.run(_APPROVE, Status.APPROVED, now, expected.id, event.id)
