"""Carries out one decision on the usual events of a storm, a chunk in a transaction."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict
from powertrip.domain.event import NoticeKind
from powertrip.domain.storm_view import Covered
from powertrip.store import audit, deliveries
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.expected_work import changing as expected_work
from powertrip.store.hids import reports
from powertrip.store.proofs import challenges
from powertrip.store.rows import events_from, lock_events
from powertrip.store.storms import messages
from powertrip.store.storms.views import covered
from powertrip.store.tables import DecisionRow, EventRow


def chunk(storm_id: str, watermark: int, verdict: Verdict, after: int, limit: int) -> list[Covered]:
    """Up to `limit` events that the decision covers, those with numbers above `after`, in their order."""
    within = covered(storm_id, watermark, verdict) & (EventRow.storm_seq > after)
    rows = list(EventRow.select().where(within).order_by(EventRow.storm_seq).limit(limit))
    return [
        Covered(event=event, version=row.version, seq=row.storm_seq or 0)
        for event, row in zip(events_from(rows), rows, strict=True)
    ]


def decide(storm_id: str, watermark: int, plans: Sequence[tuple[DecisionPlan, int]], now: datetime) -> int:
    """Take these decisions, each only where its event is as it was planned for; returns how many.

    With each plan comes the version of its event. One that was decided or joined meanwhile stays as it is.
    """
    wait_for(Turn.DECIDING)
    locked = lock_events([plan.before.id for plan, _ in plans])
    numbered = EventRow.select(EventRow.id).where(
        EventRow.id.in_(list(locked)) & (EventRow.storm_seq <= watermark) & EventRow.storm_apart.is_null()
    )
    still = {row.id for row in numbered}
    ours = [
        plan
        for plan, version in plans
        if plan.before.id in still
        and locked[plan.before.id].version == version
        and locked[plan.before.id].status == plan.before.status
    ]
    _write(ours, now)
    messages.changed([storm_id], now)
    return len(ours)


def _write(plans: Sequence[DecisionPlan], now: datetime) -> None:
    update_all(
        EventRow,
        [
            {
                "id": plan.before.id,
                "status": plan.after.status,
                "decided_at": now,
                "next_reminder_at": plan.remind_at,
            }
            for plan in plans
        ],
    )
    event_ids = [plan.before.id for plan in plans]
    for plan in plans:
        challenges.spend(plan)
    EventRow.update(version=EventRow.version + 1).where(EventRow.id.in_(event_ids)).execute()
    insert_all(DecisionRow, [{"event_id": plan.before.id, **asdict(plan.decision)} for plan in plans])
    for plan in plans:
        decision = plan.decision
        audit.append(
            "decided",
            now,
            event_id=plan.before.id,
            actor_id=decision.actor_id,
            verdict=decision.verdict,
            status=plan.after.status,
            via=decision.via,
            revision=decision.revision,
            reason=decision.reason,
            batch=decision.batch_id,
            **decision.about_agent,
        )
    denials = [plan for plan in plans if plan.decision.verdict is Verdict.DENY]
    if denials:
        actor_id = denials[0].decision.actor_id
        expected_work.end_for([plan.before.subject for plan in denials], actor_id=actor_id, now=now)
    reports.for_decisions({plan.before.id: (plan.after.status, plan.tell) for plan in plans}, now)
    deliveries.enqueue_updates(event_ids, now)


def finish(storm_id: str, calls: bool, now: datetime) -> None:
    """Have the card say at once what was decided; `calls` the reviewers to what that has left to do."""
    messages.changed([storm_id], now, at_once=True)
    storm: Any = messages.lock([storm_id])[storm_id]
    deliveries.enqueue([messages.post(storm, NoticeKind.OUTCOME, now)] if calls else [])


def refused(storm_id: str, actor_id: str, verdict: Verdict, why: str, now: datetime) -> None:
    """Record a refused attempt in the audit."""
    audit.append("storm_refused", now, actor_id=actor_id, storm=storm_id, verdict=verdict, why=why)


def begun(
    storm_id: str,
    *,
    actor_id: str,
    verdict: Verdict,
    batch_id: str,
    watermark: int,
    count: int,
    now: datetime,
) -> None:
    """Record what a decision in bulk is about to cover, as its reviewer typed it."""
    audit.append(
        "storm_decided",
        now,
        actor_id=actor_id,
        storm=storm_id,
        verdict=verdict,
        batch=batch_id,
        watermark=watermark,
        count=count,
    )


class StormDecisions(Role):
    """What one decision does to many events."""

    chunk = transaction(chunk)
    decide = transaction(decide)
    finish = transaction(finish)
    refused = transaction(refused)
    begun = transaction(begun)
