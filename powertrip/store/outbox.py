"""The outbox as the sender sees it: a delivery is claimed for a while, with its lane, and attempted."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import TypeAdapter

from powertrip.domain.bursts import Bursts
from powertrip.domain.delivery import (
    Anchoring,
    Containing,
    Delivery,
    DeliveryKind,
    Digest,
    Note,
    Overdue,
    Question,
    ReminderNumbers,
    Settle,
    Telling,
)
from powertrip.domain.people import Subject
from powertrip.domain.quarantine import QuarantineReport
from powertrip.domain.routing import UNRESOLVED, parts_of
from powertrip.domain.storm_view import StormNotice
from powertrip.store import bursts, deliveries, lanes, written
from powertrip.store.clock import ClockStepped
from powertrip.store.database import Role, transaction
from powertrip.store.posting import NO_MESSAGE, Posting, is_message
from powertrip.store.rows import notices_in
from powertrip.store.snapshots import snapshots
from powertrip.store.storms.views import view_of
from powertrip.store.tables import DeliveryRow, DeliveryState

log = structlog.get_logger(__name__)

_HARDLY_USED = timedelta(seconds=5)
"""What a lease may have been used up by to be as good as new: an attempt ends well before its lease does."""

_PAYLOADS: dict[DeliveryKind, TypeAdapter[Any]] = {
    # In this order: whatever is a digest could be taken for a note.
    DeliveryKind.NOTE: TypeAdapter(Question | Digest | Note),
    DeliveryKind.QUARANTINE: TypeAdapter(QuarantineReport),
    DeliveryKind.REMINDER: TypeAdapter(ReminderNumbers),
    DeliveryKind.ORIGIN: TypeAdapter(Telling),
    DeliveryKind.BACKUP: TypeAdapter(Note | Overdue),
    DeliveryKind.SETTLE: TypeAdapter(Settle),
    DeliveryKind.STORM: TypeAdapter(StormNotice),
    DeliveryKind.ANCHOR: TypeAdapter(Anchoring),
    DeliveryKind.CONTAIN: TypeAdapter(Containing),
}


@dataclass(frozen=True, slots=True)
class Known:
    """Whom questions are about, as far as nobody need be asked, and what becomes of them then."""

    subject: Callable[[str], Subject | None]
    """The person of this name; called on the database thread."""
    security_channel: str
    bursts: Bursts


def take(
    clock: Callable[[], datetime], lease: timedelta, posting: Posting, known: Known | None = None
) -> Delivery | None:
    """Take the most urgent due delivery of the lanes that no worker uses, and its lane, for `lease`.

    The clock is read in here: whoever has waited for their turn has not used any of their lease up. What
    waits until somebody is found who is `known` is sent on before.
    """
    now, tried, with_messages = clock(), list[str](), True
    while (lane := _next_lane(now, tried, with_messages=with_messages)) is not None:
        if is_message(lane) and not posting.is_open(now):
            with_messages = False
            continue
        # The lane before the delivery: of two workers with one each, the later might go out first.
        if lanes.take(lane, now):
            delivery = _claim(lane, now, lease)
            if delivery is not None and known is not None and _is_sent_on(delivery, known, now):
                lanes.leave_unused(lane)
            elif delivery is not None:
                lanes.occupy(delivery)
                if is_message(lane):
                    posting.take(now)
                return delivery
        tried.append(lane)
    return None


def _is_sent_on(delivery: Delivery, known: Known, now: datetime) -> bool:
    if not delivery.channel.startswith(UNRESOLVED):
        return False
    subject = known.subject(parts_of(delivery.channel)[0])
    if subject is None:
        return False
    bursts.address(delivery, subject, security_channel=known.security_channel, bursts=known.bursts, now=now)
    return True


def take_several(
    clock: Callable[[], datetime],
    lease: timedelta,
    limit: int,
    *,
    posts_per_minute: int,
    ended: Sequence[tuple[Delivery, timedelta]] = (),
    known: Known | None = None,
) -> list[Delivery]:
    """Take up to `limit` deliveries as `take` does, each of another lane; those of `ended` are left before.

    Where the clock is set meanwhile, those are kept that were taken before, or nothing might ever be taken.
    """
    leave(ended, clock)
    taken: list[Delivery] = []
    posting = Posting(posts_per_minute)
    try:
        while len(taken) < limit and (delivery := take(clock, lease, posting, known)) is not None:
            taken.append(delivery)
    except ClockStepped:
        if not taken:
            raise
    posting.keep()
    return taken


def _next_lane(now: datetime, tried: Collection[str], *, with_messages: bool) -> str | None:
    """The lane of what is to go out next, but for those of `tried`."""
    due = f"{deliveries.DUE} AND NOT {lanes.BUSY}"
    if tried:
        due += f" AND lane NOT IN ({written.marks(tried)})"
    if not with_messages:
        due += f" AND {NO_MESSAGE}"
    next_one = f"SELECT lane FROM delivery WHERE {due} ORDER BY priority, rank, turn, id LIMIT 1"  # noqa: S608 (ours)
    found = written.run(next_one, now, now, now, now, *tried).fetchone()
    return found[0] if found else None


def _claim(lane: str, now: datetime, lease: timedelta) -> Delivery | None:
    due = f"lane = ? AND {deliveries.DUE} ORDER BY {deliveries.URGENT_FIRST} LIMIT 1"
    while found := written.rows(DeliveryRow, written.locked(due, skip=True), lane, now, now):
        row = found[0]
        try:
            delivery = _delivery_from(row, leased_until=now + lease)
        except ValueError as error:
            # Put aside, for it would keep everything behind it waiting for ever.
            log.exception("delivery is not readable, giving it up", uid=row.uid, kind=row.kind)
            deliveries.end(row.id, DeliveryState.FAILED, now, error=f"it is not readable: {error}")
            continue
        taken = "UPDATE delivery SET leased_until = ?, attempts = ?, attempted_at = ? WHERE id = ?"
        written.run(taken, now + lease, row.attempts + 1, row.attempted_at or now, row.id)
        return delivery
    return None


def renew(delivery: Delivery, clock: Callable[[], datetime], lease: timedelta) -> bool:
    """Keep the delivery, and its lane, for about a `lease`; returns False where it is another's by now."""
    until = clock() + lease
    if until - delivery.leased_until < _HARDLY_USED:
        # It is as good as new, and what is only read waits for no disk.
        return deliveries.mine(delivery) is not None
    renewed = f"UPDATE delivery SET leased_until = ? WHERE {deliveries.MINE}"  # noqa: S608 (ours)
    if not written.run(renewed, until, *deliveries.key(delivery)).rowcount:
        return False
    lanes.renew(delivery, until)
    return True


