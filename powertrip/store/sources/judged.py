"""Counts what was made of a batch of records, by rule and by source, and keeps whose voice was among them."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from powertrip.domain.judgement import Judgement, ToCount
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.voices import Expected, heard
from powertrip.store import counter
from powertrip.store.sources import counts, unmatched, voices


def count(
    judgements: Sequence[Judgement], expected: Expected, now: datetime, *, forged: Collection[int] = ()
) -> None:
    """Count each record once; one that is judged again and still unmatched was counted before.

    `forged` are the heartbeats, by id in the inbox, that made an event: they count as one.
    """
    tallied: Counter[tuple[str, str]] = Counter()
    by_source: Counter[tuple[str, str]] = Counter()
    taken_by_none: list[ToCount] = []
    for judgement in judgements:
        is_unmatched = judgement.verdict is RecordVerdict.UNMATCHED
        if is_unmatched and judgement.record.rejudged_at is not None:
            continue
        is_forged = judgement.record.inbox_id in forged
        by_source[judgement.record.source, RecordVerdict.MATCH if is_forged else judgement.verdict] += 1
        if isinstance(judgement, ToCount):
            tallied[judgement.verdict, judgement.name] += 1
            if is_unmatched:
                taken_by_none.append(judgement)
    # In one order, so that two processes that count the same never wait for each other.
    for (verdict, name), number in sorted(tallied.items()):
        counter.add(now, verdict=verdict, name=name, count=number)
    known, hosts = heard(judgements, expected)
    voices.hear(known)
    voices.hear_hosts(hosts)
    unmatched.add(taken_by_none, now)
    counts.add(by_source, now)
