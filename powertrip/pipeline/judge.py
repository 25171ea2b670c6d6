"""From a record in the inbox to an event: the rules speak, the subject is looked up, the result is kept."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from powertrip.domain import policy, reminders, routing, severity
from powertrip.domain.event import Event
from powertrip.domain.judgement import Applied, Judgement, ToAsk, ToCount, ToQuarantine, ToSight
from powertrip.domain.people import Subject
from powertrip.domain.record import Record
from powertrip.errors import StoreUnavailable
from powertrip.pipeline.context import Parts, Settings
from powertrip.pipeline.enrich import HOLD, begin_lookups
from powertrip.rules import Ignored, Match, Quarantined, Unmatched

log = structlog.get_logger(__name__)

Spoken = Match | Ignored | Quarantined | Unmatched | ToQuarantine
"""What the rules say of a record, or what is done with one that they break on."""

BATCH = 200
"""Records judged in one go: enough to share a commit, few enough to keep each step short."""
NAME_KEPT = 255
"""Characters of a user, host or address that an event keeps; PostgreSQL refuses to index very long ones."""
LEASE = timedelta(seconds=30)
"""How long a crashed process keeps records from being judged by the next."""


async def judge_waiting(parts: Parts) -> bool:
    """Judge one batch of waiting records; returns whether there may be more."""
    claimed = await parts.store.inbox.claim(BATCH, parts.clock(), LEASE)
    if not claimed:
        return False
    try:
        judgements = await _judge(parts, claimed)
        applied = await _apply(parts, judgements)
    except StoreUnavailable:
        with contextlib.suppress(StoreUnavailable):  # then the lease ends by itself
            await parts.store.inbox.release([item.inbox_id for item in claimed])
        raise
    _count(parts, judgements, applied)
    if applied.opened:
        begin_lookups(parts)
    if applied.opened or applied.folded or applied.paired:
        parts.signals.outbox.set()
    return len(claimed) == BATCH


async def _apply(parts: Parts, judgements: list[Judgement]) -> Applied:
    try:
        return await parts.store.judging.apply(judgements, parts.clock())
    except StoreUnavailable:
        raise
    except Exception:  # a record that cannot be kept must not hold up, or lose, any other
        log.exception("a batch could not be kept; its records are kept one by one")
    each = [await _apply_alone(parts, judgement) for judgement in judgements]
    return Applied(
        opened=tuple(event_id for applied in each for event_id in applied.opened),
        folded=tuple(event_id for applied in each for event_id in applied.folded),
        quarantined=sum(applied.quarantined for applied in each),
        sighted=sum(applied.sighted for applied in each),
        paired=tuple(origin for applied in each for origin in applied.paired),
    )


async def _apply_alone(parts: Parts, judgement: Judgement) -> Applied:
    try:
        return await parts.store.judging.apply([judgement], parts.clock())
    except StoreUnavailable:
        raise
    except Exception as error:  # whatever it was, the record is kept where people will look at it
        log.exception("a record could not be kept as judged", inbox_id=judgement.record.inbox_id)
        reason = f"keeping it broke: {type(error).__name__}"
        unkept = ToQuarantine(record=judgement.record, rule=None, reason=reason)
        return await parts.store.judging.apply([unkept], parts.clock())


async def _judge(parts: Parts, claimed: list[Record]) -> list[Judgement]:
    settings = parts.settings
    spoken = [(record, _speak(settings, record)) for record in claimed]
    subjects = await _subjects(
        parts, {match.fields.get("user_name") for _, match in spoken if isinstance(match, Match)}
    )
    return [_outcome(parts, settings, record, verdict, subjects) for record, verdict in spoken]


def _speak(settings: Settings, record: Record) -> Spoken:
    try:
        return settings.rules.judge(record)
    except Exception as error:  # a rule that breaks on one record must not hold up, or lose, any other
        log.exception("a rule broke on a record", source=record.source, record_id=record.record_id)
        return ToQuarantine(record=record, rule=None, reason=f"judging broke: {type(error).__name__}")


async def _subjects(parts: Parts, names: set[str | None]) -> dict[str | None, Subject]:
    people = parts.settings.people
    known = list(names)
    found = await asyncio.gather(*(parts.directory.subject(people.find(name)) for name in known))
    return dict(zip(known, found, strict=True))


def _outcome(
    parts: Parts,
    settings: Settings,
    record: Record,
    verdict: Spoken,
    subjects: dict[str | None, Subject],
) -> Judgement:
    match verdict:
        case ToQuarantine():
            return verdict
        case Ignored(rule=rule):
            return ToCount(record=record, verdict="ignored", name=rule.name)
        case Unmatched():
            return ToCount(record=record, verdict="unmatched", name=record.source)
        case Quarantined(rule=rule, reason=reason):
            return ToQuarantine(record=record, rule=rule.name if rule else None, reason=reason)
        case Match():
            event = _event(parts, settings, record, verdict, subjects[verdict.fields.get("user_name")])
            watch = settings.watch_of(record.source)
            if watch is not None:
                return ToSight(record=record, event=event, watch=watch)
            recipients = routing.route(event.subject, settings.security_channel)
            return ToAsk(
                record=record,
                event=event,
                conversation=recipients.conversation,
                hold=HOLD,
                watches=settings.watches,
            )


def _event(parts: Parts, settings: Settings, record: Record, match: Match, subject: Subject) -> Event:
    occurred_at = record.occurred_at or record.received_at
    others = {k: v for k, v in match.fields.items() if k not in ("user_name", "host_name", "source_ip")}
    event = Event(
        id=parts.new_id(),
        rule=match.rule.name,
        title=match.rule.title,
        event_action=match.rule.action,
        severity=match.rule.severity,
        source=record.source,
        occurred_at=occurred_at,
        received_at=record.received_at,
        last_occurred_at=occurred_at,
        user_name=_kept_name(match, "user_name"),
        host_name=_kept_name(match, "host_name"),
        source_ip=_kept_name(match, "source_ip"),
        fields=others,
        message=record.message,
        cut=record.cut,
        subject=subject,
        fold_key=match.fold_key,
        next_reminder_at=_first_reminder(settings, parts.clock()),
    )
    event = severity.weigh(event, settings.severity)
    demands = policy.requirements(event, settings.policy)
    return replace(event, requires_reason=demands.reason, requires_second_person=demands.second_person)


def _kept_name(match: Match, field: str) -> str | None:
    value = match.fields.get(field)
    return value[:NAME_KEPT] if value is not None else None


def _first_reminder(settings: Settings, now: datetime) -> datetime:
    return reminders.first_due(settings.reminders, now)


def _count(parts: Parts, judgements: list[Judgement], applied: Applied) -> None:
    for judgement in judgements:
        match judgement:
            case ToAsk(event=event):
                parts.metrics.record_judged(event.rule, "match")
            case ToSight(event=event):
                parts.metrics.record_judged(event.rule, "sighting")
            case ToCount(verdict=verdict, name=name):
                parts.metrics.record_judged(name if verdict == "ignored" else "", verdict)
            case ToQuarantine(rule=rule):
                parts.metrics.record_judged(rule or "", "quarantine")
    for origin in applied.paired:
        parts.metrics.sighting_compared(origin, "matched")
    if applied.opened or applied.folded or applied.quarantined or applied.sighted:
        log.info(
            "records judged",
            opened=len(applied.opened),
            folded=len(applied.folded),
            quarantined=applied.quarantined,
            sighted=applied.sighted,
            paired=len(applied.paired),
        )
