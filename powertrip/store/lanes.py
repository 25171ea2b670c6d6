"""Lanes: deliveries of one lane go out one after the other, with a pause, whichever worker sends them.

A lane without a row is free.
"""

from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.delivery import Delivery
from powertrip.store.bulk import insert_all
from powertrip.store.database import Turn, for_update, try_for
from powertrip.store.tables import LaneRow

_KEPT = timedelta(hours=1)
"""Longer than any pause; there is a row for each person asked, and for each name that somebody made up."""


def busy(now: datetime) -> list[str]:
    """The lanes of which nothing is sent now."""
    return [row.name for row in LaneRow.select(LaneRow.name).where(~_is_free(now))]


def take(name: str, now: datetime) -> bool:
    """Lock a lane until the commit; returns False where somebody was faster, or is about to take it.

    Nobody who has one lane waits for another: two would do so for each other, each in its own order.
    """
    if not try_for(Turn.TAKING, name):
        return False
    insert_all(LaneRow, [{"name": name}], "ON CONFLICT DO NOTHING")
    locked = LaneRow.update(free_at=None, busy_until=None, holder=None)
    return bool(locked.where((LaneRow.name == name) & _is_free(now)).execute())


def occupy(delivery: Delivery) -> None:
    """Let nobody else send in the delivery's lane as long as it is leased."""
    occupied = LaneRow.update(busy_until=delivery.leased_until, holder=_holder(delivery))
    occupied.where(LaneRow.name == delivery.lane).execute()


def renew(delivery: Delivery, until: datetime) -> None:
    """Keep the lane for longer."""
    LaneRow.update(busy_until=until).where(_held(delivery)).execute()


def leave(delivery: Delivery, free_at: datetime | None) -> None:
    """Give the lane back; nothing more is sent in it until `free_at`."""
    if free_at is None:
        LaneRow.delete().where(_held(delivery)).execute()
        return
    LaneRow.update(busy_until=None, holder=None).where(_held(delivery)).execute()
    # What Slack demands goes for whoever has it by now, too.
    sooner = LaneRow.free_at.is_null() | (LaneRow.free_at < free_at)
    LaneRow.update(free_at=free_at).where((LaneRow.name == delivery.lane) & sooner).execute()


def free_all() -> None:
    """Give back what dead workers held; what Slack demanded stays in force."""
    LaneRow.update(busy_until=None, holder=None).where(LaneRow.holder.is_null(False)).execute()


def prune(now: datetime) -> int:
    """Delete lanes that nobody has used for long."""
    idle = LaneRow.busy_until.is_null() | (LaneRow.busy_until < now - _KEPT)
    rested = LaneRow.free_at.is_null() | (LaneRow.free_at < now - _KEPT)
    # None that somebody takes: this has several, and would wait for one with others in its hands.
    query = for_update(LaneRow.select(LaneRow.name).where(idle & rested), skip_locked=True)
    return int(LaneRow.delete().where(LaneRow.name.in_([row.name for row in query])).execute())


def _is_free(now: datetime) -> Any:
    is_rested = LaneRow.free_at.is_null() | (LaneRow.free_at <= now)
    return is_rested & (LaneRow.busy_until.is_null() | (LaneRow.busy_until < now))


def _held(delivery: Delivery) -> Any:
    return (LaneRow.name == delivery.lane) & (LaneRow.holder == _holder(delivery))


def _holder(delivery: Delivery) -> str:
    """Names the attempt: after its lease another may be made of the same delivery."""
    return f"{delivery.uid} {delivery.attempts}"
