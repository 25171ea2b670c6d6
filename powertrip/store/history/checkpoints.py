"""Makes checkpoints when they are due, and has each told outside."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from peewee import fn

from powertrip.domain import checkpoint
from powertrip.domain.checkpoint import Checkpoint, Checkpoints
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Anchoring, Delivery, DeliveryKind
from powertrip.store import audit, deliveries, notes
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.history.tables import AnchoredRow, CheckpointRow
from powertrip.store.tables import AuditRow, DecisionRow, DeliveryRow, DeliveryState

WAITING_MOST = 24
"""Checkpoints that wait for one anchor; of more, the oldest are covered by those after them."""
TITLE = "How far the history has come"
ABOUT = "Kept here so that nobody can rewrite it unseen. Compare: bot.py audit verify --anchors FILE"


def take(wanted: Checkpoints, channel: str, now: datetime) -> Checkpoint | None:
    """Make a checkpoint if one is due, and queue it for the anchors and, each hour, for the channel."""
    # Otherwise two processes make one each.
    wait_for(Turn.REPORTING)
    last = CheckpointRow.select().order_by(CheckpointRow.id.desc()).first()
    newest_denial = _newest_denial()
    was_denied = newest_denial > (last.denial if last else 0)
    is_regular = _is_regular(wanted.every, now)
    if not was_denied and not is_regular:
        return None
    made = now_at(wanted, now)
    row = CheckpointRow.create(
        at=now,
        lines=made.lines,
        text=made.text,
        denial=newest_denial,
        is_regular=is_regular,
        # Not the id: PostgreSQL skips one where a transaction failed.
        number=(CheckpointRow.select(fn.MAX(CheckpointRow.number)).scalar() or 0) + 1,
    )
    _enqueue(wanted.anchors, Anchoring(checkpoint=row.id, text=made.text), now)
    if wanted.in_channel and is_regular:
        _show(channel, made, now)
    return made


def now_at(wanted: Checkpoints, now: datetime) -> Checkpoint:
    """How far the history has come by now."""
    head, lines = audit.end()
    return checkpoint.make(lines=lines, head=head, at=now, version=wanted.version, key=wanted.key)


def _newest_denial() -> int:
    denials = DecisionRow.select(fn.MAX(DecisionRow.id)).where(DecisionRow.verdict == Verdict.DENY)
    return int(denials.scalar() or 0)


def _is_regular(every: timedelta, now: datetime) -> bool:
    regular = CheckpointRow.select().where(CheckpointRow.is_regular)
    # The first one comes when there is something to lose.
    since = (
        regular.order_by(CheckpointRow.id.desc()).first() or AuditRow.select().order_by(AuditRow.id).first()
    )
    # A clock that was set back must not silence it.
    return since is not None and bool(abs(now - since.at) >= every)


def _enqueue(anchors: Sequence[str], payload: Anchoring, now: datetime) -> None:
    for name in anchors:
        waiting = (
            (DeliveryRow.kind == DeliveryKind.ANCHOR)
            & (DeliveryRow.channel == name)
            & (DeliveryRow.state == DeliveryState.WAITING)
        )
        ids = DeliveryRow.select(DeliveryRow.id).where(waiting).order_by(DeliveryRow.id.desc())
        beyond = [row.id for row in ids.offset(WAITING_MOST - 1).limit(WAITING_MOST)]
        skipped = DeliveryRow.update(state=DeliveryState.SKIPPED, done_at=now, leased_until=None)
        skipped.where(DeliveryRow.id.in_(beyond)).execute()
    deliveries.enqueue([deliveries.new(DeliveryKind.ANCHOR, name, now, payload=payload) for name in anchors])


def _show(channel: str, made: Checkpoint, now: datetime) -> None:
    # One message a month that is edited: an edit calls nobody, and twelve messages a year stay as evidence.
    uid = f"checkpoint-{channel}-{now:%Y-%m}"
    lines = [made.text, ABOUT]
    if DeliveryRow.select().where(DeliveryRow.uid == uid).exists():
        notes.amend(uid, title=TITLE, lines=lines, now=now)
    else:
        notes.enqueue(channel, title=TITLE, lines=lines, now=now, uid=uid)


def anchored(delivery: Delivery, checkpoint_id: int, proof: str | None, now: datetime) -> None:
    """Record that an anchor has taken a checkpoint, with what it gave as a proof."""
    deliveries.finish(delivery, now)
    row = {"checkpoint_id": checkpoint_id, "anchor": delivery.channel, "at": now, "proof": proof}
    insert_all(AnchoredRow, [row])


class CheckpointsMade(Role):
    """How far the history has come, and who was told."""

    take = transaction(take)
    anchored = transaction(anchored)
