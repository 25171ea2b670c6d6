"""What becomes of the times in the database when somebody sets the clock.

After a step back, what is due in the future by a time that was ahead would wait for that time to come again;
after a step forward, every lease would end at once, and two workers would do what one has begun.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from peewee import Value

from powertrip.store import heartbeat
from powertrip.store.bulk import insert_all
from powertrip.store.database import for_update
from powertrip.store.expected_work.tables import ExpectedWorkRow
from powertrip.store.follow_up_tables import FollowUpRow
from powertrip.store.heartbeat_tables import HeartbeatCardRow
from powertrip.store.hids.tables import ExpectationRow, ExpectationState, SightingRow, SightingState
from powertrip.store.home_tables import OpenHomeRow
from powertrip.store.poll_tables import GapRow, PollRow
from powertrip.store.processes import ProcessRow
from powertrip.store.proofs.tables import (
    ExpectationChallengeRow,
    ProofChallengeRow,
    ProofCodeRow,
    ProofFactorRow,
    ProofLossRow,
)
from powertrip.store.sources.tables import VoiceRow
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import (
    AuditRow,
    BackupRow,
    ClockRow,
    DeliveryRow,
    DeliveryState,
    EventRow,
    InboxRow,
    LaneRow,
)

LEASE = timedelta(seconds=30)
"""How long what is leased stays so after a step: no attempt that was under way lasts longer."""
STEP = timedelta(seconds=1)
"""From here on a difference is a step; less is followed in silence, and leases have room for it."""
UNNOTICED = timedelta(seconds=30)
"""How long a step goes unnoticed at most: a process looks every two seconds."""
LONGEST_REST = timedelta(minutes=5)
"""How long a lane rests for a good reason."""
_MICROSECOND = timedelta(microseconds=1)
_ONLY = 1
"""The id of the one row."""


def set_back() -> timedelta:
    """By how much the clock was set back in all."""
    return _total(_row())


def newest() -> datetime | None:
    """When the newest was written that was not mended since; None where there is none."""
    columns = (AuditRow.at, DeliveryRow.created_at, InboxRow.received_at)
    written = [
        column.model.select(column).order_by(column.model.id.desc()).limit(1).scalar() for column in columns
    ]
    mended_until = _row().mended_until
    return max((at for at in written if at and (not mended_until or at > mended_until)), default=None)


def went_forward(before: datetime, now: datetime) -> None:
    """Let what is leased stay so. Idempotent, for each worker finds the step by itself."""
    _renew(now)
    # Whoever gave a sign, or kept the card, a moment ago was not away, whatever the clock says.
    shown = (ProcessRow.seen_at >= before - UNNOTICED) & (ProcessRow.seen_at < now)
    ProcessRow.update(seen_at=now).where(shown & ProcessRow.stopped_at.is_null()).execute()
    was_alive = HeartbeatCardRow.alive_at >= before - heartbeat.LEASE
    HeartbeatCardRow.update(alive_at=now).where(was_alive & (HeartbeatCardRow.alive_at < now)).execute()


def went_back(by: timedelta, known: timedelta, now: datetime) -> tuple[int, timedelta]:
    """Pull back by a step what is in the future by the time before it; of several workers one does.

    `known` is by how much the caller knows the clock to have been set back before. Returns how many times
    were changed, and by how much it was set back in all.
    """
    row = _row(lock=True)
    new = by - (_total(row) - known)
    if new < STEP:
        # Another worker was faster; what this one wrote since, by the time before the step, is left.
        _renew(now)
        return _pull(_WRITTEN_SINCE, by, beyond=now + by - UNNOTICED), _total(row)
    changed = pull_back(new, now)
    row.set_back += new // _MICROSECOND
    ClockRow.update(set_back=row.set_back).where(ClockRow.id == _ONLY).execute()
    return changed, _total(row)


def pull_back_late(by: timedelta, now: datetime) -> int:
    """Pull back what was written after a step by a time read before it; returns how many changed."""
    # Less far ahead may lie what Slack did not take.
    beyond = now + max(by - UNNOTICED - UNNOTICED, LONGEST_REST)
    return _pull(_WRITTEN_SINCE, by, beyond=beyond)


def pull_back(by: timedelta, now: datetime) -> int:
    """Let what waits wait no longer than it would have; returns how many times were changed."""
    ahead = newest()
    changed = _pull(_WAITING, by, beyond=now)
    # A pause that Slack demanded before the clock was ahead stands.
    changed += _pull([(LaneRow.free_at, LaneRow.free_at.is_null(False))], by, beyond=now + LONGEST_REST)
    if ahead is not None and ahead > now:
        ClockRow.update(mended_until=ahead).where(ClockRow.id == _ONLY).execute()
    _renew(now)
    return changed


def _pull(columns: Iterable[tuple[Any, Any]], by: timedelta, *, beyond: datetime) -> int:
    """Those that lie ahead for a good reason keep their distance."""
    # As a plain number, or peewee would take it for a moment.
    step = Value(by // _MICROSECOND, converter=False)
    return sum(
        column.model.update({column.name: column - step}).where(which & (column > beyond)).execute()
        for column, which in columns
    )


def _renew(now: datetime) -> None:
    leased = (DeliveryRow.state == DeliveryState.WAITING) & DeliveryRow.leased_until.is_null(False)
    DeliveryRow.update(leased_until=now + LEASE).where(leased).execute()
    LaneRow.update(busy_until=now + LEASE).where(LaneRow.busy_until.is_null(False)).execute()


def _total(row: Any) -> timedelta:
    return timedelta(microseconds=row.set_back)


def _row(*, lock: bool = False) -> Any:
    query = ClockRow.select().where(ClockRow.id == _ONLY)
    row = (for_update(query) if lock else query).first()
    if row is None and lock:
        insert_all(ClockRow, [{"id": _ONLY}], "ON CONFLICT DO NOTHING")
        row = for_update(query.clone()).first()
    return row or ClockRow(id=_ONLY)


_outbox = DeliveryRow.state == DeliveryState.WAITING
_WAITING: tuple[tuple[Any, Any], ...] = (
    (DeliveryRow.due_at, _outbox),
    # A message that may have arrived is looked for from here on, and by this it is told another way.
    (DeliveryRow.attempted_at, _outbox),
    (DeliveryRow.created_at, _outbox),
    (InboxRow.leased_until, InboxRow.judged_at.is_null()),
    (EventRow.next_reminder_at, EventRow.next_reminder_at.is_null(False)),
    (EventRow.facts_due_at, EventRow.facts_due_at.is_null(False)),
    (SightingRow.due_at, SightingRow.state == SightingState.WAITING),
    (ExpectationRow.due_at, ExpectationRow.state == ExpectationState.WAITING),
    (PollRow.next_at, PollRow.name.is_null(False)),
    (PollRow.leased_until, PollRow.name.is_null(False)),
    (GapRow.due_at, GapRow.done_at.is_null()),
    (BackupRow.digest_at, BackupRow.digest_at.is_null(False)),
    (VoiceRow.heard_at, VoiceRow.source.is_null(False)),
    (HeartbeatCardRow.alive_at, HeartbeatCardRow.id == _ONLY),
    (StormRow.next_reminder_at, StormRow.next_reminder_at.is_null(False)),
    (FollowUpRow.owned_until, FollowUpRow.owned_until.is_null(False)),
    # From here on it is counted when a storm is over, and when its card may be drawn again.
    (StormRow.last_at, StormRow.ended_at.is_null()),
    (StormMessageRow.shown_at, StormMessageRow.removed_at.is_null()),
    # Nobody is trusted for longer.
    (ExpectedWorkRow.until, ExpectedWorkRow.ended_at.is_null()),
    (ExpectedWorkRow.confirm_by, ExpectedWorkRow.confirm_by.is_null(False)),
    # No window stays open for longer.
    (ProofChallengeRow.until, ProofChallengeRow.spent_at.is_null() & ProofChallengeRow.ended_at.is_null()),
    (
        ExpectationChallengeRow.until,
        ExpectationChallengeRow.spent_at.is_null() & ExpectationChallengeRow.ended_at.is_null(),
    ),
    (ProofFactorRow.confirm_by, ProofFactorRow.confirm_by.is_null(False)),
    (ProofFactorRow.locked_until, ProofFactorRow.ended_at.is_null()),
    (ProofFactorRow.failed_since, ProofFactorRow.ended_at.is_null()),
    (ProofCodeRow.until, ProofCodeRow.used_at.is_null()),
    (ProofLossRow.until, ProofLossRow.ended_at.is_null()),
    (ProofChallengeRow.due_at, ProofChallengeRow.due_at.is_null(False)),
    (ExpectationChallengeRow.due_at, ExpectationChallengeRow.due_at.is_null(False)),
    (OpenHomeRow.due_at, OpenHomeRow.slack_id.is_null(False)),
    (OpenHomeRow.opened_at, OpenHomeRow.slack_id.is_null(False)),
)
"""Every time that somebody waits for, or goes by, with the condition by which it is found cheaply.

Not among them are a process's signs of life, checkpoints and reports, which see themselves what lies ahead,
and when a card was redrawn, which is never taken for later than now.
"""
_WRITTEN_SINCE = (
    (DeliveryRow.due_at, _outbox),
    (DeliveryRow.created_at, _outbox),
    (InboxRow.leased_until, InboxRow.judged_at.is_null()),
)
"""What a worker that has not noticed a step yet may have written; none of it waits long for a good reason."""
