"""Has reviewers' wishes done once: each is a row, beside the delivery that carries it."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.contained import By, Containment, ContainmentState
from powertrip.domain.containing import Asked
from powertrip.domain.containment import SECOND_WITHIN, Order, Plan
from powertrip.domain.delivery import Containing, Delivery, DeliveryKind
from powertrip.domain.event import Event
from powertrip.domain.people import Actor
from powertrip.errors import Refused
from powertrip.store import audit, deliveries, written
from powertrip.store.containment_rows import containment_from, note_given_up, uid_of
from powertrip.store.containment_tables import ContainmentRow
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.fields import OutsideTextField
from powertrip.store.rows import lock_events, read_event
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow

_OUTSIDE = OutsideTextField()
_MICROSECOND = timedelta(microseconds=1)
SAID_LIMIT = 300
"""Characters that are kept of what the other side said."""


def ask(
    event_id: str,
    plan: Callable[[Event, int], Asked],
    actor: Actor,
    *,
    action: str,
    within: timedelta,
    waits_for: timedelta | None,
    is_dry_run: bool,
    now: datetime,
) -> Event:
    """Write down what `plan` makes of the event as it is now, and of how many one reviewer's word did lately.

    Raises UnknownEvent, and what `plan` raises: nothing is changed then.
    """
    # Before the event: of two who press at once the second counts what the first had done.
    wait_for(Turn.CONTAINING)
    lock_events([event_id])
    asked = plan(read_event(event_id), _alone_since(now - within))
    row = _row(event_id, action, asked.plan, actor, is_dry_run=is_dry_run, now=now)
    row |= {"why_second": asked.why_second, "host": None}
    if waits_for is not None:
        row |= {"waits_for": waits_for // _MICROSECOND, "host": asked.plan.arguments.get("host", "")}
    if asked.why_second is not None:
        row |= {"state": ContainmentState.ASKED, "decide_by": now + SECOND_WITHIN}
    _begin(row, now, due_at=now + SECOND_WITHIN if asked.why_second is not None else None)
    return read_event(event_id)


def _alone_since(moment: datetime) -> int:
    """How many were done since then, or may have been, to which nobody else had to agree."""
    counted = (
        "SELECT COUNT(*) FROM containment WHERE asked_at > ? AND why_second IS NULL AND undoes IS NULL "
        "AND dry_run = 0 AND state IN (?, ?, ?)"
    )
    states = (ContainmentState.WAITING, ContainmentState.DONE, ContainmentState.UNKNOWN)
    return int(written.run(counted, moment, *states).fetchone()[0])


def undo(
    event_id: str, containment: int, check: Callable[[Event, Containment], None], actor: Actor, now: datetime
) -> Event:
    """Have undone what was done, where `check` raises nothing."""
    lock_events([event_id])
    undone = _known(event_id, containment)
    event = read_event(event_id)
    check(event, containment_from(undone))
    plan = Plan(target=undone.target, says=undone.undo_says, does="", undo="", arguments=undone.arguments)
    row = _row(event_id, undone.action, plan, actor, is_dry_run=False, now=now)
    row |= {
        "undoes": undone.id,
        "prepared": undone.prepared,
        "waits_for": undone.waits_for,
        "host": undone.host,
    }
    _begin(row, now)
    return read_event(event_id)


def agree(event_id: str, containment: int, check: Callable[[Event, Containment], By], now: datetime) -> Event:
    """Let go what waits for another reviewer."""
    lock_events([event_id])
    row = _known(event_id, containment)
    by = check(read_event(event_id), containment_from(row))
    agreed = {"agreed_by": by.slack_id, "agreed_name": by.name, "agreed_at": by.at}
    _change(row, **agreed, state=ContainmentState.WAITING, ends_at=_ends(row, now))
    audit.append("containment_agreed", by.at, event_id=event_id, actor_id=by.slack_id, key=row.key)
    this = (DeliveryRow.uid == uid_of(row)) & (DeliveryRow.state == DeliveryState.WAITING)
    DeliveryRow.update(due_at=_due(row, now)).where(this).execute()
    deliveries.touch([event_id], now)
    return read_event(event_id)


def try_again(
    event_id: str, containment: int, check: Callable[[Event, Containment], None], actor: Actor, now: datetime
) -> Event:
    """Have it tried once more, with the same key."""
    lock_events([event_id])
    row = _known(event_id, containment)
    check(read_event(event_id), containment_from(row))
    anew = {"state": ContainmentState.WAITING, "called_at": None, "said": None, "done_at": None}
    _change(row, **anew, tries=row.tries + 1, ends_at=_ends(row, now))
    audit.append(
        "containment_tried", now, event_id=event_id, actor_id=actor.slack_id, key=row.key, tries=row.tries
    )
    _queue(row, now, _due(row, now))
    deliveries.touch([event_id], now)
    return read_event(event_id)


def _row(
    event_id: str, action: str, plan: Plan, actor: Actor, *, is_dry_run: bool, now: datetime
) -> dict[str, Any]:
    lasts = plan.lasts // _MICROSECOND if plan.lasts else None
    return {
        "key": secrets.token_hex(10),
        "event_id": event_id,
        "action": action,
        "says": plan.says,
        "target": plan.target,
        "arguments": dict(plan.arguments),
        "state": ContainmentState.WAITING,
        "dry_run": int(is_dry_run),
        "asked_by": actor.slack_id,
        "asked_name": _OUTSIDE.db_value(actor.name),
        "asked_at": now,
        "lasts": lasts,
        "ends_at": now + plan.lasts if plan.lasts else None,
        "undo_says": plan.undo_says,
        "undo": plan.undo,
        "tries": 1,
    }


def _begin(row: dict[str, Any], now: datetime, due_at: datetime | None = None) -> None:
    made = ContainmentRow.create(**row)
    undoes = ContainmentRow.get_by_id(made.undoes).key if made.undoes else None
    audit.append(
        "containment_asked",
        now,
        event_id=made.event_id,
        actor_id=made.asked_by,
        actor_name=made.asked_name,
        key=made.key,
        name=made.action,
        says=made.says,
        target=made.target,
        why_second=made.why_second,
        dry_run=made.dry_run,
        undoes=undoes,
    )
    _queue(made, now, due_at or _due(made, now))
    deliveries.touch([made.event_id], now)


def _change(row: Any, **columns: Any) -> None:
    # What it says, and of whom, is never written again.
    ContainmentRow.update(**columns).where(ContainmentRow.id == row.id).execute()
    for name, value in columns.items():
        setattr(row, name, value)


def _ends(row: Any, now: datetime) -> datetime | None:
    return now + row.lasts * _MICROSECOND if row.lasts else None


def _due(row: Any, now: datetime) -> datetime:
    """When it is done; what a host does is looked at when the host has had its time."""
    return now if row.waits_for is None or row.dry_run else now + row.waits_for * _MICROSECOND


def _queue(row: Any, now: datetime, due_at: datetime) -> None:
    new = deliveries.new(
        DeliveryKind.CONTAIN,
        row.action,
        now,
        event_ids=[row.event_id],
        payload=Containing(containment=row.id),
        due_at=due_at,
    )
    deliveries.enqueue([new | {"uid": uid_of(row)}])


def _known(event_id: str, containment: int) -> Any:
    row = ContainmentRow.get_or_none(
        (ContainmentRow.id == containment) & (ContainmentRow.event_id == event_id)
    )
    if row is None:
        raise Refused("Powertrip does not know this any more. Nothing was done.")
    note_given_up([row])
    return row


def order(delivery: Delivery) -> tuple[Containment, Order, datetime | None]:
    """What a delivery is to have done, and when that was first tried; None where nothing can have arrived."""
    row = _of(delivery)
    undoes = ContainmentRow.get_by_id(row.undoes) if row.undoes else None
    wanted = Order(
        key=row.key,
        action=row.action,
        event_id=row.event_id,
        rule=EventRow.get_by_id(row.event_id).rule,
        target=row.target,
        arguments=row.arguments,
        asked_by=row.asked_name,
        released_at=row.agreed_at or row.asked_at,
        until=row.ends_at,
        undoes=undoes.key if undoes else None,
        prepared=row.prepared,
    )
    return containment_from(row), wanted, row.called_at


def calling(delivery: Delivery, prepared: Mapping[str, str], now: datetime) -> bool:
    """Write down that the other side is called now; returns False where another worker does so by now."""
    if deliveries.mine(delivery) is None:
        return False
    row = _of(delivery)
    if row.state != ContainmentState.WAITING or row.tries != _tries_of(delivery):
        return False
    _change(row, called_at=row.called_at or now, prepared=dict(prepared))
    return True


def end(delivery: Delivery, state: ContainmentState, said: str | None, now: datetime) -> None:
    """Write down what came of it, and end the delivery."""
    lock_events([_of(delivery).event_id])
    row = _of(delivery)
    # Whoever agreed at the last moment has it done after all.
    if state is ContainmentState.LAPSED and row.state == ContainmentState.WAITING:
        deliveries.again(delivery, _due(row, now))
        return
    if deliveries.mine(delivery) is not None:
        deliveries.finish(delivery, now)
    # One whose lease had run out may say in truth what another could not know.
    is_open = row.state in (ContainmentState.WAITING, ContainmentState.ASKED, ContainmentState.UNKNOWN)
    if is_open and row.state != state and row.tries == _tries_of(delivery):
        finish(row, state, said, now)


def finish(row: Any, state: ContainmentState, said: str | None, now: datetime) -> None:
    """Write down what came of it, and have the cards say so."""
    _change(row, state=state, done_at=now, said=_OUTSIDE.db_value(said[:SAID_LIMIT]) if said else None)
    audit.append(
        "containment_ended",
        now,
        event_id=row.event_id,
        key=row.key,
        state=state,
        said=row.said,
        name=row.action,
    )
    deliveries.touch([row.event_id], now)


def _of(delivery: Delivery) -> Any:
    if not isinstance(delivery.payload, Containing):
        raise TypeError(f"delivery {delivery.id} contains nothing")
    return ContainmentRow.get_by_id(delivery.payload.containment)


def _tries_of(delivery: Delivery) -> int:
    return int(delivery.uid.rpartition("-")[2])


class Containments(Role):
    """What reviewers have done about denied events."""

    ask = transaction(ask)
    undo = transaction(undo)
    agree = transaction(agree)
    try_again = transaction(try_again)
    order = transaction(order)
    calling = transaction(calling)
    end = transaction(end)
