"""Origins are told what was decided: one verdict after the other, again and again until it is taken."""

from datetime import timedelta
from functools import partial

import structlog

from powertrip.domain.delivery import Delivery
from powertrip.errors import Rejected, Unavailable
from powertrip.pipeline.context import Parts
from powertrip.pipeline.retry import attempt

log = structlog.get_logger(__name__)

RETRY_REFUSED = timedelta(minutes=15)
"""Until a refused verdict is tried again: a person has to mend something first."""


async def tell_origin(parts: Parts, delivery: Delivery) -> float:
    """Make one attempt at telling a verdict; raises only StoreUnavailable.

    Returns for how many seconds the origin wants nothing more.
    """
    return await attempt(parts, delivery, partial(_tell, parts), partial(_instead, parts))


async def _tell(parts: Parts, delivery: Delivery) -> bool:
    name = delivery.channel
    verdict = await parts.store.tellings.verdict(delivery)
    if verdict is None:
        raise Unavailable("an earlier verdict on the same alert was not taken yet")
    origin = parts.origins.get(name)
    if origin is None:
        raise Rejected(f"origins.{name}.tell is not configured any more; write it again, and restart")
    await origin.tell(verdict)
    await parts.store.tellings.told(delivery, parts.clock())
    parts.metrics.origin_told(name, "told")
    parts.signals.outbox.set()
    log.info("origin told", origin=name, events=list(delivery.event_ids))
    return True


async def _instead(parts: Parts, delivery: Delivery, error: Exception) -> bool:
    if not isinstance(error, Rejected):
        parts.metrics.origin_told(delivery.channel, "unavailable")
        return False
    log.error("an origin refuses a verdict; mend what it names", origin=delivery.channel, error=str(error))
    parts.metrics.origin_told(delivery.channel, "refused")
    now = parts.clock()
    channel = parts.settings.security_channel
    await parts.store.tellings.refused(delivery, str(error), now + RETRY_REFUSED, channel, now)
    parts.signals.outbox.set()
    return True
