"""While Slack is down the backup channels are told of the events that wait; later they get a digest."""

import structlog

from powertrip import cards
from powertrip.domain.delivery import Delivery
from powertrip.pipeline.context import Parts

log = structlog.get_logger(__name__)


async def back_up(parts: Parts) -> bool:
    """Queue what the backup channels are to be told now; returns whether there may be more."""
    now, channels, settings = parts.clock(), parts.backup.names, parts.settings
    if not channels:
        return False
    overdue = await parts.store.backups.enqueue_overdue(now - settings.backup_after, channels, now)
    digests = await parts.store.backups.enqueue_digests(now)
    if overdue:
        log.error("Slack unreachable, using backup channels", messages=overdue, channels=list(channels))
    if overdue or digests:
        parts.signals.outbox.set()
    return overdue > 0


async def tell_backup(parts: Parts, delivery: Delivery) -> bool:
    """Tell a backup channel of events, or that all is decided; returns whether it was. Raises Unavailable."""
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
    log.warning("told a backup channel", channel=delivery.channel, events=[event.id for event in events])
    return True
