"""Looks up addresses of events: at first while their cards are held, later until all services answered."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from powertrip.domain import policy, reminders, routing, storms
from powertrip.domain.address import AddressFacts
from powertrip.domain.due import Enriched, ToEnrich
from powertrip.domain.event import Event
from powertrip.domain.expectations import is_fully_known
from powertrip.domain.severity import weigh_risk
from powertrip.domain.telling import channels_to_tell
from powertrip.pipeline.context import Context, Settings
from powertrip.pipeline.retry import doubled

log = structlog.get_logger(__name__)

HOLD = timedelta(seconds=2)
"""How long a first card waits for facts at most; it goes without them then, and is updated later."""
WITHIN = timedelta(milliseconds=1400)
"""How long one lookup may take: what remains of the hold is for the database and for what is in between."""
BATCH = 200
LEASE = timedelta(seconds=15)
"""How long a crashed process keeps lookups from the next."""
GIVE_UP_AFTER = timedelta(hours=1)
"""Services that have not answered by then, or failed, are not asked again."""
RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=5)
"""Lookups that miss an answer are repeated after the first, then ever less often up to the longest."""


def begin_lookups(context: Context) -> None:
    """Wake the lookups of new events now, and the sender when the hold of their cards ends."""
    context.signals.lookups.set()
    # While the lookups of others hang, nobody else wakes the sender when the hold is over.
    asyncio.get_running_loop().call_later(HOLD.total_seconds(), context.signals.outbox.set)


async def enrich(context: Context) -> bool:
    """Look up one batch of events; returns whether there may be more."""
    claimed = await context.store.enriching.claim(BATCH, context.clock, LEASE)
    if not claimed:
        return False
    settings = context.settings
    known = await context.enrichment.facts(
        {item.event.source_ip for item in claimed if item.event.source_ip}, WITHIN
    )
    now = context.clock()
    enriched = [_enriched(settings, item, known.get(item.event.source_ip or ""), now) for item in claimed]
    await context.store.enriching.keep(enriched, now)
    context.signals.outbox.set()
    return len(claimed) == BATCH


def _enriched(settings: Settings, item: ToEnrich, facts: AddressFacts | None, now: datetime) -> Enriched:
    """The event with its facts, what their risk makes of it, and when to look again."""
    if facts is not None and now - item.event.received_at >= GIVE_UP_AFTER:
        missing = dict.fromkeys(facts.awaited, f"no answer within {GIVE_UP_AFTER}")
        facts = replace(facts, awaited=(), failing=(), unavailable=missing | dict(facts.unavailable))
    is_complete = facts is None or not (facts.awaited or facts.failing)
    event = weigh_risk(replace(item.event, facts=facts), settings.severity.raised_by_risk)
    return Enriched(
        event=policy.with_requirements(event, settings.policy),
        copies=copies_of(settings, event),
        conversation=routing.first_route(settings.people.find(event.user_name), settings.security_channel),
        again_at=None if is_complete else now + doubled(RETRY_FIRST, item.tries, RETRY_LONGEST),
        apart=storms.apart_by_facts(event, settings.storms.outlier_risk),
        remind_at=reminders.first_due(settings.reminders, now),
        # What one service has not said may be what nobody has expected.
        expectable=settings.expectable(event) if is_fully_known(event) else None,
    )


def copies_of(settings: Settings, event: Event) -> tuple[str, ...]:
    """The channels that are still to get a copy of the event: not those where it is asked about anyway."""
    asked_in = routing.route(event.subject, settings.security_channel)
    wanted = channels_to_tell(event, settings.also_tell, settings.security_channel)
    return tuple(channel for channel in wanted if channel != asked_in)
