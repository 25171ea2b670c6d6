"""Reports: the weekly card, and the answer to whoever asks."""

from datetime import datetime

import structlog

from powertrip import cards
from powertrip.domain.report import Report, Span
from powertrip.domain.report_tally import Tally
from powertrip.pipeline.context import Context
from powertrip.rules import RuleSet
from powertrip.store import Store

log = structlog.get_logger(__name__)


async def make_report(
    context: Context, since: datetime, until: datetime, *, own: str | None = None
) -> Report:
    """Read and count; `own` is the member for whom alone it is."""
    return await read_report(context.store, context.settings.rules, since, until, own=own)


async def read_report(
    store: Store, rules: RuleSet, since: datetime, until: datetime, *, own: str | None = None
) -> Report:
    """The same for those who have no Slack."""
    tally = Tally(own=own)
    async with store.reports.turn:
        async for page in store.reports.pages(Span(since=since, until=until, subject=own)):
            tally.add(page)
    return told(tally, since, until, rules)


def told(tally: Tally, since: datetime, until: datetime, rules: RuleSet) -> Report:
    """The report of what was counted, with advice that fits these rules."""
    fields = {rule.name: rule.names for rule in rules.makers}
    return tally.report(since, until, fields=fields, taken=[rule.name for rule in rules.rules])


async def send_if_due(context: Context) -> bool:
    """Queue the weekly card once it is due; returns False, for there is never more than one."""
    settings, now = context.settings, context.clock()
    section = settings.report
    next_at, until = section.next(now), section.last(now)
    if next_at is None or until is None:
        return False
    due_at = await context.store.reports.claim(section.schedule, next_at, now)
    if due_at is None:
        return False
    # Of several weeks that nobody was there for, the last one is told.
    report = await make_report(context, section.week_before(until), until)
    channel = section.own_channel or settings.security_channel
    if await context.store.reports.sent(
        due_at, next_at, channel, cards.report_digest(report), context.clock()
    ):
        log.info("weekly report queued", asked=report.asked, due_at=due_at.isoformat())
        context.signals.outbox.set()
    return False
