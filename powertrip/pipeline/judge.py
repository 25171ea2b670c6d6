"""From a record in the inbox to an event: rules judge it, and its effects are kept. Slack is not asked."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import thread_time
from typing import TypeVar

import structlog

from powertrip.domain import deciding, logins, routing, session_number, severity, storms
from powertrip.domain.address import AddressFacts
from powertrip.domain.event import MISSED_AT, Event
from powertrip.domain.judgement import (
    Applied,
    Judgement,
    MaybeTest,
    ToAsk,
    ToBeat,
    ToCount,
    ToQuarantine,
    ToSight,
    ToTry,
)
from powertrip.domain.people import before_lookup
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.storms import Stormy
from powertrip.domain.voices import Expected
from powertrip.errors import StoreUnavailable
from powertrip.pipeline.budget import give_back, speak_within
from powertrip.pipeline.context import Context, Settings
from powertrip.pipeline.enrich import HOLD, begin_lookups, copies_of
from powertrip.pipeline.hear import Spoken, hear, impostor
from powertrip.pipeline.trials import mark_trials
from powertrip.rules import Ignored, Match, Quarantined, Unmatched

log = structlog.get_logger(__name__)

Item = TypeVar("Item")

BATCH = 200
"""Records judged in one go: enough to share a commit, few enough to keep each step short."""
PAIRED_AT_ONCE = 25
"""Records written in one transaction where pairs are made, record by record: others wait for its events."""
NAME_KEPT = 255
"""Characters of a user, host or address that an event keeps; PostgreSQL refuses to index very long ones."""
LEASE = timedelta(seconds=30)
"""How long a crashed process keeps records from being judged by the next."""


async def judge_waiting(context: Context) -> bool:
    """Judge one batch of waiting records; returns whether there may be more."""
    claimed = await context.store.inbox.claim(BATCH, context.clock, LEASE)
    if not claimed:
        return False
    expected = context.settings.expected
    try:
        # On a thread: RE2 lets others run meanwhile, and a hostile line may take it a quarter of a second.
        spoken, put_off = await asyncio.to_thread(speak_within, context.settings, claimed, thread_time)
        if put_off:
            await give_back(context, put_off)
        judgements = await mark_trials(context, await _judge(context, spoken))
        for part in _parts(judgements):
            await _apply(context, part, expected)
    except StoreUnavailable:
        with contextlib.suppress(StoreUnavailable):  # then the lease ends by itself
            await context.store.inbox.release([item.inbox_id for item in claimed], context.clock())
        raise
    return len(claimed) == BATCH or bool(put_off)


def _parts(judgements: Sequence[MaybeTest]) -> list[Sequence[MaybeTest]]:
    """What is written together: where there are origins little, for others wait for the events of pairs."""
    each = PAIRED_AT_ONCE if any(_may_pair(item) for item in judgements) else BATCH
    return [judgements[start : start + each] for start in range(0, len(judgements), each)]


def _may_pair(item: MaybeTest) -> bool:
    return isinstance(item, ToSight) or (isinstance(item, ToAsk) and bool(item.watches))


async def _apply(context: Context, part: Sequence[MaybeTest], expected: Expected) -> None:
    applied = await apply_all(
        part,
        lambda batch: context.store.judging.apply(batch, context.clock(), expected),
        lambda judgement, error: _quarantine(context, judgement, error),
    )
    _count(context, part, applied)
    if applied.beats:
        context.signals.heartbeat.set()
    if applied.opened and context.enrichment.has_services:
        begin_lookups(context)
    if applied.opened or applied.folded or applied.paired:
        context.signals.outbox.set()


async def apply_all(
    items: Sequence[Item],
    apply: Callable[[Sequence[Item]], Awaitable[Applied]],
    give_up: Callable[[Item, Exception], Awaitable[Applied]],
) -> Applied:
    """Apply `items` in one transaction or, where that breaks, each in its own; raises StoreUnavailable.

    `give_up` gets an item that breaks even alone, and logs it.
    """
    try:
        return await apply(items)
    except StoreUnavailable:
        raise
    except Exception:  # an item that cannot be kept must not hold up, or lose, any other
        log.exception("batch write failed, retrying one by one", items=len(items))
    each = []
    for item in items:
        try:
            each.append(await apply([item]))
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (`give_up` logs it)
            each.append(await give_up(item, error))
    return Applied(
        opened=tuple(event_id for applied in each for event_id in applied.opened),
        folded=tuple(event_id for applied in each for event_id in applied.folded),
        quarantined=sum(applied.quarantined for applied in each),
        sighted=sum(applied.sighted for applied in each),
        beats=sum(applied.beats for applied in each),
        expected=sum(applied.expected for applied in each),
        paired=tuple(origin for applied in each for origin in applied.paired),
    )


def to_ask(
    settings: Settings,
    record: Record,
    draft: Event,
    *,
    event_id: str,
    now: datetime,
    is_looked_up: bool = False,
    may_be_expected: bool = False,
) -> ToAsk:
    """Ask about `draft`, which says what happened, by `record`.

    Unless it `may_be_expected`, no expectation covers it: what a HIDS alone saw, or a false heartbeat.
    """
    person = settings.people.find(draft.user_name)
    event = deciding.open_event(
        draft,
        event_id=event_id,
        subject=before_lookup(person),
        policies=settings.policy,
        schedule=settings.reminders,
        now=now,
    )
    conversation = routing.first_route(person, settings.security_channel)
    copies = copies_of(settings, event)
    storm = Stormy(keys=storms.keys_of(event), settings=settings.storms, channel=settings.security_channel)
    return ToAsk(
        record=record,
        event=replace(event, copied_to=copies) if copies else event,
        conversation=conversation,
        is_looked_up=is_looked_up,
        hold=timedelta() if is_looked_up else HOLD,
        copies=copies,
        watches=settings.watches,
        same_log=settings.same_logs.get(record.source, ()),
        storm=storm if settings.storms.enabled else None,
        is_login=settings.numbers_wanted and logins.is_told_of_twice(event),
        expectable=settings.expectable(event) if may_be_expected else None,
    )


async def _judge(context: Context, spoken: Sequence[tuple[Record, Spoken]]) -> list[Judgement]:
    settings = context.settings
    beats = await hear(context, settings, spoken)
    judgements: list[Judgement] = []
    now = context.clock()
    # Where nobody is asked about addresses, all that is to be known of them is known now.
    at_once = None if context.enrichment.has_services else context.enrichment.at_once
    for (record, verdict), beat in zip(spoken, beats, strict=True):
        if beat is not None:
            draft = impostor(record, verdict)
            ask = to_ask(settings, record, draft, event_id=context.new_id(), now=now)
            judgements.append(beat if beat.is_copy else replace(beat, otherwise=replace(ask, watches=())))
            continue
        match verdict:
            case ToQuarantine():
                judgements.append(verdict)
            case Ignored(rule=rule):
                counted = RecordVerdict.IGNORED
                judgements.append(ToCount(record=record, verdict=counted, name=rule.name))
            case Unmatched(reason=reason):
                counted = RecordVerdict.UNMATCHED
                judgements.append(ToCount(record=record, verdict=counted, name=record.source, reason=reason))
            case Quarantined(rule=rule, reason=reason):
                name = rule.name if rule else None
                judgements.append(ToQuarantine(record=record, rule=name, reason=reason))
            case Match():
                draft = severity.weigh(_draft(settings, record, verdict, at_once), settings.severity)
                watch = settings.watch_of(record.source)
                if watch is not None:
                    judgements.append(ToSight(record=record, event=draft, watch=watch))
                else:
                    ask = to_ask(
                        settings,
                        record,
                        draft,
                        event_id=context.new_id(),
                        now=now,
                        is_looked_up=at_once is not None,
                        may_be_expected=True,
                    )
                    judgements.append(ask)
    return judgements


def _draft(
    settings: Settings, record: Record, match: Match, at_once: Callable[[str], AddressFacts] | None
) -> Event:
    occurred_at = record.occurred_at or record.received_at
    names = {
        name: match.fields[name][:NAME_KEPT]
        for name in ("user_name", "host_name", "source_ip")
        if name in match.fields
    }
    # Who is known is asked in person about what was tried in their name.
    is_stranger = settings.people.find(names.get("user_name")) is None
    number = session_number.carried_by(record) if settings.numbers_wanted else None
    fold_key = (is_stranger and match.stranger_key) or match.fold_key
    missed = {} if record.rejudged_at is None else {MISSED_AT: f"{record.received_at:%Y-%m-%d %H:%M:%S} UTC"}
    return Event(
        id="",
        rule=match.rule.name,
        title=match.rule.title,
        event_action=match.rule.action,
        severity=match.rule.severity,
        source=record.source,
        occurred_at=occurred_at,
        # As late as it is asked about, for that is what its reader has to know.
        received_at=record.rejudged_at or record.received_at,
        last_occurred_at=occurred_at,
        user_name=names.get("user_name"),
        host_name=names.get("host_name"),
        source_ip=names.get("source_ip"),
        facts=at_once(names["source_ip"]) if at_once and "source_ip" in names else None,
        fields={name: value for name, value in match.fields.items() if name not in names} | missed,
        headline=match.rule.headline,
        message=record.message,
        cut=record.cut,
        # Its number proves an approval of this login, and of no other.
        fold_key=logins.apart(fold_key, number) if number else fold_key,
        session_number=number,
    )


async def _quarantine(context: Context, judgement: MaybeTest, error: Exception) -> Applied:
    # Whatever broke, the record is kept where people will look at it.
    log.error("record not kept as judged, quarantined", exc_info=error, inbox_id=judgement.record.inbox_id)
    reason = f"keeping it broke: {type(error).__name__}"
    unkept = ToQuarantine(record=judgement.record, rule=None, reason=reason)
    return await context.store.judging.apply([unkept], context.clock())


def _count(context: Context, judgements: Sequence[MaybeTest], applied: Applied) -> None:
    judged: Counter[tuple[str, str, str]] = Counter()
    for item in judgements:
        judgement = (item.as_test or item.otherwise) if isinstance(item, ToTry) else item
        match judgement:
            case ToAsk(event=event) | ToSight(event=event):
                name = event.rule
            case ToCount(verdict=RecordVerdict.IGNORED, name=rule):
                name = rule
            case ToCount():  # what no rule matches has no rule to be counted under
                name = ""
            case ToQuarantine(rule=nearest) | ToBeat(rule=nearest):
                name = nearest or ""
        judged[judgement.record.source, name, judgement.verdict] += 1
    for (source, name, verdict), count in judged.items():
        context.metrics.records_judged(source, name, verdict, count)
    for origin in applied.paired:
        context.metrics.sighting_compared(origin, "matched")
    if applied.opened or applied.folded or applied.quarantined or applied.sighted:
        log.info(
            "records judged",
            opened=len(applied.opened),
            folded=len(applied.folded),
            quarantined=applied.quarantined,
            sighted=applied.sighted,
            expected=applied.expected,
            paired=len(applied.paired),
        )
