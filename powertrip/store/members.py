"""The ids of Slack's members in events: other ones after their workspace joined an organisation."""

from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain.event import Status
from powertrip.store import audit, written
from powertrip.store.database import Role, transaction
from powertrip.store.tables import DecisionRow, EventRow


def with_former_ids() -> list[str]:
    """The ids of subjects that may be former ones, those of the newest events first."""
    may_be = EventRow.subject_slack_id.startswith("U")
    rows: Any = (
        EventRow.select(EventRow.subject_slack_id)
        .where(may_be)
        .group_by(EventRow.subject_slack_id)
        .order_by(fn.MAX(EventRow.received_at).desc())
        .tuples()
    )
    return [slack_id for (slack_id,) in rows]


def rename(former: str, current: str, now: datetime) -> None:
    """Give the events of a member the id that Slack has now for them.

    What was decided for good keeps the id that decided it; a first approval takes the new one, so that its
    giver cannot be the second person, too.
    """
    theirs = EventRow.subject_slack_id == former
    moved = EventRow.update(subject_slack_id=current).where(theirs).execute()
    # A denial, too: whoever gave it cannot be the one who takes it back.
    half = EventRow.select(EventRow.id).where(EventRow.status.in_((Status.HALF_APPROVED, Status.DENIED)))
    first_approvals = (DecisionRow.actor_id == former) & DecisionRow.event_id.in_(half)
    approvals = DecisionRow.update(actor_id=current).where(first_approvals).execute()
    factors = written.run("UPDATE proof_factor SET slack_id = ? WHERE slack_id = ?", current, former).rowcount
    if moved or approvals or factors:
        audit.append(
            "member_renamed",
            now,
            actor_id=current,
            former=former,
            events=moved,
            approvals=approvals,
            factors=factors,
        )


class Members(Role):
    """The ids of people in events."""

    with_former_ids = transaction(with_former_ids)
    rename = transaction(rename)
