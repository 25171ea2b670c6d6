"""Claims for tests that care for what is claimed, and not for when or in which lane."""

from collections.abc import Callable
from datetime import datetime, timedelta

from powertrip.domain.delivery import Delivery
from powertrip.store import Store, lanes, outbox
from powertrip.store.bulk import insert_all
from powertrip.store.posting import Posting
from powertrip.store.tables import LaneRow

LEASE = timedelta(seconds=30)
ANY_PACE = 100_000
"""Messages a minute to all channels."""


def _take(now: datetime, lease: timedelta, busy: tuple[str, ...]) -> Delivery | None:
    insert_all(LaneRow, [{"name": lane, "busy_until": now, "holder": "a test"} for lane in busy])
    delivery = outbox.take(lambda: now, lease, Posting(ANY_PACE))
    LaneRow.delete().where(LaneRow.name.in_(busy)).execute()
    if delivery is not None:
        lanes.leave(delivery, None)
    return delivery


async def take_next(
    store: Store, now: datetime, *, lease: timedelta = LEASE, busy: tuple[str, ...] = ()
) -> Delivery | None:
    """Take what goes out next at `now` outside the lanes in `busy`, and leave its lane to others."""
    return await store.deliveries.database.run(_take, now, lease, busy)


async def take_one(store: Store, clock: Callable[[], datetime], lease: timedelta = LEASE) -> Delivery | None:
    """Take what goes out next, as the sender does, with its lane."""
    taken = await store.deliveries.take_several(clock, lease, 1, posts_per_minute=ANY_PACE)
    return taken[0] if taken else None
