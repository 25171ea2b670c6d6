"""The signs of life of all processes, and how much waits: what each of them can say of the whole.

A row is written every few seconds and tells when its process was seen last, so that a process that is
killed, frozen or cut off shows, whichever process is asked.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from peewee import CharField, IntegerField, fn

from powertrip.domain.delivery import DeliveryKind
from powertrip.store import events, gaps, inbox
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, transaction
from powertrip.store.fields import MomentField
from powertrip.store.tables import DeliveryRow, DeliveryState, InboxRow, Table

KEPT = timedelta(hours=1)
"""How long a process is shown that gives no sign of life any more."""

AHEAD = timedelta(minutes=1)
"""A sign of life from so far ahead is from before the clock was set back; whoever lives gives another."""


class ProcessRow(Table):
    """A process, from its start until an hour after its last sign of life."""

    name = CharField(primary_key=True)
    role = CharField()
    host = CharField()
    pid = IntegerField()
    version = CharField()
    started_at = MomentField()
    seen_at = MomentField()
    connected_at = MomentField(null=True)
    stopped_at = MomentField(null=True)


class ProcessRole(StrEnum):
    """What a process does; its value is kept in the database."""

    RUN = "run"  # both
    WEB = "web"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process."""

    name: str
    """Its machine and number, and what tells it from one that had both before."""
    role: ProcessRole
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    connected_at: datetime | None = None
    """When it last had a socket to Slack."""
    stopped_at: datetime | None = None
    """When it ended in order."""

    @property
    def works(self) -> bool:
        """Whether it judges and asks."""
        return self.role is not ProcessRole.WEB


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What the database knows of the state of all of Powertrip."""

    processes: Sequence[Process]
    """Those that work first, and the one that was seen last first."""
    backlog: int
    """Records that wait to be judged, counted up to a limit."""
    unjudged_since: datetime | None
    """When the oldest of them came."""
    first_card_since: datetime | None
    """Since when the oldest question waits to be put to anybody for the first time."""
    open_events: int
    gaps: int


def show(process: Process) -> None:
    """Write a sign of life down, and forget those that gave none for long."""
    row = {name: value for name, value in asdict(process).items() if value is not None}
    # In the one statement that a process needs when nothing else is well.
    updated = ", ".join(f'"{name}" = excluded."{name}"' for name in row if name != "name")
    insert_all(ProcessRow, [row], f'ON CONFLICT ("name") DO UPDATE SET {updated}')
    now = process.seen_at
    ProcessRow.delete().where(
        (ProcessRow.seen_at < now - KEPT) | (ProcessRow.seen_at > now + AHEAD)
    ).execute()


def whole(backlog_limit: int) -> Whole:
    """The state of all of Powertrip."""
    works = ProcessRow.role != ProcessRole.WEB
    rows = ProcessRow.select().order_by(works.desc(), ProcessRow.seen_at.desc())
    unjudged = InboxRow.select(InboxRow.received_at).where(InboxRow.judged_at.is_null())
    first_cards = DeliveryRow.select(fn.MIN(DeliveryRow.created_at)).where(
        (DeliveryRow.state == DeliveryState.WAITING) & (DeliveryRow.kind == DeliveryKind.FIRST)
    )
    return Whole(
        processes=[_process(row) for row in rows],
        backlog=inbox.backlog(backlog_limit),
        unjudged_since=unjudged.order_by(InboxRow.id).limit(1).scalar(),
        first_card_since=first_cards.scalar(),
        open_events=events.open_count(),
        gaps=gaps.waiting_count(),
    )


def worker_seen_at() -> datetime | None:
    """When a process that works gave its last sign of life; None where none ever did."""
    seen: datetime | None = (
        ProcessRow.select(fn.MAX(ProcessRow.seen_at)).where(ProcessRow.role != ProcessRole.WEB).scalar()
    )
    return seen


def _process(row: Any) -> Process:
    return Process(
        name=row.name,
        role=ProcessRole(row.role),
        host=row.host,
        pid=row.pid,
        version=row.version,
        started_at=row.started_at,
        seen_at=row.seen_at,
        connected_at=row.connected_at,
        stopped_at=row.stopped_at,
    )


class Processes(Role):
    """Who is at work."""

    show = transaction(show)
    whole = transaction(whole)
    worker_seen_at = transaction(worker_seen_at)
