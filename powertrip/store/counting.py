"""Counts events, waits and decisions a UTC day, by reading on in the history from where it last stopped.

Neither judging nor deciding pays for it, and no process can forget to count: whatever opened an event or
decided it, in whichever release, has left its line.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain.event import DECIDED, Status
from powertrip.domain.statistics import rounded
from powertrip.store.among import among
from powertrip.store.bulk import insert_all, read_all
from powertrip.store.database import for_update
from powertrip.store.statistics_tables import CountedRow, DecisionCountRow, EventCountRow, WaitCountRow
from powertrip.store.tables import AuditRow, EventRow, Table
from powertrip.store.utc_days import day_of

OPENED = ("event_opened", "occurrences_split_off")
_DECISION = "decided"
PAGE = 2_000
"""Lines counted in one transaction: some 40 ms, which is how long a click or a record may wait for it."""


@dataclass(frozen=True, slots=True)
class _About:
    """What the counts need to know of an event."""

    rule: str
    day: str
    received_at: datetime


@dataclass(slots=True)
class _Counts:
    """What some lines change."""

    events: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    waits: Counter[tuple[str, int]] = field(default_factory=Counter)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def opened(self, about: _About) -> None:
        self.events[about.day, about.rule, Status.PENDING] += 1

    def decided(self, about: _About, lines: Sequence[Any], number: int) -> None:
        """Count the decision `number` of all `lines` that tell of decisions on one event."""
        line = lines[number]
        before = lines[number - 1].detail["status"] if number else Status.PENDING
        after = line.detail["status"]
        self.events[about.day, about.rule, before] -= 1
        self.events[about.day, about.rule, after] += 1
        if line.detail.get("expectation"):
            # Nobody was asked, so nobody answered, however fast.
            return
        self.decisions[day_of(line.at), line.actor_id] += 1
        if after in DECIDED and before not in DECIDED:
            # The first decision ends the wait: a second person, or closing a denied event, lengthens nothing.
            waited = (lines[0].at - about.received_at).total_seconds()
            self.waits[about.day, rounded(waited)] += 1

    def keep(self) -> None:
        _add(EventCountRow, ("day", "rule", "status"), self.events)
        _add(WaitCountRow, ("day", "seconds"), self.waits)
        _add(DecisionCountRow, ("day", "actor_id"), self.decisions)


def count_on() -> bool:
    """Count the next lines of the history; returns whether there may be more."""
    # Whoever comes second waits here, and then goes on from where the first has stopped.
    counted = for_update(CountedRow.select().where(CountedRow.id == 1)).get()
    newest = AuditRow.select(fn.MAX(AuditRow.id)).scalar() or 0
    if newest <= counted.line:
        return False
    found = read_all(
        AuditRow.select(AuditRow.id, AuditRow.action, AuditRow.event_id)
        .where((AuditRow.id > counted.line) & (AuditRow.id <= newest))
        .order_by(AuditRow.id)
        .limit(PAGE)
    )
    opened = [line.event_id for line in found if line.action in OPENED]
    decided = dict.fromkeys(line.event_id for line in found if line.action == _DECISION)
    last = found[-1].id
    counts, abouts = _Counts(), _abouts({*opened, *decided})
    for event_id in opened:
        if event_id in abouts:
            counts.opened(abouts[event_id])
    for event_id, lines in _decisions(decided, last).items():
        for number, line in enumerate(lines):
            if line.id > counted.line and event_id in abouts:
                counts.decided(abouts[event_id], lines, number)
    counts.keep()
    CountedRow.update(line=last).where(CountedRow.id == 1).execute()
    return bool(last < newest)


def _abouts(event_ids: Collection[str]) -> dict[str, _About]:
    """What is to be known of these events; of tests, which nothing is counted of, there is nothing."""
    if not event_ids:
        return {}
    fitting = among(EventRow.id, event_ids) & ~EventRow.is_test
    rows = read_all(EventRow.select(EventRow.id, EventRow.rule, EventRow.received_at).where(fitting))
    return {row.id: _About(row.rule, day_of(row.received_at), row.received_at) for row in rows}


def _decisions(event_ids: Collection[str], last: int) -> dict[str, list[Any]]:
    """All lines up to `last` that tell of decisions on these events, by event and in their order."""
    if not event_ids:
        return {}
    fitting = among(AuditRow.event_id, event_ids) & (AuditRow.action == _DECISION) & (AuditRow.id <= last)
    by_event: dict[str, list[Any]] = {}
    columns = (AuditRow.id, AuditRow.at, AuditRow.event_id, AuditRow.actor_id, AuditRow.detail)
    for line in read_all(AuditRow.select(*columns).where(fitting).order_by(AuditRow.id)):
        by_event.setdefault(line.event_id, []).append(line)
    return by_event


def _add(table: type[Table], names: Sequence[str], counts: Counter[Any]) -> None:
    rows = [dict(zip(names, key, strict=True)) | {"count": count} for key, count in counts.items() if count]
    meta: Any = table._meta  # noqa: SLF001 (peewee's way to its name)
    name = meta.table_name
    keys = ", ".join(f'"{name}"' for name in names)
    insert_all(table, rows, f'ON CONFLICT ({keys}) DO UPDATE SET count = "{name}".count + EXCLUDED.count')
