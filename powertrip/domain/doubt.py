"""A person is not sure: nothing is decided, and the security channel is told."""

from dataclasses import dataclass, replace

from powertrip.domain import lifecycle, policy
from powertrip.domain.decision import Doubt, Verdict
from powertrip.domain.event import Event
from powertrip.domain.people import Actor
from powertrip.errors import AlreadyDecided, NotInThisStatus

MOST = 20
"""People who can say of one event that they are not sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtPlan:
    """What follows from it, to be carried out in one transaction or not at all."""

    after: Event
    doubt: Doubt
    channel: str | None
    """Where it is told at once; None where it was, and for a test."""


def plan(event: Event, doubt: Doubt, actor: Actor, *, security_channel: str) -> DoubtPlan:
    """Check that `actor` may say so of `event` now, and lay out what follows.

    Raises NotAllowed, AlreadyDecided or NotInThisStatus.
    """
    # As safe a direction as a denial, and so taken from whoever may deny.
    policy.authorise(event, actor, Verdict.DENY)
    if not event.is_open:
        raise lifecycle.refusal(event, Verdict.DENY)
    if any(decision.actor_id == doubt.actor_id for decision in event.decisions):
        raise AlreadyDecided("You approved this already. If you are not sure any more, deny it.")
    for earlier in event.doubts:
        if earlier.actor_id == doubt.actor_id:
            raise AlreadyDecided(
                f"You said at {earlier.at:%Y-%m-%d %H:%M:%S} UTC that you are not sure. It still waits for "
                "somebody who knows; approve or deny it once that is you."
            )
    if len(event.doubts) >= MOST:
        raise NotInThisStatus(f"{MOST} people are not sure already. It waits for somebody who knows.")
    doubt = replace(doubt, revision=min(doubt.revision, event.revision))
    is_news = not event.doubts and not event.is_test
    return DoubtPlan(
        after=replace(event, doubts=(*event.doubts, doubt)),
        doubt=doubt,
        channel=security_channel if is_news else None,
    )
