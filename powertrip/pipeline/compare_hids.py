"""Compares both sides: what only an origin saw becomes an event, what it missed is reported."""

import structlog

from powertrip.domain.judgement import Applied, ToAsk
from powertrip.pipeline.context import Context, Settings
from powertrip.pipeline.enrich import begin_lookups
from powertrip.pipeline.judge import apply_all, to_ask

log = structlog.get_logger(__name__)

BATCH = 100
"""Sightings, and missed events, that share a transaction."""


async def watch_origins(context: Context) -> bool:
    """Ask about what origins alone saw, and mark what they did not see; returns whether there may be more."""
    settings, store = context.settings, context.store
    opened = await _ask_about_alone(context, settings)
    missed = await store.expectations.miss(context.clock(), BATCH)
    reported = await store.expectations.report(
        settings.security_channel, settings.quarantine.report_every, context.clock()
    )
    if missed:
        log.warning("origins missed events", events=missed)
    if opened:
        begin_lookups(context)
    if opened or missed or reported:
        context.signals.outbox.set()
    return BATCH in (opened, missed)


async def _ask_about_alone(context: Context, settings: Settings) -> int:
    due = await context.store.sightings.due(context.clock(), BATCH)
    if not due:
        return 0
    asked, now = [], context.clock()
    for item in due:
        ask = to_ask(settings, item.record, item.event, event_id=context.new_id(), now=now)
        asked.append((item.id, ask))

    async def give_up(item: tuple[int, ToAsk], error: Exception) -> Applied:
        # It still waits, so the next sweep tries it again.
        sighting, ask = item
        log.error("sighting not opened", exc_info=error, sighting=sighting, user_name=ask.event.user_name)
        return Applied()

    applied = await apply_all(
        asked, lambda batch: context.store.sightings.open_due(batch, context.clock()), give_up
    )
    log.warning("log pipeline missed records of an origin", events=[*applied.opened, *applied.folded])
    for item in due:
        watch = settings.watch_of(item.event.source)
        context.metrics.sighting_compared(watch.origin.name if watch else "", "alone")
    return len(due)
