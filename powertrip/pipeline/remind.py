"""Asks about undecided events again, and tells the security channel of the quarantine."""

import structlog

from powertrip.domain import reminders
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)

BATCH = 1000
"""Due events per sweep; where there are more, the next begins at once."""


async def remind(context: Context) -> bool:
    """Queue a reminder of each event that is due; returns whether there may be more."""
    now, settings = context.clock(), context.settings
    due = await context.store.events.due_reminders(now, BATCH)
    if not due:
        return False
    # With what is due now goes what would come within the minute after it.
    due = await context.store.events.due_reminders(reminders.gathered_until(settings.reminders, now), BATCH)
    # Due time and reminder move in one transaction: a crash delays a reminder, and never repeats it for ever.
    following = [(item, reminders.next_due(settings.reminders, item.sent + 1, now)) for item in due]
    ours = await context.store.events.reserve_reminders(
        following, channel=settings.security_channel, together=settings.reminders.together, now=now
    )
    log.info("reminders due", count=ours)
    context.signals.outbox.set()
    return len(due) == BATCH


async def report_quarantine(context: Context) -> bool:
    """Queue a notice about unreported quarantine: the first at once, then at most one per window."""
    settings = context.settings
    report = await context.store.quarantine.report(
        settings.security_channel, settings.quarantine.report_every, context.clock()
    )
    if report:
        log.warning("records in quarantine", count=report.count, sources=report.sources)
        context.signals.outbox.set()
    return False
