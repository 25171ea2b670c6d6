"""Undecided events are asked about again, and the security channel hears of the quarantine."""

import structlog

from powertrip.domain import reminders
from powertrip.pipeline.context import Parts

log = structlog.get_logger(__name__)

BATCH = 1000
"""Due events taken in one sweep; the rest follows in the next, which begins at once."""


async def remind(parts: Parts) -> bool:
    """Reserve the next due time of every event that is due, and write its reminder down; then it is sent."""
    now, settings = parts.clock(), parts.settings
    due = await parts.store.events.due_reminders(now, BATCH)
    if not due:
        return False
    following = [(item, reminders.next_due(settings.reminders, item.sent + 1, now)) for item in due]
    ours = await parts.store.events.reserve_reminders(
        following, settings.security_channel, settings.reminders.together, now
    )
    log.info("reminders due", count=ours)
    parts.signals.outbox.set()
    return len(due) == BATCH


async def report_quarantine(parts: Parts) -> bool:
    """Tell the security channel of what could not be judged: the first at once, then once a window."""
    settings = parts.settings
    report = await parts.store.quarantine.report(
        settings.security_channel, settings.quarantine.report_every, parts.clock()
    )
    if report:
        log.warning("records in quarantine", count=report.count, sources=report.sources)
        parts.signals.outbox.set()
    return False
