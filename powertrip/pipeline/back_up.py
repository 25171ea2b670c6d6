"""While Slack is down the backup channels are told what nobody could be asked about, and later a digest."""

from functools import partial

import structlog

from powertrip import cards
from powertrip.domain.delivery import Delivery
from powertrip.pipeline.context import Parts
from powertrip.pipeline.retry import attempt

log = structlog.get_logger(__name__)


async def back_up(parts: Parts) -> bool:
    """Write down what the backup channels are to be told now; returns whether there may be more."""
    now, channels = parts.clock(), parts.backup.names
    if not channels:
        return False
    overdue = await parts.store.backups.enqueue_overdue(now - parts.settings.backup_after, channels, now)
    digests = await parts.store.backups.enqueue_digests(now)
    if overdue:
        log.error("Slack cannot be told; the backup channels are", messages=overdue, channels=list(channels))
    if overdue or digests:
        parts.signals.outbox.set()
    return overdue > 0


async def tell_backup(parts: Parts, delivery: Delivery) -> float:
    """Make one attempt at a delivery to a backup channel; raises only StoreUnavailable. Returns 0."""
    return await attempt(parts, delivery, partial(_tell, parts))


async def _tell(parts: Parts, delivery: Delivery) -> bool:
    events, now = [snapshot.event for snapshot in delivery.snapshots], parts.clock()
    if not events:
        # Slack came back before the channel could be reached.
        await parts.store.deliveries.skip(delivery, now)
        return False
    is_digest = bool(delivery.event_ids)
    message = cards.backup_digest(events) if is_digest else cards.backup_message(events, now)
    await parts.backup.send(delivery.channel, message.title, message.body)
    if is_digest:
        await parts.store.deliveries.finish(delivery, now)
    else:
        await parts.store.backups.told(delivery, [event.id for event in events], parts.clock())
        parts.signals.outbox.set()
    log.warning("backup channel told", channel=delivery.channel, events=[event.id for event in events])
    return True
