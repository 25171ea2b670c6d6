"""Decisions in the order they were taken, for those who read along."""

from datetime import datetime
from typing import Any

from powertrip.domain.deciding import LoggedDecision
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Status
from powertrip.store.database import Role, transaction
from powertrip.store.tables import DecisionRow, EventRow


def after(decision_id: int, since: datetime | None, limit: int) -> list[LoggedDecision]:
    """Up to `limit` decisions after the one with this id, and not before `since`, the oldest first.

    Decisions are written one transaction at a time, so that the order of their ids is that of their commits:
    whoever goes on after the last id they saw misses none.
    """
    wanted = DecisionRow.id > decision_id
    if since is not None:
        wanted &= DecisionRow.at >= since
    rows = list(DecisionRow.select().where(wanted).order_by(DecisionRow.id).limit(limit))
    events = {row.id: row for row in EventRow.select().where(EventRow.id.in_({row.event_id for row in rows}))}
    return [_logged(row, events[row.event_id]) for row in rows]


def _logged(row: Any, event: Any) -> LoggedDecision:
    return LoggedDecision(
        id=row.id,
        verdict=Verdict(row.verdict),
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        at=row.at,
        reason=row.reason,
        revision=row.revision,
        event_id=event.id,
        status=Status(event.status),
        rule=event.rule,
        event_action=event.event_action,
        severity=event.severity,
        user_name=event.user_name,
        host_name=event.host_name,
        source_ip=event.source_ip,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
    )


class Decisions(Role):
    """The log of decisions."""

    after = transaction(after)
