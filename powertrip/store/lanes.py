"""Lanes: deliveries of one lane go out one after the other, with a pause, whichever worker sends them.

A lane without a row is free.
"""

from datetime import datetime, timedelta

from powertrip.domain.delivery import Delivery
from powertrip.store import written
from powertrip.store.database import Turn, for_update, try_for
from powertrip.store.tables import LaneRow

BUSY = "EXISTS (SELECT 1 FROM lane WHERE lane.name = delivery.lane AND (free_at > ? OR busy_until >= ?))"
"""The condition of deliveries in whose lanes nothing is sent now, which is the value of both marks."""
_FREE = "(free_at IS NULL OR free_at <= ?) AND (busy_until IS NULL OR busy_until < ?)"
_HELD = "name = ? AND holder = ?"
_KEPT = timedelta(hours=1)
"""Longer than any pause; there is a row for each person asked, and for each name that somebody made up."""


def take(name: str, now: datetime) -> bool:
    """Lock a lane until the commit; returns False where somebody was faster, or is about to take it.

    Nobody who has one lane waits for another: two would do so for each other, each in its own order.
    """
    if not try_for(Turn.TAKING, name):
        return False
    written.run("INSERT INTO lane (name) VALUES (?) ON CONFLICT DO NOTHING", name)
    locked = f"UPDATE lane SET free_at = NULL, busy_until = NULL, holder = NULL WHERE name = ? AND {_FREE}"  # noqa: S608 (ours)
    return bool(written.run(locked, name, now, now).rowcount)


def occupy(delivery: Delivery) -> None:
    """Let nobody else send in the delivery's lane as long as it is leased."""
    occupied = "UPDATE lane SET busy_until = ?, holder = ? WHERE name = ?"
    written.run(occupied, delivery.leased_until, _holder(delivery), delivery.lane)


def leave_unused(name: str) -> None:
    """Give a lane back that was taken, and in which nothing is sent."""
    written.run("DELETE FROM lane WHERE name = ?", name)


def renew(delivery: Delivery, until: datetime) -> None:
    """Keep the lane for longer."""
    written.run(f"UPDATE lane SET busy_until = ? WHERE {_HELD}", until, *_key(delivery))  # noqa: S608 (ours)


def leave(delivery: Delivery, free_at: datetime | None) -> None:
    """Give the lane back; nothing more is sent in it until `free_at`."""
    if free_at is None:
        written.run(f"DELETE FROM lane WHERE {_HELD}", *_key(delivery))  # noqa: S608 (ours)
        return
    given_back = f"UPDATE lane SET busy_until = NULL, holder = NULL WHERE {_HELD}"  # noqa: S608 (ours)
    written.run(given_back, *_key(delivery))
    # What Slack demands goes for whoever has it by now, too.
    later = "UPDATE lane SET free_at = ? WHERE name = ? AND (free_at IS NULL OR free_at < ?)"
    written.run(later, free_at, delivery.lane, free_at)


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


def _key(delivery: Delivery) -> tuple[str, str]:
    return delivery.lane, _holder(delivery)


def _holder(delivery: Delivery) -> str:
    """Names the attempt: after its lease another may be made of the same delivery."""
    return f"{delivery.uid} {delivery.attempts}"
