"""Looks after storms as time passes: their ends, their reminders, and cards that are missing."""

import structlog

from powertrip.domain import reminders, routing
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)


async def look_after_storms(context: Context) -> bool:
    """End storms and queue what they need, or take them apart where they are switched off.

    Returns whether more is to be taken apart.
    """
    schedule = context.settings.reminders
    if not context.settings.storms.enabled and await _dissolve(context):
        return True
    queued = await context.store.storm_sweeps.sweep(
        lambda number, at: reminders.next_due(schedule, number, at),
        context.clock(),
        context.settings.security_channel,
    )
    if queued:
        log.info("storms reminded of", messages=queued)
    # Ends are told by updates of cards, which wait for their time in any case.
    context.signals.outbox.set()
    return False


async def _dissolve(context: Context) -> bool:
    """Ask about what waits in storms, event by event; returns whether there was any."""
    settings, store, now = context.settings, context.store.storm_dissolving, context.clock()
    waiting = await store.undone()
    if not waiting:
        return False
    await store.end_all(now)
    conversations = {
        event.id: routing.first_route(settings.people.find(event.user_name), settings.security_channel)
        for event in waiting
    }
    asked = await store.dissolve(conversations, reminders.first_due(settings.reminders, now), now)
    log.warning("storms are switched off, asking about their events one by one", events=asked)
    context.signals.outbox.set()
    return True
