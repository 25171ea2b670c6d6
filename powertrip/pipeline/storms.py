"""Looks after storms as time passes: their ends, their reminders, and cards that are missing."""

import structlog

from powertrip.domain import reminders
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)


async def look_after_storms(context: Context) -> bool:
    """End storms and queue what they need; returns False, for the next look is soon enough."""
    schedule = context.settings.reminders
    queued = await context.store.storm_sweeps.sweep(
        lambda number, at: reminders.next_due(schedule, number, at), context.clock()
    )
    if queued:
        log.info("storms reminded of", messages=queued)
    # Ends are told by updates of cards, which wait for their time in any case.
    context.signals.outbox.set()
    return False
