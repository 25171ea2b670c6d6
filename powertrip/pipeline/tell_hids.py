"""Tells origins what was decided: one verdict after the other, each until it is taken."""

from datetime import timedelta

import structlog

from powertrip.domain.delivery import Delivery
from powertrip.errors import Rejected, Unavailable
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)

RETRY_REFUSED = timedelta(minutes=15)
"""Until a refused verdict is tried again: a person has to mend something first."""


async def tell_origin(context: Context, delivery: Delivery) -> bool:
    """Tell the delivery's verdict; returns whether it was taken. Raises Unavailable."""
    name = delivery.channel
    try:
        await _tell(context, delivery)
    except Unavailable:
        context.metrics.origin_told(name, "unavailable")
        raise
    except Rejected as error:
        log.error("origin refused a verdict; mend what it names", origin=name, error=str(error))
        context.metrics.origin_told(name, "refused")
        now, channel = context.clock(), context.settings.security_channel
        await context.store.tellings.refused(delivery, str(error), now + RETRY_REFUSED, channel, now)
        is_told = False
    else:
        await context.store.tellings.told(delivery, context.clock())
        context.metrics.origin_told(name, "told")
        log.info("origin told", origin=name, events=list(delivery.event_ids))
        is_told = True
    # Its card shows what the origin was told, or that it was not.
    context.signals.outbox.set()
    return is_told


async def _tell(context: Context, delivery: Delivery) -> None:
    verdict = await context.store.tellings.verdict(delivery)
    if verdict is None:
        raise Unavailable("an earlier verdict on the same alert was not taken yet")
    origin = context.origins.get(delivery.channel)
    if origin is None:
        raise Rejected(
            f"origins.{delivery.channel}.tell is not configured any more; write it again, and restart"
        )
    await origin.tell(verdict)
