"""What each origin is told: a row for every verdict and alert, beside the delivery that carries it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Telling
from powertrip.domain.event import DECIDED, Status
from powertrip.domain.hids import OriginVerdict
from powertrip.domain.record import sent_id
from powertrip.store import audit, deliveries, notes, written
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.hids.tables import SightingRow, TellingRow, TellingState
from powertrip.store.tables import DecisionRow, EventRow, OccurrenceRow

"""What is told of; one approval of two is not a decision yet."""


def for_decision(event_id: str, *, status: Status, told_of_all: tuple[str, ...], now: datetime) -> None:
    """Queue the latest decision for every origin that saw the event, and for those told of all."""
    for_decisions({event_id: (status, told_of_all)}, now)


def for_decisions(decided: Mapping[str, tuple[Status, tuple[str, ...]]], now: datetime) -> None:
    """The same for each of many events: its status, and who is told whatever they saw."""
    final = {event_id: each for event_id, each in decided.items() if each[0] in DECIDED}
    of_events = f"SELECT id FROM occurrence WHERE event_id IN ({written.marks(final)})"  # noqa: S608 (ours)
    seen = written.rows(SightingRow, f"occurrence_id IN ({of_events}) ORDER BY id", *final) if final else []
    paired = OccurrenceRow.id.in_([row.occurrence_id for row in seen])
    query: Any = OccurrenceRow.select(OccurrenceRow.id, OccurrenceRow.event_id).where(paired).tuples()
    events = dict(query) if seen else {}
    for row in seen:
        event_id = events[row.occurrence_id]
        for_sighting(row, event_id=event_id, status=final[event_id][0], now=now)
    for event_id, (_, told_of_all) in final.items():
        for origin in told_of_all:
            _enqueue(event_id, origin, sighting_id=None, now=now)


def for_sighting(row: Any, *, event_id: str, status: str, now: datetime) -> None:
    """Queue what was decided for the origin of a sighting, if it was and there is a way to tell it."""
    if row.tells and status in DECIDED:
        _enqueue(event_id, row.origin, sighting_id=row.id, now=now)


def _enqueue(event_id: str, origin: str, *, sighting_id: int | None, now: datetime) -> None:
    of_event = DecisionRow.select().where(DecisionRow.event_id == event_id)
    decision = of_event.order_by(DecisionRow.id.desc()).get()
    row = TellingRow.create(
        event_id=event_id,
        origin=origin,
        sighting_id=sighting_id,
        decision_id=decision.id,
        state=TellingState.WAITING,
        at=now,
    )
    payload = Telling(telling=row.id)
    deliveries.enqueue(
        [deliveries.new(DeliveryKind.ORIGIN, origin, now, event_ids=[event_id], payload=payload)]
    )


def told_of(sighting_ids: Sequence[int]) -> set[int]:
    """Those on which a verdict is, or is about to be, told."""
    rows = TellingRow.select().where(TellingRow.sighting_id.in_(list(sighting_ids)))
    return {row.sighting_id for row in rows if row.sighting_id is not None}


def verdict(delivery: Delivery) -> OriginVerdict | None:
    """What a delivery tells; None while an earlier verdict on the same alert was not taken."""
    row = _telling(delivery)
    about_same = (
        TellingRow.sighting_id.is_null()
        if row.sighting_id is None
        else TellingRow.sighting_id == row.sighting_id
    )
    of_event = (TellingRow.event_id == row.event_id) & (TellingRow.origin == row.origin)
    earlier = (TellingRow.id < row.id) & (TellingRow.state != TellingState.TOLD)
    # A denial that is closed must not reach the origin before the denial.
    if TellingRow.select().where(about_same & of_event & earlier).exists():
        return None
    event, decision = EventRow.get_by_id(row.event_id), DecisionRow.get_by_id(row.decision_id)
    sighting = SightingRow.get_by_id(row.sighting_id) if row.sighting_id else None
    # In the words of the origin's own alert, where there is one: its name of the host may be another.
    about = sighting or event
    return OriginVerdict(
        event_id=event.id,
        verdict=Verdict(decision.verdict),
        alert_id=sent_id(sighting.record_id) if sighting else None,
        rule=event.rule,
        user_name=about.user_name,
        host_name=about.host_name,
        source_ip=about.source_ip,
        occurred_at=about.occurred_at,
        decided_by=decision.actor_id,
        decided_by_name=decision.actor_name,
        decided_at=decision.at,
        reason=decision.reason,
    )


def told(delivery: Delivery, now: datetime) -> None:
    """Record that the origin took the verdict, and end the delivery."""
    row = _telling(delivery)
    deliveries.touch([row.event_id], now)
    deliveries.finish(delivery, now)
    _move(row, TellingState.TOLD, error=None, now=now)
    audit.append("origin_told", now, event_id=row.event_id, origin=row.origin, telling=row.id)


def refused(delivery: Delivery, why: str, until: datetime, channel: str, now: datetime) -> None:
    """Record that the origin refuses; one note tells the security channel, until it takes a verdict again."""
    # Two deliveries to one origin may be refused at the same moment.
    wait_for(Turn.REPORTING)
    deliveries.postpone(delivery, until, why, may_have_arrived=False)
    row = _telling(delivery)
    if row.state == TellingState.FAILED and row.error == why:
        return
    failed = (TellingRow.origin == row.origin) & (TellingRow.state == TellingState.FAILED)
    if not TellingRow.select().where(failed).exists():
        title = f"{row.origin} refuses to be told what was decided"
        notes.enqueue(channel, title=title, lines=[why], now=now)
    _move(row, TellingState.FAILED, error=why, now=now)
    audit.append("origin_refused", now, event_id=row.event_id, origin=row.origin, why=why)
    deliveries.touch([row.event_id], now)


def _telling(delivery: Delivery) -> Any:
    if not isinstance(delivery.payload, Telling):
        raise TypeError(f"delivery {delivery.id} tells no verdict")
    return TellingRow.get_by_id(delivery.payload.telling)


def _move(row: Any, state: TellingState, *, error: str | None, now: datetime) -> None:
    TellingRow.update(state=state, at=now, error=error).where(TellingRow.id == row.id).execute()


class Tellings(Role):
    """What origins are told."""

    verdict = transaction(verdict)
    told = transaction(told)
    refused = transaction(refused)
