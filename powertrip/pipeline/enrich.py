"""Looks up addresses of events: at first while their cards are held, later until all services answered."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from powertrip.domain.address import AddressFacts
from powertrip.pipeline.context import Context
from powertrip.pipeline.retry import doubled

log = structlog.get_logger(__name__)

HOLD = timedelta(seconds=2)
"""How long a first card waits for facts at most; it goes without them then, and is updated later."""
WITHIN = timedelta(milliseconds=1400)
"""How long one lookup may take: what remains of the hold is for the database and for what is in between."""
BATCH = 100
LEASE = timedelta(seconds=15)
"""How long a crashed process keeps lookups from the next."""
GIVE_UP_AFTER = timedelta(hours=1)
"""What no service has said by then is called unavailable."""
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
    claimed = await context.store.enriching.claim(BATCH, context.clock(), LEASE)
    if not claimed:
        return False
    addresses = {item.source_ip for item in claimed if item.source_ip}
    known = await context.enrichment.facts(addresses, WITHIN)
    now = context.clock()
    facts_of: dict[str, AddressFacts | None] = {}
    due: dict[str, datetime | None] = {}
    for item in claimed:
        facts = known.get(item.source_ip or "")
        if facts is not None and facts.awaited and now - item.received_at >= GIVE_UP_AFTER:
            missing = dict.fromkeys(facts.awaited, f"no answer within {GIVE_UP_AFTER}")
            facts = replace(facts, awaited=(), unavailable=missing | dict(facts.unavailable))
        is_complete = facts is None or not facts.awaited
        facts_of[item.event_id] = facts
        due[item.event_id] = None if is_complete else now + doubled(RETRY_FIRST, item.tries, RETRY_LONGEST)
    await context.store.enriching.keep(facts_of, due, now)
    context.signals.outbox.set()
    return len(claimed) == BATCH
