"""Events whose facts are still to be looked up, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain import storms
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.due import Enriched, ToEnrich
from powertrip.domain.event import OPEN, NoticeKind
from powertrip.domain.habits import Past
from powertrip.store import audit, deliveries, gathering, rising
from powertrip.store.among import among
from powertrip.store.bulk import read_all, update_all
from powertrip.store.database import LostRace, Role, for_update, transaction
from powertrip.store.expected_work import known as expected
from powertrip.store.habits import OF_THE_PAST, past_of_row
from powertrip.store.history import seals
from powertrip.store.rising import Risen
from powertrip.store.rows import events_alone, facts_columns, lock_events, past_columns
from powertrip.store.storms import messages as storm_messages
from powertrip.store.tables import WAITING, DeliveryRow, DeliveryState, EventRow, NoticeRow

SHOWN = ("facts", "past", "severity", "requires_reason", "requires_second_person", "requires_proof")
"""The columns of which cards show something."""
_WEIGHED = (
    *("severity", "severity_reason", "risk_steps"),
    *("requires_reason", "requires_second_person", "requires_proof"),
)
"""The columns that follow from the risk of the address."""
_KEPT_BESIDE = [
    getattr(EventRow, name)
    for name in dict.fromkeys(("id", "status", "copied_to", *SHOWN, *_WEIGHED, *OF_THE_PAST))
]
"""What decides how a finding is kept."""


def claim(limit: int, clock: Callable[[], datetime], lease: timedelta) -> list[ToEnrich]:
    """Take events whose lookup is due; nobody else gets them meanwhile."""
    now = clock()
    due = EventRow.select().where(EventRow.facts_due_at <= now)
    # Newest first: their cards are being held.
    query = due.order_by(EventRow.received_at.desc()).limit(limit)
    rows = read_all(for_update(query, skip_locked=True))
    ids = [row.id for row in rows]
    if ids:
        moved = EventRow.update(facts_due_at=now + lease, facts_tries=EventRow.facts_tries + 1)
        moved.where(among(EventRow.id, ids)).execute()
    return [
        ToEnrich(event=event, tries=row.facts_tries)
        for event, row in zip(events_alone(rows), rows, strict=True)
    ]


def keep(found: Sequence[Enriched], now: datetime) -> None:
    """Keep what was found, and when to look again; first cards and copies need not wait longer.

    What follows from the risk is kept of events that are still open; only they get copies.
    """
    known = {item.event.id: item for item in found}
    covers = expected.begin(found, now)
    rows = read_all(EventRow.select(*_KEPT_BESIDE).where(among(EventRow.id, known)))
    changes: dict[str, dict[str, Any]] = {}
    pasts: dict[str, Past] = {}
    # Read before anything is locked: a person's past takes several questions.
    for row in rows:
        item = known[row.id]
        columns = facts_columns(item.event.facts)
        is_open = row.status in OPEN
        if is_open:
            # The past asks for events from the same network and country.
            its = {name: columns[name] for name in ("as_number", "country_code")}
            pasts[row.id] = past_of_row(row._replace(**its))
        columns |= past_columns(pasts[row.id]) if is_open else {"past": row.past}
        columns |= {name: getattr(item.event, name) for name in _WEIGHED}
        if rising.is_graver(row.severity, item.event.severity):
            # A record that joined since it was claimed says so.
            columns |= {name: getattr(row, name) for name in _WEIGHED}
        told = [*(row.copied_to or ()), *item.copies]
        changes[row.id] = columns | {"copied_to": told, "facts_due_at": item.again_at}
    locked = lock_events(changes)
    if any(locked[row.id].severity != row.severity for row in rows):
        raise LostRace("a record made the event graver")
    copied = []
    for row in rows:
        if locked[row.id].status in OPEN:
            item = known[row.id]
            copied += deliveries.copies(
                row.id,
                item.copies,
                now,
                conversation=item.conversation,
                severity=item.event.severity,
            )
        else:
            # Once somebody decided, it stays as it was shown to them.
            changes[row.id] |= {name: getattr(row, name) for name in ("past", "copied_to", *_WEIGHED)}
    leaving = _leaving_storms(known, pasts)
    changed = [row.id for row in rows if any(getattr(row, name) != changes[row.id][name] for name in SHOWN)]
    update_all(EventRow, [{"id": event_id, **columns} for event_id, columns in changes.items()])
    for row in rows:
        weight = seals.weight(changes[row.id][name] for name in seals.WEIGHED)
        if weight != seals.weight(getattr(row, name) for name in seals.WEIGHED):
            audit.append("event_weighed", now, event_id=row.id, weight=weight)
    deliveries.touch(changed, now)
    # Its card may still wait behind others that mattered as much.
    risen = [
        Risen(row.id, known[row.id].event.severity, known[row.id].conversation)
        for row in rows
        if rising.is_graver(changes[row.id]["severity"], row.severity)
    ]
    gathering.weigh({item.event_id: item.severity for item in risen})
    _ask_apart(leaving, known, now)
    rising.ask_alone(risen, now)
    storm_messages.moved(list(known), now)
    held = (
        among(DeliveryRow.event_id, known)
        & (DeliveryRow.state == DeliveryState.WAITING)
        & DeliveryRow.kind.in_((DeliveryKind.FIRST, DeliveryKind.COPY))
        & (DeliveryRow.due_at > now)
        # One that Slack did not take is postponed for another reason.
        & (DeliveryRow.attempts == 0)
    )
    DeliveryRow.update(due_at=now).where(held).execute()
    deliveries.enqueue(copied)
    expected.approve(covers, found, now)


def _leaving_storms(known: Mapping[str, Enriched], pasts: Mapping[str, Past]) -> dict[str, str]:
    """Why events leave the storms that they are part of, for what their addresses turn out to be."""
    # Read after they were locked: a storm may have begun since.
    usual = among(EventRow.id, known) & EventRow.storm_id.is_null(False) & EventRow.storm_apart.is_null()
    rows = EventRow.select(EventRow.id).where(usual & EventRow.status.in_(OPEN))
    reasons = {row.id: known[row.id].apart or storms.apart_by_past(pasts[row.id]) for row in rows}
    return {event_id: why for event_id, why in reasons.items() if why}


def _ask_apart(leaving: Mapping[str, str], known: Mapping[str, Enriched], now: datetime) -> None:
    """Ask about these events with cards of their own, also where their storm's card was to do it."""
    update_all(
        EventRow,
        [
            {"id": event_id, "storm_apart": why, "next_reminder_at": known[event_id].remind_at}
            for event_id, why in leaving.items()
        ],
    )
    for event_id, why in leaving.items():
        audit.append("storm_apart", now, event_id=event_id, why=why)
    if not leaving:
        return
    # A copy in another channel asks nobody.
    first = (NoticeRow.kind == NoticeKind.FIRST) & NoticeRow.removed_at.is_null()
    asked = NoticeRow.select(NoticeRow.event_id).where(first & NoticeRow.event_id.in_(list(leaving)))
    told = {row.event_id for row in asked}
    # Its card may have been on its way when the storm began.
    waiting = (DeliveryRow.kind == DeliveryKind.FIRST) & WAITING
    of_these = DeliveryRow.event_id.in_(list(leaving)) | DeliveryRow.event_id.is_null()
    told |= {event_id for row in DeliveryRow.select().where(waiting & of_these) for event_id in row.event_ids}
    deliveries.enqueue(
        [
            deliveries.new(
                DeliveryKind.FIRST,
                known[event_id].conversation,
                now,
                event_ids=[event_id],
                severity=known[event_id].event.severity,
            )
            for event_id in leaving
            if event_id not in told
        ]
    )


class Enriching(Role):
    """Events that wait for facts."""

    claim = transaction(claim)
    keep = transaction(keep)
