"""Stops asking a person who gets too many questions, for whoever is asked that often approves one unread."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from powertrip.domain import routing
from powertrip.domain.bursts import Bursts
from powertrip.domain.delivery import RANK, Delivery, DeliveryKind, Note
from powertrip.domain.event import Severity
from powertrip.domain.people import Subject
from powertrip.store import audit, deliveries, resolving, written
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, Turn, for_update, transaction, wait_for
from powertrip.store.tables import WAITING, DeliveryRow, EventRow

log = structlog.get_logger(__name__)

NAMED = 40
"""Lines of a note about several people at most; what came of whom stands at each event, too."""
_SOON = {"priority": 0, "rank": RANK[Severity.HIGH]}
"""Where a note stands that says why cards come here: before most of these cards."""


def address(
    delivery: Delivery, subject: Subject, *, security_channel: str, bursts: Bursts, now: datetime
) -> None:
    """Send on what waited until it was known whom it is about, with all that waits for the same person."""
    _, copied_to = routing.parts_of(delivery.channel)
    channel = routing.route(subject, security_channel)
    if channel == copied_to:
        # It is asked about there, for the person cannot be asked.
        resolving.skip(delivery, now)
    elif not copied_to and channel == subject.slack_id:
        ask(delivery, subject, security_channel=security_channel, bursts=bursts, now=now)
    else:
        resolving.resolve(delivery, subject, copied_to or channel, now)


def ask(
    delivery: Delivery, subject: Subject, *, security_channel: str, bursts: Bursts, now: datetime
) -> None:
    """Send first cards to the person whom they are about or, where they got too many, to the channel.

    All that waits for the person is sent on at once, the gravest to them. That they are spared begins and
    ends by itself, for what is counted is what came for them within the time before. At its beginning the
    person and the channel are told why, once.
    """
    member = subject.slack_id or security_channel
    rows = resolving.waiting_together(delivery, now)
    asked, diverted = _asked(member, bursts, now), _diverted(member, bursts, now)
    room = max(bursts.questions - asked - diverted, 0)
    if len(rows) > room:
        # Of two that find the first one too many at the same time one tells of it.
        wait_for(Turn.REPORTING)
        asked, diverted = _asked(member, bursts, now), _diverted(member, bursts, now)
        room = max(bursts.questions - asked - diverted, 0)
    theirs, beyond = rows[:room], rows[room:]
    resolving.settle(rows, subject, {member: theirs, security_channel: beyond}, now)
    if beyond:
        _divert(beyond, member, bursts, first=asked + diverted + len(theirs) + 1, now=now)
    if beyond and not diverted:
        number = bursts.questions + 1 if theirs else asked + 1
        log.warning("person got too many questions, asking the security channel", member=member, got=number)
        name = subject.name or member
        _tell_channel(security_channel, bursts.told_channel(name, number), now)
        deliveries.enqueue(
            [deliveries.new(DeliveryKind.NOTE, member, now, payload=bursts.told_person(number))]
        )


def _tell_channel(channel: str, note: Note, now: datetime) -> None:
    """Queue the note, or add it to one that waits: fifty people must not cost what is grave a minute."""
    unposted = (DeliveryRow.kind == DeliveryKind.NOTE) & (DeliveryRow.channel == channel)
    urgent = (DeliveryRow.priority == _SOON["priority"]) & (DeliveryRow.rank == _SOON["rank"])
    untried = DeliveryRow.leased_until.is_null() & DeliveryRow.attempted_at.is_null()
    waiting = DeliveryRow.select().where(WAITING & unposted & urgent & untried).order_by(DeliveryRow.id)
    row = for_update(waiting, skip_locked=True).first()
    if row is None:
        deliveries.enqueue([deliveries.new(DeliveryKind.NOTE, channel, now, payload=note) | _SOON])
        return
    lines = [*row.payload["lines"], note.title]
    DeliveryRow.update(payload=row.payload | {"lines": lines[:NAMED]}).where(
        DeliveryRow.id == row.id
    ).execute()


def _divert(rows: Sequence[Any], member: str, bursts: Bursts, *, first: int, now: datetime) -> None:
    """Write at the events of these deliveries why others are asked; `first` is the number of the first."""
    told = {
        event_id: bursts.in_words(number)
        for number, row in enumerate(rows, first)
        for event_id in row.event_ids
    }
    update_all(EventRow, [{"id": event_id, "diverted": why} for event_id, why in sorted(told.items())])
    for event_id, why in told.items():
        audit.append("asked_of_others", now, event_id=event_id, member=member, because=why)


def _asked(member: str, bursts: Bursts, now: datetime) -> int:
    """How many first cards went, or are about to go, to the member lately."""
    recent = "channel = ? AND created_at > ? AND kind = 'first'"
    return _counted(f"SELECT COUNT(*) FROM delivery WHERE {recent}", member, now - bursts.within)  # noqa: S608


def _diverted(member: str, bursts: Bursts, now: datetime) -> int:
    recent = "subject_slack_id = ? AND received_at > ? AND diverted IS NOT NULL"
    return _counted(f"SELECT COUNT(*) FROM event WHERE {recent}", member, now - bursts.within)  # noqa: S608


def _counted(statement: str, member: str, since: datetime) -> int:
    return int(written.run(statement, member, since).fetchone()[0])


class BurstsAtPeople(Role):
    """First cards to people, as far as they are not too many."""

    address = transaction(address)