def leave(ended: Iterable[tuple[Delivery, timedelta]], clock: Callable[[], datetime]) -> None:
    """Give the lanes of these deliveries back; each takes nothing more for its rest."""
    for delivery, rest in ended:
        lanes.leave(delivery, clock() + rest if rest else None)


def _delivery_from(row: Any, *, leased_until: datetime) -> Delivery:
    """A row of the outbox with what it is about; raises ValueError for what this release does not know."""
    kind = DeliveryKind(row.kind)
    payload = _PAYLOADS[kind].validate_python(row.payload or {}) if kind in _PAYLOADS else None
    notices = notices_in(row.channel, row.ts) if kind is DeliveryKind.UPDATE else []
    event_ids = [notice.event_id for notice in notices] or row.event_ids
    if isinstance(payload, Overdue) and not event_ids:
        # What Slack has taken since needs no backup any more.
        overdue = deliveries.undelivered() & DeliveryRow.id.in_(list(payload.deliveries))
        rows = DeliveryRow.select(DeliveryRow.event_ids).where(overdue).order_by(DeliveryRow.id)
        event_ids = [event_id for each in rows for event_id in each.event_ids]
    return Delivery(
        id=row.id,
        uid=row.uid,
        kind=kind,
        lane=row.lane,
        channel=row.channel,
        ts=row.ts,
        event_ids=tuple(row.event_ids),
        payload=payload,
        snapshots=tuple(snapshots(event_ids)),
        notices=tuple(notices),
        storm=view_of(payload.storm) if isinstance(payload, StormNotice) else None,
        attempts=row.attempts,
        attempted_at=row.attempted_at,
        created_at=row.created_at,
        leased_until=leased_until,
    )


class Deliveries(Role):
    """The outbox, as the sender sees it."""

    take_several = transaction(take_several)
    renew = transaction(renew)
    leave = transaction(leave)
    finish = transaction(deliveries.finish)
    skip = transaction(deliveries.skip)
    postpone = transaction(deliveries.postpone)
    redirect = transaction(deliveries.redirect)
    expedite = transaction(deliveries.expedite)
    again = transaction(deliveries.again)
