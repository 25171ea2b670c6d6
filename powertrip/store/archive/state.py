"""What a database holds, what it has that another has not, and what a restored one has to be told."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee
from playhouse.migrations import Runner

from powertrip.domain.delivery import DeliveryKind
from powertrip.errors import StoreError
from powertrip.store import audit, deliveries
from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import using
from powertrip.store.history import chain
from powertrip.store.migrating import MIGRATIONS, pending_migrations
from powertrip.store.tables import AuditRow, DecisionRow, DeliveryRow, DeliveryState, EventRow, InboxRow

POSTED = (DeliveryKind.UPDATE, DeliveryKind.REMOVE, DeliveryKind.SETTLE)
"""What may be done twice; all else that waits makes a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a database holds, as far as one can tell from a few numbers."""

    lines: int
    """Of the history."""
    newest_hash: str
    newest_at: datetime | None
    events: int
    decisions: int
    newest_record: int
    """The highest id in the inbox."""

    def __str__(self) -> str:
        if self.newest_at is None:
            return f"{self.events} events, {self.decisions} decisions, and no history yet"
        return (
            f"{self.events} events, {self.decisions} decisions, {self.lines} lines of history until "
            f"{self.newest_at:%Y-%m-%d %H:%M:%S} UTC, newest hash {self.newest_hash}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What one database has and another has not."""

    actions: dict[str, int]
    """Lines of the history, by what they tell of."""
    decided: tuple[tuple[str, str, str], ...]
    """Event, verdict and who decided, of each decision."""
    records: int
    """Accepted and perhaps not judged yet."""

    def __bool__(self) -> bool:
        return bool(self.actions or self.records)


@contextmanager
def reading(opened: peewee.Database) -> Iterator[None]:
    """A database that is looked at and then closed."""
    with using(opened), opened.connection_context():
        yield


def refuse_unknown(opened: peewee.Database) -> None:
    """Raise StoreError for a database that is not Powertrip's, or that a newer version made."""
    with reading(opened):
        steps = Runner(opened, str(MIGRATIONS)).status()
        if not any(step.applied for step in steps):
            raise StoreError("it is not a database of Powertrip's")
        if unknown := [step.name for step in steps if step.path is None]:
            raise StoreError(f"a newer version of Powertrip made it ({', '.join(unknown)}); use that one")


def whole(opened: peewee.Database) -> Held:
    """What the database holds; raises StoreError where its history is broken.

    One that an older version made is counted, and its history checked once it is migrated.
    """
    is_old = bool(pending_migrations(opened))
    with reading(opened):
        broken = None if is_old else chain.broken(opened)
        if broken is not None:
            raise StoreError(f"{broken.where}: {broken.what}; its history was changed outside Powertrip")
        last = AuditRow.select(AuditRow.at, AuditRow.hash).order_by(AuditRow.id.desc()).first()
        return Held(
            lines=AuditRow.select().count(),
            newest_hash=last.hash if last else audit.FIRST_HASH,
            newest_at=last.at if last else None,
            events=EventRow.select().count(),
            decisions=DecisionRow.select().count(),
            newest_record=InboxRow.select(peewee.fn.MAX(InboxRow.id)).scalar() or 0,
        )


def lost(opened: peewee.Database, kept: Held) -> Lost | None:
    """What the database has beyond what is kept elsewhere; None where that is no earlier state of it."""
    with reading(opened):
        line = AuditRow.select(AuditRow.id).where(AuditRow.hash == kept.newest_hash).first()
        if line is None and kept.newest_hash != audit.FIRST_HASH:
            return None
        beyond = AuditRow.id > (line.id if line else 0)
        actions: Any = AuditRow.select(AuditRow.action).where(beyond).tuples()
        decided = AuditRow.select(AuditRow.event_id, AuditRow.actor_id, AuditRow.detail).where(
            beyond & (AuditRow.action == "decided")
        )
        return Lost(
            actions=dict(Counter(action for (action,) in actions)),
            decided=tuple(
                (str(row.event_id), str(row.detail.get("verdict")), str(row.actor_id)) for row in decided
            ),
            records=InboxRow.select().where(InboxRow.id > kept.newest_record).count(),
        )


def mark_restored(opened: peewee.Database, kept: Held, decided: Sequence[str], at: datetime) -> None:
    """Write into a restored database that it is one, and `decided` which events were since.

    What was to be posted when it was kept may have been posted since, and is looked for in Slack before it is
    posted again. Cards of events that were decided since get their buttons back.
    """

    async def write() -> None:
        thread = DatabaseThread(opened)
        await thread.run(_mark_restored, kept, decided, at)
        await thread.close()

    asyncio.run(write())


def _mark_restored(kept: Held, decided: Sequence[str], at: datetime) -> None:
    waiting = (DeliveryRow.state == DeliveryState.WAITING) & DeliveryRow.attempted_at.is_null()
    posts = waiting & DeliveryRow.kind.not_in(POSTED)
    DeliveryRow.update(attempted_at=DeliveryRow.created_at, leased_until=None).where(posts).execute()
    known: Any = EventRow.select(EventRow.id).where(EventRow.id.in_(list(decided))).tuples()
    deliveries.touch([event_id for (event_id,) in known], at)
    audit.append("database_restored", at, kept_until=str(kept.newest_at), lines=kept.lines)
