"""Keeps who is not sure of an event, and has the security channel told."""

from collections.abc import Callable
from datetime import datetime

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.doubt import DoubtPlan
from powertrip.domain.event import Event
from powertrip.store import audit, deliveries
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.expected_work import changing as expected_work
from powertrip.store.rows import doubts_column, lock_events, read_event
from powertrip.store.tables import EventRow


def doubt(event_id: str, plan: Callable[[Event], DoubtPlan], now: datetime) -> Event:
    """Do what `plan` makes of the event as it is now; returns the event after that.

    Raises UnknownEvent, and whatever `plan` raises: nothing was changed then.
    """
    # Nothing more of this person is approved without asking from here on.
    wait_for(Turn.DECIDING)
    # Of two who say so at once the later adds to what the earlier said.
    lock_events([event_id])
    planned = plan(read_event(event_id))
    event, said = planned.after, planned.doubt
    EventRow.update(doubts=doubts_column(event.doubts)).where(EventRow.id == event_id).execute()
    audit.append(
        "not_sure",
        now,
        event_id=event_id,
        actor_id=said.actor_id,
        actor_name=said.actor_name,
        via=said.via,
        revision=said.revision,
        is_subject=said.is_subject,
        outcome_channel=planned.channel,
    )
    expected_work.end_for([event.subject], actor_id=said.actor_id, why=expected_work.NOT_SURE, now=now)
    deliveries.touch([event_id], now)
    if planned.channel:
        # A kind that an earlier release beside this one knows, which asks whether the event is expected.
        told = deliveries.new(
            DeliveryKind.OUTCOME, planned.channel, now, event_ids=[event_id], severity=event.severity
        )
        deliveries.enqueue([told])
    return event


class Doubts(Role):
    """Those who are not sure."""

    doubt = transaction(doubt)
