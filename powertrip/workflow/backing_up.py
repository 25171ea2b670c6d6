"""While Slack is down the backup channels are told what nobody could be asked about, and later a digest."""

import structlog

from powertrip import cards
from powertrip.errors import Unavailable
from powertrip.ports import Delivery
from powertrip.workflow.parts import Parts
from powertrip.workflow.retrying import delivery_backoff

log = structlog.get_logger(__name__)


async def back_up(parts: Parts) -> bool:
    """Write down what the backup channels are to be told now; returns whether there may be more."""
    now, channels = parts.clock(), parts.backup.names
    if not channels:
        return False
    overdue = await parts.store.back_up_overdue(now - parts.settings.backup_after, channels, now)
    digests = await parts.store.digest_backups(now)
    if overdue:
        log.error("Slack cannot be told; the backup channels are", messages=overdue, channels=list(channels))
    if overdue or digests:
        parts.wake_sender()
    return overdue > 0


async def tell_backup(parts: Parts, delivery: Delivery) -> float:
    """Make one attempt at a delivery to a backup channel; raises only StoreUnavailable. Returns 0."""
    is_digest = bool(delivery.event_ids)
    waiting = [] if is_digest else await parts.store.still_undelivered(delivery.payload["deliveries"])
    snapshots = await parts.store.snapshots(delivery.event_ids or waiting)
    events, now = [snapshot.event for snapshot in snapshots], parts.clock()
    if not events:
        # Slack came back before the channel could be reached.
        await parts.store.finish_delivery(delivery, now, "skipped")
        return 0.0
    message = cards.backup_digest(events) if is_digest else cards.backup_message(events, now)
    try:
        await parts.backup.send(delivery.channel, message.title, message.body)
    except Unavailable as error:
        await _later(parts, delivery, error)
        return 0.0
    if is_digest:
        await parts.store.finish_delivery(delivery, now, "done")
    else:
        await parts.store.backup_told(delivery, [event.id for event in events], parts.clock())
        parts.wake_sender()
    parts.metrics.delivery_attempted(delivery.kind, "done")
    log.warning("backup channel told", channel=delivery.channel, events=[event.id for event in events])
    return 0.0


async def _later(parts: Parts, delivery: Delivery, error: Unavailable) -> None:
    wait = delivery_backoff(delivery.attempts)
    log.error("a backup channel failed and will be tried again", error=str(error), wait=str(wait))
    parts.metrics.delivery_attempted(delivery.kind, "failed")
    await parts.store.postpone_delivery(delivery, parts.clock() + wait, str(error), may_have_arrived=True)
