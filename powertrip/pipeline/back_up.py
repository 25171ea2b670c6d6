"""While Slack is down the backup channels are told of the events that wait; later they get a digest."""

import structlog

from powertrip import cards
from powertrip.domain.delivery import Delivery, Note
from powertrip.pipeline.context import Context
from powertrip.pipeline.retry import keep

log = structlog.get_logger(__name__)


async def back_up(context: Context) -> bool:
    """Queue what the backup channels are to be told now; returns whether there may be more."""
    now, channels, settings = context.clock(), context.backup.names, context.settings
    if not channels:
        return False
    overdue = await context.store.backups.enqueue_overdue(now - settings.backup_after, channels, now)
    digests = await context.store.backups.enqueue_digests(now)
    troubles = await context.store.troubles.tell(now - settings.backup_after, channels, now)
    if overdue:
        log.error("Slack unreachable, using backup channels", messages=overdue, channels=list(channels))
    if overdue or digests or troubles:
        context.signals.outbox.set()
    return overdue > 0


async def tell_backup(context: Context, delivery: Delivery) -> bool:
    """Tell a backup channel of trouble or events, or that Slack is back; returns whether it was told.

    Raises Unavailable.
    """
    if isinstance(delivery.payload, Note):
        title, lines = delivery.payload.title, delivery.payload.lines
        await keep(context, delivery)
        await context.backup.send(delivery.channel, f"Powertrip: {title}", "\n".join(lines) or title)
        await context.store.deliveries.finish(delivery, context.clock())
        log.warning("told a backup channel", channel=delivery.channel, of=title)
        return True
    events, now = [snapshot.event for snapshot in delivery.snapshots], context.clock()
    if not events:
        # Slack came back before the channel could be reached.
        await context.store.deliveries.skip(delivery, now)
        return False
    is_digest = bool(delivery.event_ids)
    message = cards.backup_digest(events) if is_digest else cards.backup_message(events, now)
    await keep(context, delivery)
    await context.backup.send(delivery.channel, message.title, message.body)
    if is_digest:
        await context.store.deliveries.finish(delivery, now)
    else:
        await context.store.backups.told(delivery, [event.id for event in events], context.clock())
        context.signals.outbox.set()
    log.warning("told a backup channel", channel=delivery.channel, events=[event.id for event in events])
    return True
