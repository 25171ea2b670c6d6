"""What is done about a denied event: each change is one step, made of the event as it is at that moment."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event
from powertrip.domain.follow_up import Change, Item, Noted, NoteKind, Owned, Owner, Ticked
from powertrip.domain.routing import DIRECT
from powertrip.store import audit, deliveries, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, transaction
from powertrip.store.fields import OutsideTextField
from powertrip.store.follow_up_tables import FollowUpItemRow, FollowUpNoteRow, FollowUpRow
from powertrip.store.rows import lock_events, read_event

_OUTSIDE = OutsideTextField()


def begin(event_id: str, alert_uid: str | None, checklist: Sequence[str], now: datetime) -> None:
    """Write down what is to be done about an event that is denied just now."""
    insert_all(FollowUpRow, [{"event_id": event_id, "alert_uid": alert_uid}], "ON CONFLICT DO NOTHING")
    items = [
        {"event_id": event_id, "number": number, "text": text} for number, text in enumerate(checklist, 1)
    ]
    if items:
        insert_all(FollowUpItemRow, items)
        audit.append("checklist_made", now, event_id=event_id, items=list(checklist))


def change(
    event_id: str,
    plan: Callable[[Event], tuple[Change, Owner | None]],
    *,
    by: str,
    tell: str | None,
    now: datetime,
) -> Event:
    """Do what `plan` makes of the event as it is now, and have every copy of its card redrawn.

    `plan` also returns the owner as they are afterwards, where the pause of the mentions is put off. `tell`
    is where a claim is told at once. Raises UnknownEvent, and what `plan` raises: nothing is changed then.
    """
    # Of two who press at once the second sees what the first has done.
    lock_events([event_id])
    made, put_off = plan(read_event(event_id))
    match made:
        case Owned(owner=owner):
            _keep_owner(event_id, owner)
            audit.append(
                "denial_owned", now, event_id=event_id, actor_id=by, owner=owner.slack_id if owner else None
            )
        case Ticked(item=item):
            _keep_item(event_id, item)
            audit.append(
                "item_ticked" if item.done_at else "item_unticked",
                item.done_at or now,
                event_id=event_id,
                actor_id=by,
                number=item.number,
                item=item.text,
            )
        case Noted(note=note):
            row = {name: getattr(note, name) for name in ("kind", "actor_id", "actor_name", "at", "text")}
            # The line says what the row holds, down to what no database takes.
            row |= {name: _OUTSIDE.db_value(row[name]) for name in ("actor_name", "text")}
            insert_all(FollowUpNoteRow, [{"event_id": event_id, **row}])
            is_claim, said = note.kind is NoteKind.CLAIM, {name: row[name] for name in ("actor_name", "text")}
            action = "denial_claimed" if is_claim else "denial_noted"
            audit.append(action, note.at, event_id=event_id, actor_id=note.actor_id, **said)
            if is_claim and tell:
                deliveries.enqueue([deliveries.new(DeliveryKind.OUTCOME, tell, now, event_ids=[event_id])])
    if put_off is not None:
        _keep_owner(event_id, put_off)
    deliveries.touch([event_id], now)
    return read_event(event_id)


def _keep_owner(event_id: str, owner: Owner | None) -> None:
    columns: dict[str, Any] = {
        "owner_id": owner and owner.slack_id,
        "owner_name": owner and owner.name,
        "owned_since": owner and owner.since,
        "owned_until": owner and owner.until,
    }
    # What an earlier release denied, or what was denied with many others, has no row yet.
    insert_all(FollowUpRow, [{"event_id": event_id, "alert_uid": None}], "ON CONFLICT DO NOTHING")
    FollowUpRow.update(**columns).where(FollowUpRow.event_id == event_id).execute()


def _keep_item(event_id: str, item: Item) -> None:
    this = (FollowUpItemRow.event_id == event_id) & (FollowUpItemRow.number == item.number)
    FollowUpItemRow.update(done_by=item.done_by, done_at=item.done_at).where(this).execute()


def told(alert_uid: str, event_ids: Collection[str], now: datetime) -> bool:
    """Record that Slack took a call to the reviewers, and have the person read so; the events are locked.

    Returns whether it was the first, which makes their versions rise by one.
    """
    taken = "UPDATE follow_up SET told_at = ? WHERE alert_uid = ? AND told_at IS NULL"
    if written.run(taken, now, alert_uid).rowcount != 1:
        return False
    these = written.marks(event_ids)
    written.run(f"UPDATE event SET version = version + 1 WHERE id IN ({these})", *event_ids)  # noqa: S608
    # No other message says when security was told.
    deliveries.enqueue_updates(event_ids, now, only=DIRECT)
    return True


class FollowUps(Role):
    """What is done about denied events."""

    change = transaction(change)
