"""Reads the storms that the Home tab names."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from peewee import fn

from powertrip.domain.event import UNDONE, NoticeKind, Severity, Status
from powertrip.domain.home import StormLine
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import EventRow

STORMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """A storm of which something waits."""

    id: str
    version: int
    line: StormLine


def storms_of(slack_id: str) -> list[Standing]:
    """Those that this member is asked about by a card in their direct messages."""
    asked = (EventRow.subject_slack_id == slack_id) & (EventRow.status == Status.PENDING)
    usual = EventRow.storm_id.is_null(False) & EventRow.storm_apart.is_null()
    found: Any = EventRow.select(EventRow.storm_id).where(asked & usual).distinct().limit(STORMS_SHOWN)
    ids = [storm_id for (storm_id,) in found.tuples()]
    # The card of another is where they may not see it.
    return [each for each in standing_storms(ids) if each.line.card and each.line.card[0].startswith("D")]


def standing_storms(among: Collection[str] | None = None) -> list[Standing]:
    """Those of which something waits, the latest first."""
    if among is not None and not among:
        return []
    # Whatever waits of a storm is reminded of.
    minded = StormRow.next_reminder_at.is_null(False)
    which = minded if among is None else minded & StormRow.id.in_(list(among))
    rows = list(StormRow.select().where(which).order_by(StormRow.opened_at.desc()).limit(STORMS_SHOWN))
    if not rows:
        return []
    ids = [row.id for row in rows]
    usual = EventRow.storm_id.in_(ids) & EventRow.storm_apart.is_null()
    counts: Any = EventRow.select(EventRow.storm_id, EventRow.status, fn.COUNT(EventRow.id)).where(usual)
    events, left = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0)
    for storm_id, status, count in counts.group_by(EventRow.storm_id, EventRow.status).tuples():
        events[storm_id] += count
        left[storm_id] += count if status in UNDONE else 0
    living = (StormMessageRow.kind == NoticeKind.FIRST) & StormMessageRow.removed_at.is_null()
    messages = StormMessageRow.select().where(living & StormMessageRow.storm_id.in_(ids))
    cards = {row.storm_id: (row.channel, row.ts) for row in messages}
    return [
        Standing(
            row.id,
            row.version,
            StormLine(
                title=row.title,
                who=row.user_name or row.source_ip,
                events=events[row.id],
                undone=left[row.id],
                severity=Severity(row.severity),
                card=cards.get(row.id),
            ),
        )
        for row in rows
        if left[row.id]
    ]
