"""What is known of an event's address is looked up: at first for a moment, later until all have answered."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from powertrip.domain.address import AddressFacts
from powertrip.domain.due import ToEnrich
from powertrip.pipeline.context import Parts
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
LONGEST_WAIT = timedelta(minutes=5)
"""Late lookups are repeated after five seconds, and then ever less often up to this."""


def begin_lookups(parts: Parts) -> None:
    """Have new events looked up now, and their cards sent when the hold ends, whatever came of it."""
    parts.signals.lookups.set()
    # Nobody else wakes the sender then while the lookups of others go on.
    asyncio.get_running_loop().call_later(HOLD.total_seconds(), parts.signals.outbox.set)


async def enrich(parts: Parts) -> bool:
    """Look up one batch of events; returns whether there may be more."""
    now = parts.clock()
    claimed = await parts.store.enriching.claim(BATCH, now, LEASE)
    if not claimed:
        return False
    addresses = {item.source_ip for item in claimed if item.source_ip}
    known = await parts.enrichment.facts(addresses, WITHIN)
    now = parts.clock()
    found = {item.event_id: _final(known.get(item.source_ip or ""), item, now) for item in claimed}
    due = {item.event_id: _next_look(found[item.event_id], item, now) for item in claimed}
    await parts.store.enriching.keep(found, due, now)
    parts.signals.outbox.set()
    return len(claimed) == BATCH


def _final(facts: AddressFacts | None, item: ToEnrich, now: datetime) -> AddressFacts | None:
    """The facts; once nobody waits any more, what is missing is said to be unavailable."""
    if facts is None or not facts.awaited or now - item.received_at < GIVE_UP_AFTER:
        return facts
    missing = dict.fromkeys(facts.awaited, f"no answer within {GIVE_UP_AFTER}")
    return replace(facts, awaited=(), unavailable=missing | dict(facts.unavailable))


def _next_look(facts: AddressFacts | None, item: ToEnrich, now: datetime) -> datetime | None:
    if facts is None or not facts.awaited:
        return None
    return now + doubled(timedelta(seconds=5), item.tries, LONGEST_WAIT)
