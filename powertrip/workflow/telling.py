"""Origins are told what was decided: one verdict after the other, again and again until it is taken."""

import asyncio
from datetime import timedelta

import structlog

from powertrip.errors import Rejected, Unavailable
from powertrip.ports import Delivery, OriginVerdict
from powertrip.workflow.parts import Parts
from powertrip.workflow.retrying import DELIVERY_LONGEST, delivery_backoff

log = structlog.get_logger(__name__)

ATTEMPT_LIMIT = 25.0
"""Seconds one attempt may take; less than the lease of a delivery, so that two are never made at once."""
RETRY_REFUSED = timedelta(minutes=15)
"""Until a refused verdict is tried again: a person has to mend something first."""


async def tell_origin(parts: Parts, delivery: Delivery) -> float:
    """Make one attempt at telling a verdict; raises only StoreUnavailable. Returns 0."""
    verdict = await parts.store.origin_verdict(delivery)
    try:
        await _tell(parts, delivery.channel, verdict)
    except Unavailable as error:
        await _later(parts, delivery, error)
    except Rejected as error:
        await _refused(parts, delivery, error)
    else:
        await parts.store.origin_told(delivery, parts.clock())
        parts.metrics.origin_told(delivery.channel, "told")
        parts.wake_sender()
        log.info("origin told", origin=delivery.channel, events=list(delivery.event_ids))
    return 0.0


async def _tell(parts: Parts, name: str, verdict: OriginVerdict | None) -> None:
    if verdict is None:
        raise Unavailable("an earlier verdict on the same alert was not taken yet")
    origin = parts.origins.get(name)
    if origin is None:
        raise Rejected(f"origins.{name}.tell is not configured any more; write it again, and restart")
    try:
        async with asyncio.timeout(ATTEMPT_LIMIT):
            await origin.tell(verdict)
    except TimeoutError as error:
        raise Unavailable(f"{name} did not answer within {ATTEMPT_LIMIT:g} s") from error


async def _later(parts: Parts, delivery: Delivery, error: Unavailable) -> None:
    backoff = delivery_backoff(delivery.attempts)
    wait = timedelta(seconds=error.retry_after) if error.retry_after is not None else backoff
    log.warning("an origin cannot be told now; it is later", origin=delivery.channel, error=str(error))
    parts.metrics.origin_told(delivery.channel, "unavailable")
    until = parts.clock() + min(wait, DELIVERY_LONGEST)
    await parts.store.postpone_delivery(delivery, until, str(error), may_have_arrived=True)


async def _refused(parts: Parts, delivery: Delivery, error: Rejected) -> None:
    log.error("an origin refuses a verdict; mend what it names", origin=delivery.channel, error=str(error))
    parts.metrics.origin_told(delivery.channel, "refused")
    now = parts.clock()
    channel = parts.settings.security_channel
    await parts.store.origin_refused(delivery, str(error), now + RETRY_REFUSED, channel, now)
    parts.wake_sender()
