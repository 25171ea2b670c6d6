"""What only one side saw: an origin's alone becomes an event, the log pipeline's alone is reported."""

import asyncio
from dataclasses import replace

import structlog

from powertrip.domain import policy, reminders, routing
from powertrip.domain.event import Event
from powertrip.domain.judgement import Applied, DueSighting, ToAsk
from powertrip.domain.people import Subject
from powertrip.errors import StoreUnavailable
from powertrip.pipeline.context import Parts
from powertrip.pipeline.enrich import HOLD, begin_lookups

log = structlog.get_logger(__name__)

BATCH = 100
"""Sightings, and missed events, that share a transaction."""


async def watch_origins(parts: Parts) -> bool:
    """Ask about what origins alone saw, and mark what they did not see; returns whether there may be more."""
    opened = await _open_missed_by_pipeline(parts)
    missed = await parts.store.expectations.miss(parts.clock(), BATCH)
    reported = await parts.store.expectations.report(
        parts.settings.security_channel, parts.settings.quarantine.report_every, parts.clock()
    )
    if missed:
        log.warning("origins did not see what the log pipeline told of", events=missed)
    if opened:
        begin_lookups(parts)
    if opened or missed or reported:
        parts.signals.outbox.set()
    return BATCH in (opened, missed)


async def _open_missed_by_pipeline(parts: Parts) -> int:
    due = await parts.store.sightings.due(parts.clock(), BATCH)
    if not due:
        return 0
    people = parts.settings.people
    subjects = await asyncio.gather(
        *(parts.directory.subject(people.find(item.event.user_name)) for item in due)
    )
    asked = [(item.id, _ask(parts, item, subject)) for item, subject in zip(due, subjects, strict=True)]
    applied = await _open(parts, asked)
    log.warning("the log pipeline missed what an origin saw", events=[*applied.opened, *applied.folded])
    for item in due:
        parts.metrics.sighting_compared(_origin_of(parts, item.event), "alone")
    return len(due)


async def _open(parts: Parts, asked: list[tuple[int, ToAsk]]) -> Applied:
    try:
        return await parts.store.sightings.open_due(asked, parts.clock())
    except StoreUnavailable:
        raise
    except Exception:  # a sighting that cannot be opened must not hold up any other
        log.exception("sightings could not be opened together; they are opened one by one")
    each = [await _open_alone(parts, one) for one in asked]
    return Applied(
        opened=tuple(event_id for applied in each for event_id in applied.opened),
        folded=tuple(event_id for applied in each for event_id in applied.folded),
    )


async def _open_alone(parts: Parts, one: tuple[int, ToAsk]) -> Applied:
    try:
        return await parts.store.sightings.open_due([one], parts.clock())
    except StoreUnavailable:
        raise
    except Exception:  # said here, and tried again with the next sweep
        log.exception("a sighting could not be opened", sighting=one[0], user_name=one[1].event.user_name)
        return Applied()


def _origin_of(parts: Parts, event: Event) -> str:
    names = (watch.origin.name for watch in parts.settings.watches if event.source in watch.origin.sources)
    return next(names, "")


def _ask(parts: Parts, sighting: DueSighting, subject: Subject) -> ToAsk:
    settings = parts.settings
    event = replace(
        sighting.event,
        id=parts.new_id(),
        subject=subject,
        next_reminder_at=reminders.first_due(settings.reminders, parts.clock()),
    )
    demands = policy.requirements(event, settings.policy)
    event = replace(event, requires_reason=demands.reason, requires_second_person=demands.second_person)
    conversation = routing.route(subject, settings.security_channel).conversation
    return ToAsk(
        record=sighting.record,
        event=event,
        conversation=conversation,
        hold=HOLD,
        watches=settings.watches,
    )
