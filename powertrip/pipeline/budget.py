"""The time that one source's records may take of each batch that is judged, so that others' go first."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from powertrip.domain.judgement import ToQuarantine
from powertrip.domain.record import Record
from powertrip.log import Seldom
from powertrip.pipeline.context import Context, Settings
from powertrip.pipeline.hear import Spoken

log = structlog.get_logger(__name__)

BUDGET = 0.1
"""Seconds of the processor that one source's records may take of a batch: usual ones take 0.01 all together,
a crafted line up to 0.04."""
_too_long = Seldom(timedelta(hours=1))
"""By source."""


def speak_within(
    settings: Settings, claimed: Sequence[Record], seconds: Callable[[], float]
) -> tuple[list[tuple[Record, Spoken]], list[Record]]:
    """What the rules say of each record, and the records of sources that have used up their time before.

    So what is costly to judge holds up no other source for longer; of each source at least one record is
    judged. `seconds` is a clock.
    """
    spent: defaultdict[str, float] = defaultdict(float)
    spoken: list[tuple[Record, Spoken]] = []
    put_off: list[Record] = []
    before = seconds()
    for record in claimed:
        if spent[record.source] >= BUDGET:
            put_off.append(record)
            continue
        spoken.append((record, _speak(settings, record)))
        now = seconds()
        spent[record.source] += now - before
        before = now
    return spoken, put_off


async def give_back(context: Context, records: Sequence[Record]) -> None:
    """Let records of which the time was used up be judged with the next batch, and say so."""
    sources = Counter(record.source for record in records)
    for source, count in sorted(sources.items()):
        context.metrics.judging_put_off(source)
        if _too_long.is_due(source, context.clock()):
            log.warning(
                "records take too long to judge, others go first",
                source=source,
                put_off=count,
                budget_seconds=BUDGET,
                advice="no record is left out; see which with `bot.py rules test`, and who sends them",
            )
    ids = [record.inbox_id for record in records]
    await context.store.inbox.release(ids, context.clock(), put_off=sorted(sources))


def _speak(settings: Settings, record: Record) -> Spoken:
    try:
        return settings.rules.judge(record)
    except Exception as error:  # a rule that breaks on one record must not hold up, or lose, any other
        log.exception("rule broke on a record", source=record.source, record_id=record.record_id)
        return ToQuarantine(record=record, rule=None, reason=f"judging broke: {type(error).__name__}")
