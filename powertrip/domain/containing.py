"""Who may have a denied event contained, who has to agree, and who may have it undone.

Each function looks at the event as it is and at whoever acts, and returns what is to be written down. It
raises Refused, with the sentence for the person, where nothing is.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from powertrip.domain import lifecycle, policy
from powertrip.domain.contained import IN_FORCE, TRIED, By, Containment, ContainmentState
from powertrip.domain.containment import AtMost, Offer, Plan, offer_of
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.people import Actor
from powertrip.errors import NotAllowed, NotInThisStatus, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody wants it done."""

    plan: Plan
    why_second: str | None
    """Why another reviewer has to agree first; None where it is done at once."""


def shown(plan: Plan, earlier: int) -> str:
    """Names what a button says: one that was pressed before, or changed since, says something else."""
    said = "\0".join((plan.says, plan.does, plan.undo, plan.target, str(earlier)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def of_event(event: Event) -> tuple[Containment, ...]:
    """All that was asked for about it, what undoes among it, the oldest first."""
    return event.follow_up.containments if event.follow_up else ()


def of_action(event: Event, name: str) -> list[Containment]:
    """What was asked for by one action before, the oldest first."""
    return [each for each in of_event(event) if each.action == name and each.undoes is None]


def is_open(event: Event, each: Containment, now: datetime) -> bool:
    """Whether it stands in the way of the same once more."""
    if each.is_dry_run or (each.state is ContainmentState.DONE and each.has_ended(now)):
        return False
    return each.state in (*IN_FORCE, *TRIED) and not is_undone(event, each)


def undoing(event: Event, each: Containment) -> Containment | None:
    """What undoes it, or tried to; None where nobody wanted that."""
    return next((other for other in reversed(of_event(event)) if other.undoes == each.id), None)


def is_undone(event: Event, each: Containment) -> bool:
    """Whether it was undone."""
    other = undoing(event, each)
    return other is not None and other.state is ContainmentState.DONE


def ask(
    event: Event,
    actor: Actor,
    name: str,
    seen: str,
    *,
    offered: Iterable[Offer],
    alone: int,
    at_most: AtMost,
    about: str | None,
    now: datetime,
) -> Asked:
    """`actor` wants an action done whose button showed `seen`; `alone` were done lately at one's word.

    `about` is why another reviewer has to agree because of whom it is about.
    """
    _may(event, actor)
    _denied_only(event)
    before = of_action(event, name)
    if standing := next((each for each in before if is_open(event, each, now)), None):
        raise Refused(
            f"<@{standing.asked.slack_id}> pressed this at {_at(standing.asked)}; the card says the rest."
        )
    plan = offer_of(name, offered)
    if shown(plan, len(before)) != seen:
        raise Refused(
            "This has changed since the card was drawn, and nothing was done. Please look at it again."
        )
    deniers = {made.actor_id for made in event.decisions if made.verdict is Verdict.DENY}
    why = about
    if why is None and event.subject.slack_id and deniers <= {actor.slack_id}:
        why = "nobody else has denied it"
    if why is None and alone >= at_most.actions:
        why = f"{alone} were done at one reviewer's word lately (containment.at_most)"
    return Asked(plan=plan, why_second=why)


def agree(event: Event, actor: Actor, each: Containment, offered: Iterable[Offer], now: datetime) -> By:
    """Another reviewer agrees."""
    _may(event, actor)
    _denied_only(event)
    if each.state is not ContainmentState.ASKED:
        raise Refused("Nobody has to agree to this any more; the card says what became of it.")
    if each.decide_by is not None and each.decide_by <= now:
        raise Refused("This was asked for too long ago. Nothing was done; it can be asked for again.")
    if each.asked.slack_id == actor.slack_id:
        raise NotAllowed("You asked for this yourself, so another reviewer has to agree.")
    # Whoever came on the list meanwhile is spared.
    if offer_of(each.action, offered).says != each.says:
        raise Refused("This has changed since it was asked for. Nothing was done; it can be asked for again.")
    return By(slack_id=actor.slack_id, name=actor.name, at=now)


def undo(event: Event, actor: Actor, each: Containment, now: datetime) -> None:
    """`actor` wants a containment undone; that takes nobody else, and is possible after the end, too."""
    _may(event, actor)
    if each.undo_says is None or each.is_dry_run:
        raise Refused("This cannot be undone from here.")
    if each.state is not ContainmentState.DONE and each.state is not ContainmentState.UNKNOWN:
        raise Refused("This was not done, so there is nothing to undo.")
    if each.has_ended(now):
        raise Refused("This has ended by itself.")
    if other := undoing(event, each):
        raise Refused(
            f"<@{other.asked.slack_id}> pressed this at {_at(other.asked)}; the card says the rest."
        )


def try_again(event: Event, actor: Actor, each: Containment, tries: int, offered: Sequence[Offer]) -> None:
    """`actor` wants tried once more what failed; their button showed how often it was tried."""
    _may(event, actor)
    if each.state not in TRIED or each.tries != tries:
        raise Refused("This was tried again meanwhile; the card says what became of it.")
    if each.undoes is None:
        _denied_only(event)
        offer_of(each.action, offered)


def _may(event: Event, actor: Actor) -> None:
    policy.only_members(actor)
    if not actor.is_reviewer:
        raise NotAllowed("Only reviewers can press this. Nothing was done.")
    # Not to lock oneself out by mistake, nor, with somebody's Slack, to let oneself in again.
    if event.subject.slack_id == actor.slack_id:
        raise NotAllowed("This is about you, so another reviewer has to press it. Nothing was done.")


def _denied_only(event: Event) -> None:
    if event.is_open:
        raise NotInThisStatus("Nobody has denied this event. Nothing was done.")
    if event.status is not Status.DENIED:
        raise lifecycle.refusal(event, Verdict.DENY)


def _at(by: By) -> str:
    return f"{by.at:%Y-%m-%d %H:%M:%S} UTC"
