"""Puts back into the inbox what the rules take by now."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from powertrip.cli.again import Kind
from powertrip.cli.again.reading import Judged, in_words, pages
from powertrip.domain.missed import MissedQuery
from powertrip.domain.sources import RecordVerdict
from powertrip.settings import Config
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database

REASONS_SHOWN = 5


def is_better(item: Judged, kind: Kind) -> bool:
    """Whether anything comes of judging it again: what stays as it is would only be counted twice."""
    better = {RecordVerdict.MATCH, RecordVerdict.IGNORED}
    if kind is Kind.UNMATCHED:
        better.add(RecordVerdict.QUARANTINE)
    return item.verdict in better


@dataclass(slots=True)
class Summary:
    """What there is, and what becomes of it."""

    counted: Counter[tuple[str, bool]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why nothing becomes of the others."""
    ids: set[int] = field(default_factory=set)
    put_back: int = 0

    def add(self, item: Judged, kind: Kind) -> None:
        better = is_better(item, kind)
        self.counted[in_words(item), better] += 1
        self.ids.add(item.missed.id)
        if not better:
            self.reasons[item.why] += 1

    def lines(self) -> list[str]:
        """How many there are of what, and why nothing becomes of most of the others."""
        counts = sorted(self.counted.items(), key=lambda entry: (not entry[0][1], -entry[1], entry[0]))
        said = [f"{count:,} {words}{'' if better else ', as before'}" for (words, better), count in counts]
        why = [f"    {reason} ({count:,})" for reason, count in self.reasons.most_common(REASONS_SHOWN)]
        return [*(said or ["there is nothing"]), *why]


def rejudge(kind: Kind, query: MissedQuery, settings: Config, *, dry_run: bool) -> Summary:
    """Judge all that fit, a page at a time, and put back those of which something comes."""
    summary = Summary()
    for page in pages(kind, query, settings):
        for item in page:
            summary.add(item, kind)
        if not dry_run:
            summary.put_back += _put_back_those(page, kind, settings)
    return summary


def _put_back_those(page: Sequence[Judged], kind: Kind, settings: Config) -> int:
    chosen = [item for item in page if is_better(item, kind)]
    return asyncio.run(_put_back(chosen, kind, settings)) if chosen else 0


async def _put_back(chosen: Sequence[Judged], kind: Kind, settings: Config) -> int:
    thread = DatabaseThread(open_database(settings.database.url.get_secret_value(), settings.audit.key))
    again, now = Store(thread).again, datetime.now(UTC)
    try:
        if kind is Kind.UNMATCHED:
            return await again.rejudge_unmatched({item.missed.id: item.records[0] for item in chosen}, now)
        return await again.rejudge_quarantined({item.missed.id: item.records for item in chosen}, now)
    finally:
        await thread.close()


def put_back_in_words(count: int) -> str:
    """What happens next."""
    if not count:
        return "nothing is put back"
    return (
        f"{count:,} put back: a running worker judges them within seconds, each once, and its cards say that "
        "they are late. Its rules count, not these: after a change of the configuration send it SIGHUP first"
    )
