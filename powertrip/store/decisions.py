"""Lists decisions in the order they were taken, for those who read along."""

from datetime import datetime

from powertrip.domain.deciding import LoggedDecision
from powertrip.domain.decision import ActorKind, Verdict
from powertrip.domain.event import Status
from powertrip.store.database import Role, transaction
from powertrip.store.tables import DecisionRow, EventRow


def after(decision_id: int, since: datetime | None, limit: int) -> list[LoggedDecision]:
    """Up to `limit` decisions after the one with this id, and not before `since`, the oldest first.

    Whoever goes on after the last id they saw misses none.
    """
    # For decisions take turns: the order of their ids is that of their commits.
    wanted = DecisionRow.id > decision_id
    if since is not None:
        wanted &= DecisionRow.at >= since
    rows = list(DecisionRow.select().where(wanted).order_by(DecisionRow.id).limit(limit))
    events = {row.id: row for row in EventRow.select().where(EventRow.id.in_({row.event_id for row in rows}))}
    return [
        LoggedDecision(
            id=row.id,
            verdict=Verdict(row.verdict),
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            at=row.at,
            reason=row.reason,
            revision=row.revision,
            expectation_id=row.expectation_id,
            actor_kind=ActorKind(row.actor_kind),
            agent_name=row.agent_name,
            agent_running=row.agent_running,
            proof=row.proof,
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
        for row, event in ((row, events[row.event_id]) for row in rows)
    ]


class Decisions(Role):
    """The log of decisions."""

    after = transaction(after)
