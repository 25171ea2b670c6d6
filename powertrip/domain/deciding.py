"""Events as they begin to be asked about, and all that one decision on them takes and leads to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from powertrip.domain import lifecycle, policy, proof, reminders, routing
from powertrip.domain.agents import Suggestion, suggestion
from powertrip.domain.decision import ActorKind, Decision, Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.hids import Watch
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Actor, Subject
from powertrip.domain.policy import Policy
from powertrip.domain.proof import Challenge, Proving
from powertrip.domain.reminders import Reminders
from powertrip.errors import NotShown, ProofRequired, ReasonRequired


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A decision that was taken."""

    event: Event
    """As far as the decision covers it."""
    decision: Decision
    rest: Event | None
    """The event that took over what the decision does not cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPlan:
    """A decision and all that follows from it, to be carried out in one transaction or not at all."""

    before: Event
    """The event as it was when the decision was checked; if its status moved since, nothing happens."""
    after: Event
    decision: Decision
    remind_at: datetime | None
    """When the event is reminded of next; None once it is final."""
    outcome_channel: str | None
    """Where a denial is told at once."""
    second_channel: str | None = None
    """Where a second person is asked for at once."""
    rest_id: str
    """The id of the event that takes over occurrences the decision does not cover."""
    rest_conversation: str
    rest_remind_at: datetime
    tell: tuple[str, ...] = ()
    """The origins that are told of every decision."""
    suggestion: Suggestion | None = None
    """What reviewers may do about an agent or script, said once for each user name."""
    checklist: tuple[str, ...] = ()
    """What reviewers are to tick off after a denial."""
    proofs: tuple[Challenge, ...] = ()
    """What it spends, all of them or nothing is decided."""

    @property
    def left_out(self) -> dict[str, list[int]]:
        """What of the checklist is not ticked where the event is closed all the same."""
        follow_up = self.before.follow_up
        undone = [item.number for item in follow_up.undone] if follow_up else []
        return {"waived": undone} if undone and self.after.status is Status.CLOSED else {}

    def outcome(self, rest: Event | None) -> Outcome:
        """The outcome, where `rest` holds the occurrences that the decision does not cover."""
        seen = self.decision.revision
        event = replace(self.after, revision=seen, occurrences=seen) if rest else self.after
        return Outcome(event=event, decision=self.decision, rest=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """A decision with what it was about, as the read API tells it."""

    id: int
    """Ascending in the order of the decisions."""
    verdict: Verdict
    actor_id: str
    actor_name: str
    at: datetime
    reason: str | None
    revision: int
    expectation_id: str | None
    """The expectation that approved it, where nobody was asked."""
    actor_kind: ActorKind
    agent_name: str | None
    agent_running: bool | None
    proof: str | None
    event_id: str
    status: Status
    """The event's, now."""
    rule: str
    event_action: str
    severity: str
    user_name: str | None
    host_name: str | None
    source_ip: str | None
    occurred_at: datetime
    received_at: datetime


def open_event(
    draft: Event,
    *,
    event_id: str,
    subject: Subject,
    policies: Iterable[Policy],
    schedule: Reminders,
    now: datetime,
) -> Event:
    """`draft`, which says what happened, with its subject, its first reminder and what approving it takes."""
    event = replace(draft, id=event_id, subject=subject, next_reminder_at=reminders.first_due(schedule, now))
    return policy.with_requirements(event, policies)


def plan(
    event: Event,
    decision: Decision,
    actor: Actor,
    *,
    policies: Iterable[Policy],
    schedule: Reminders,
    security_channel: str,
    watches: Iterable[Watch],
    rest_id: str,
    not_me: NotMe | None = None,
    shown: int | None = None,
    proving: Proving | None = None,
) -> DecisionPlan:
    """Check that `actor` may take `decision` on `event` now, and lay out what follows.

    `shown` is the newest revision that any message has shown, where the decision names its own by hand.
    Without `proving` nothing is proven, and what takes a proof is not approved.

    Raises NotAllowed, AlreadyDecided, NotInThisStatus, NotShown, SecondPersonRequired, ReasonRequired or
    ProofRequired.
    """
    policy.authorise(event, actor, decision.verdict)
    named = decision.revision
    # A button may be of before a decision that split the event.
    decision = replace(decision, revision=min(named, event.revision))
    required = policy.with_requirements(event, policies)
    after = lifecycle.decide(required, decision)
    if shown is not None and decision.verdict is Verdict.APPROVE:
        _check_shown(event, named, shown)
    proofs: tuple[Challenge, ...] = ()
    missing: ProofRequired | None = None
    if decision.verdict is Verdict.APPROVE and required.requires_proof:
        try:
            proofs = _proofs(required, actor, decision, proving)
        except ProofRequired as error:
            # It is asked for after the reason.
            missing = error
    # Last, so that nobody writes a reason for what they may not decide, cannot prove, or what is decided.
    _check_reason(required, decision)
    if missing is not None:
        raise missing
    if proofs:
        decision = replace(decision, proof=" ".join(each.kind for each in proofs))
        after = replace(after, decisions=(*after.decisions[:-1], decision))
    first_due = reminders.first_due(schedule, decision.at)
    is_open = after.status in (Status.DENIED, Status.HALF_APPROVED)
    return DecisionPlan(
        before=event,
        after=after,
        decision=decision,
        remind_at=first_due if is_open and not event.is_test else None,
        outcome_channel=security_channel if after.status is Status.DENIED and not event.is_test else None,
        second_channel=security_channel if after.status is Status.HALF_APPROVED else None,
        rest_id=rest_id,
        rest_conversation=security_channel
        if event.diverted
        else routing.route(event.subject, security_channel),
        rest_remind_at=first_due,
        tell=tuple(watch.origin.name for watch in watches if watch.is_told_of_all and not event.is_test),
        suggestion=suggestion(event, decision, security_channel),
        checklist=not_me.checklist_of(event.rule) if not_me and after.status is Status.DENIED else (),
        proofs=proofs,
    )


def _check_shown(event: Event, named: int, shown: int) -> None:
    """Raise NotShown for a revision that no message has shown."""
    if named > max(shown, 1):
        newest = f"{event.id}.{shown}" if shown > 1 else event.id
        raise NotShown(
            f"No message has shown {event.id}.{named} yet, and nobody can approve what nobody has seen. The "
            f"newest that was shown is {newest}."
        )


def _check_reason(event: Event, decision: Decision) -> None:
    """Raise ReasonRequired where the decision lacks words that it takes; `event` says what it takes."""
    if decision.actor_kind is ActorKind.AGENT and not decision.agent_name:
        raise ReasonRequired("Approving for an agent or a script takes its name.")
    if not decision.reason and decision.verdict is Verdict.CLOSE:
        raise ReasonRequired("Closing a denied event takes a note: what was found, and what was done.")
    if not decision.reason and decision.verdict is Verdict.APPROVE and event.status is Status.DENIED:
        raise ReasonRequired("Approving what was denied takes a reason: how it is known that it was them.")
    if not decision.reason and decision.verdict is Verdict.APPROVE and event.requires_reason:
        raise ReasonRequired("Approving this takes a reason.")


def _proofs(event: Event, actor: Actor, decision: Decision, proving: Proving | None) -> tuple[Challenge, ...]:
    if proving is None:
        raise ProofRequired(proof.NEEDED, ())
    return proof.check(event, actor.slack_id, decision.revision, proving, decision.at)
