"""What hosts fetch, and what they say came of it."""

from datetime import datetime

from powertrip.domain.contained import ContainmentState
from powertrip.store import containments, deliveries, written
from powertrip.store.containment_rows import uid_of
from powertrip.store.containment_tables import ContainmentRow
from powertrip.store.database import Role, transaction
from powertrip.store.rows import lock_events
from powertrip.store.tables import DeliveryRow, DeliveryState


def for_host(action: str, host: str, now: datetime) -> list[tuple[str, str]]:
    """What waits for the host, until it says what came of it: a name of each try, and the user."""
    waiting = "action = ? AND host = ? AND state = ? AND dry_run = 0 ORDER BY id"
    rows = written.rows(ContainmentRow, waiting, action, host, ContainmentState.WAITING)
    handed = []
    for row in rows:
        this = (DeliveryRow.uid == uid_of(row)) & (DeliveryRow.state == DeliveryState.WAITING)
        # What is due is looked at by now, and said to be late.
        if DeliveryRow.select().where(this & (DeliveryRow.due_at > now)).exists():
            if row.called_at is None:
                ContainmentRow.update(called_at=now).where(ContainmentRow.id == row.id).execute()
            handed.append((uid_of(row), row.arguments["user"]))
    return handed


def reported(
    action: str, host: str, name: str, state: ContainmentState, said: str | None, now: datetime
) -> bool:
    """Write down what a host says came of what it fetched; the same once more changes nothing."""
    row = ContainmentRow.get_or_none(ContainmentRow.key == name.partition("-")[0])
    if row is None or (row.action, row.host) != (action, host):
        return False
    lock_events([row.event_id])
    row = ContainmentRow.get_by_id(row.id)
    # It may say so after nobody believed it any more.
    if row.called_at is None or row.state not in (ContainmentState.WAITING, ContainmentState.UNKNOWN):
        return False
    if row.state == state or uid_of(row) != name:
        return False
    waiting = (DeliveryRow.uid == uid_of(row)) & (DeliveryRow.state == DeliveryState.WAITING)
    for delivery in DeliveryRow.select(DeliveryRow.id).where(waiting):
        deliveries.end(delivery.id, DeliveryState.DONE, now)
    containments.finish(row, state, said, now)
    return True


class HostContainments(Role):
    """What hosts do themselves."""

    for_host = transaction(for_host)
    reported = transaction(reported)
