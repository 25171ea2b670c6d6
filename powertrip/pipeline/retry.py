"""One attempt at a delivery, and how long to wait before something that failed is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from powertrip.domain.delivery import Delivery
from powertrip.errors import OutsideError, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.pipeline.context import Context
from powertrip.pipeline.troubles import misconfigured

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a crashed process keeps a delivery from the next."""
TO_RECORD = timedelta(seconds=5)
"""An attempt ends so long before its lease does, for what came of it is still to be written down."""
DELIVERY_FIRST = timedelta(seconds=1)
DELIVERY_LONGEST = timedelta(minutes=5)
"""Deliveries are tried again after the first, then ever less often up to the longest."""
ASKED_LONGEST = timedelta(hours=1)
"""Whatever a polled API asks for, it is asked again after this."""
_DOUBLINGS = 16
"""Beyond these every wait is longer than any limit, and a larger power could not be held."""


class LeaseLost(Exception):
    """Another worker has claimed the delivery since: whatever this one would do, that one does."""


async def keep(context: Context, delivery: Delivery) -> None:
    """Renew the lease; belongs just before what must not be done twice. Raises LeaseLost."""
    if not await context.store.deliveries.renew(delivery, context.clock, LEASE):
        raise LeaseLost


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """`first`, doubled so many times, and never more than `longest`."""
    return min(first * (1 << min(times, _DOUBLINGS)), longest)


def asked_for(error: Exception) -> timedelta:
    """The pause that the other side asked for; zero where it asked for none."""
    return min(timedelta(seconds=getattr(error, "retry_after", None) or 0), ASKED_LONGEST)


async def attempt(
    context: Context, delivery: Delivery, work: Callable[[Context, Delivery], Awaitable[bool]]
) -> float:
    """Run `work`, which returns whether anybody was told; postpone the delivery where it raises.

    Raises only StoreUnavailable. Returns for how many seconds the other side wants nothing more of this lane.
    """
    # From the claim, not from now: the database may have taken most of the lease to answer.
    left = delivery.leased_until - TO_RECORD - context.clock()
    if left <= timedelta():
        log.warning("claim came too late to be of use", kind=delivery.kind, uid=delivery.uid)
        return 0.0
    try:
        async with asyncio.timeout(left.total_seconds()):
            was_told = await work(context, delivery)
    except LeaseLost:
        log.warning("another worker has taken this delivery over", kind=delivery.kind, uid=delivery.uid)
        return 0.0
    except (OutsideError, TimeoutError) as error:
        if isinstance(error, SlackMisconfigured):
            await misconfigured(context, error)
        # Never longer than we would wait anyway, whatever the other side says. Zero, or a date that is past,
        # is taken for no wish: attempts would follow each other without end.
        asked = min(asked_for(error), DELIVERY_LONGEST)
        wait = asked or doubled(DELIVERY_FIRST, delivery.attempts, DELIVERY_LONGEST)
        why = str(error) or "the attempt took too long"
        log.warning(
            "delivery failed, retrying", kind=delivery.kind, to=delivery.channel, error=why, wait=str(wait)
        )
        context.metrics.delivery_attempted(delivery.kind, "failed")
        # A refusal means that it was not taken; after any other failure nobody knows.
        may_have_arrived = not isinstance(error, SlackUnavailable | SlackRefused)
        until = context.clock() + wait
        await context.store.deliveries.postpone(delivery, until, why, may_have_arrived=may_have_arrived)
        return asked.total_seconds()
    if was_told:
        context.metrics.delivery_attempted(delivery.kind, "done")
    return 0.0
