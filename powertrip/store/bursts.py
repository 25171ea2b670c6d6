"""Stops asking a person who gets too many questions, for whoever is asked that often approves one unread."""

from datetime import datetime

import structlog

from powertrip.domain.bursts import Bursts
from powertrip.domain.delivery import RANK, Delivery, DeliveryKind
from powertrip.domain.event import Severity
from powertrip.domain.people import Subject
from powertrip.store import audit, deliveries, events
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.tables import DeliveryRow, EventRow

log = structlog.get_logger(__name__)

_SOON = {"priority": 0, "rank": RANK[Severity.HIGH]}
"""Where a note stands that says why cards come here: before most of these cards."""


def ask(
    delivery: Delivery, subject: Subject, *, security_channel: str, bursts: Bursts, now: datetime
) -> None:
    """Send a first card to the person whom it is about or, where they got too many, to the channel.

    That begins and ends by itself, for what is counted is what came for them within the time before. At its
    beginning the person and the channel are told why, once.
    """
    member = subject.slack_id or security_channel
    asked, diverted = _asked(member, bursts, now), _diverted(member, bursts, now)
    if asked + diverted < bursts.questions:
        events.resolve(delivery, subject, member, now)
        return
    # Of two that find the first one too many at the same time one tells of it.
    wait_for(Turn.REPORTING)
    diverted = _diverted(member, bursts, now)
    number = asked + diverted + 1
    events.resolve(delivery, subject, security_channel, now)
    told = bursts.in_words(number)
    EventRow.update(diverted=told).where(EventRow.id.in_(delivery.event_ids)).execute()
    for event_id in delivery.event_ids:
        audit.append("asked_of_others", now, event_id=event_id, member=member, because=told)
    if not diverted:
        log.warning("person got too many questions, asking the security channel", member=member, got=number)
        name = subject.name or member
        for to, note in (
            (member, bursts.told_person(number)),
            (security_channel, bursts.told_channel(name, number)),
        ):
            deliveries.enqueue([deliveries.new(DeliveryKind.NOTE, to, now, payload=note) | _SOON])


def _asked(member: str, bursts: Bursts, now: datetime) -> int:
    """How many first cards went, or are about to go, to the member lately."""
    recent = (DeliveryRow.channel == member) & (DeliveryRow.created_at > now - bursts.within)
    return int(DeliveryRow.select().where(recent & (DeliveryRow.kind == DeliveryKind.FIRST)).count())


def _diverted(member: str, bursts: Bursts, now: datetime) -> int:
    recent = (EventRow.subject_slack_id == member) & (EventRow.received_at > now - bursts.within)
    return int(EventRow.select().where(recent & EventRow.diverted.is_null(False)).count())


class BurstsAtPeople(Role):
    """First cards to people, as far as they are not too many."""

    ask = transaction(ask)
