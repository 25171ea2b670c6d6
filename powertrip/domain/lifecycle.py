"""The statuses of an event: which verdict moves which, and the refusals of all others."""

from dataclasses import replace

from powertrip.domain.decision import WORD, Decision, Verdict
from powertrip.domain.event import Event, Status
from powertrip.errors import AlreadyDecided, NotInThisStatus, SecondPersonRequired

TRANSITIONS: dict[tuple[Status, Verdict], Status] = {
    (Status.PENDING, Verdict.APPROVE): Status.APPROVED,
    (Status.PENDING, Verdict.DENY): Status.DENIED,
    (Status.HALF_APPROVED, Verdict.APPROVE): Status.APPROVED,
    (Status.HALF_APPROVED, Verdict.DENY): Status.DENIED,
    (Status.DENIED, Verdict.CLOSE): Status.CLOSED,
}


def decide(event: Event, decision: Decision) -> Event:
    """`event` with `decision` taken and its status moved.

    Raises AlreadyDecided where somebody was first, NotInThisStatus for a step that does not exist,
    SecondPersonRequired where the first approver tries to be the second.
    """
    target = TRANSITIONS.get((event.status, decision.verdict))
    if is_claimed(event) and decision.verdict is Verdict.APPROVE:
        return replace(event, status=Status.APPROVED, decisions=(*event.decisions, decision))
    if target is None:
        raise refusal(event, decision.verdict)
    if target is Status.APPROVED and event.requires_second_person:
        if event.status is Status.PENDING:
            target = Status.HALF_APPROVED
        elif any(earlier.actor_id == decision.actor_id for earlier in event.decisions):
            raise SecondPersonRequired("You approved this already. It takes a second person to finish it.")
    return replace(event, status=target, decisions=(*event.decisions, decision))


def is_claimed(event: Event) -> bool:
    """Whether it is denied and its person says that it was them after all, so that others may approve it.

    It does not wait again as if nobody had decided: what came since is asked about in an event of its own.
    """
    return event.status is Status.DENIED and event.follow_up is not None and event.follow_up.claim is not None


def refusal(event: Event, verdict: Verdict) -> AlreadyDecided | NotInThisStatus:
    """Why `verdict` does nothing to `event`, as a sentence for the person who tried."""
    if verdict is Verdict.CLOSE and event.is_open:
        return NotInThisStatus("Only a denied event can be closed, and nobody has denied this one.")
    if verdict is Verdict.CLOSE and event.status is Status.APPROVED:
        return NotInThisStatus(f"Only a denied event can be closed. {_last_decision(event)}")
    return AlreadyDecided(_last_decision(event))


def _last_decision(event: Event) -> str:
    last = event.decisions[-1]
    if last.expectation_id:
        return f"An expectation of <@{last.actor_id}> approved this at {last.at:%Y-%m-%d %H:%M:%S} UTC."
    return f"<@{last.actor_id}> already {WORD[last.verdict]} this at {last.at:%Y-%m-%d %H:%M:%S} UTC."
