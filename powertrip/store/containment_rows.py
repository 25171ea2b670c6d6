"""Reads what reviewers had done about denied events."""

from collections.abc import Collection
from typing import Any

from powertrip.domain.contained import By, Containment, ContainmentState
from powertrip.store import written
from powertrip.store.containment_tables import ContainmentRow
from powertrip.store.tables import DeliveryRow, DeliveryState

GIVEN_UP = "A worker of an earlier release took it, which does not know how."


def by_event(event_ids: Collection[str]) -> dict[str, list[Containment]]:
    """What was wanted about each of these events, the oldest first."""
    found: dict[str, list[Containment]] = {}
    rows = written.rows_of(ContainmentRow, "event_id", event_ids)
    note_given_up(rows)
    for row in rows:
        found.setdefault(row.event_id, []).append(containment_from(row))
    return found


def note_given_up(rows: Collection[Any]) -> None:
    """Have the rows say so, whose delivery a release beside this one could not read."""
    waiting = {uid_of(row): row for row in rows if row.state == ContainmentState.WAITING}
    for delivery in written.rows_of(DeliveryRow, "uid", waiting):
        if delivery.state == DeliveryState.FAILED:
            row = waiting[delivery.uid]
            row.state, row.said = ContainmentState.FAILED, GIVEN_UP


def uid_of(row: Any) -> str:
    """The uid of the delivery that carries it now."""
    return f"{row.key}-{row.tries}"


def containment_from(row: Any) -> Containment:
    """One row."""
    agreed = By(slack_id=row.agreed_by, name=row.agreed_name, at=row.agreed_at) if row.agreed_by else None
    return Containment(
        id=row.id,
        key=row.key,
        action=row.action,
        says=row.says,
        target=row.target,
        state=ContainmentState(row.state),
        is_dry_run=bool(row.dry_run),
        asked=By(slack_id=row.asked_by, name=row.asked_name, at=row.asked_at),
        agreed=agreed,
        why_second=row.why_second,
        decide_by=row.decide_by,
        until=row.ends_at,
        ended_at=row.done_at,
        said=row.said,
        undo_says=row.undo_says,
        undo=row.undo,
        undoes=row.undoes,
        tries=row.tries,
    )
