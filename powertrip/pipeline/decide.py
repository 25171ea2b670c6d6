"""A person decides: who they are is looked up, whether they may is checked, and the first one wins."""

import re
from dataclasses import dataclass, replace

import structlog

from powertrip.domain import lifecycle, policy, reminders, routing
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Decision, Verdict, Via
from powertrip.domain.event import Event, Status
from powertrip.domain.people import Actor
from powertrip.domain.policy import Requirements
from powertrip.errors import NotAllowed, ReasonRequired, Refused, UnknownEvent
from powertrip.pipeline.context import Parts

log = structlog.get_logger(__name__)

RACES = 3
"""How often a decision is checked anew when the event's status moved meanwhile; it can move only thrice."""
REASON_LIMIT = 1000
"""Characters of a reason that are kept; the window takes no more, and the answer to a command says so."""

_REFERENCE = re.compile(r"([a-z0-9]{6,20})(?:\.([1-9][0-9]{0,6}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a button or a command names: an event, and the revision of it that was seen."""

    event_id: str
    revision: int = 1

    def __str__(self) -> str:
        return f"{self.event_id}.{self.revision}"


def parse_reference(text: str) -> Reference:
    """Read `k3f9x2m8` or `k3f9x2m8.3`; a card that shows no revision shows the first.

    Raises UnknownEvent for anything else.
    """
    found = _REFERENCE.fullmatch(text.strip().lower())
    if found is None:
        raise UnknownEvent(
            f"{text.strip()[:40]!r} is not the id of an event. Cards show it; so does `pending`."
        )
    return Reference(event_id=found[1], revision=int(found[2] or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a decision came to."""

    event: Event
    decision: Decision
    rest: Event | None
    """The event that took over what the decision did not cover."""


class Decider:
    """Takes decisions, from whichever way they come."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def event(self, reference: Reference) -> Event:
        """The event as it is now; raises UnknownEvent."""
        return await self._parts.store.events.get(reference.event_id)

    async def decide(
        self,
        reference: Reference,
        verdict: Verdict,
        *,
        slack_id: str,
        team_id: str | None,
        via: Via,
        reason: str | None = None,
    ) -> Outcome:
        """Take the decision, once; raises Refused with the sentence that the person is to be told."""
        actor = await self._parts.directory.actor(slack_id, team_id)
        for _ in range(RACES):
            plan = await self._plan(
                reference, verdict, actor, via, (reason or "").strip()[:REASON_LIMIT] or None
            )
            taken = await self._parts.store.events.decide(plan)
            if taken.taken:
                return self._done(Outcome(event=plan.after, decision=plan.decision, rest=taken.rest))
        raise lifecycle.refusal(await self.event(reference), verdict)

    async def _plan(
        self, reference: Reference, verdict: Verdict, actor: Actor, via: Via, reason: str | None
    ) -> DecisionPlan:
        event = await self.event(reference)
        await self._authorise(event, actor, verdict)
        demands = policy.requirements(event, self._parts.settings.policy)
        decision = self._decision(event, reference, verdict, actor, via, reason)
        after = await self._after(event, decision, demands)
        return self._consequences(event, after, decision)

    async def _authorise(self, event: Event, actor: Actor, verdict: Verdict) -> None:
        try:
            policy.authorise(event, actor, verdict)
        except NotAllowed as refusal:
            await self._note_refusal(event, actor, verdict, refusal)
            raise

    async def _after(self, event: Event, decision: Decision, demands: Requirements) -> Event:
        try:
            after = lifecycle.decide(event, decision, needs_second_person=demands.second_person)
        except Refused as refusal:
            actor_id = decision.actor_id
            await self._parts.store.events.refused(
                event.id, actor_id, decision.verdict, str(refusal), self._parts.clock()
            )
            raise
        _require_reason(decision, demands)
        return after

    async def _note_refusal(self, event: Event, actor: Actor, verdict: Verdict, refusal: Refused) -> None:
        log.warning("decision refused", event_id=event.id, actor=actor.slack_id, why=str(refusal))
        await self._parts.store.events.refused(
            event.id, actor.slack_id, verdict, str(refusal), self._parts.clock()
        )

    def _decision(
        self, event: Event, reference: Reference, verdict: Verdict, actor: Actor, via: Via, reason: str | None
    ) -> Decision:
        return Decision(
            verdict=verdict,
            actor_id=actor.slack_id,
            actor_name=actor.name,
            at=self._parts.clock(),
            via=via,
            revision=min(reference.revision, event.revision),
            reason=reason,
        )

    def _consequences(self, event: Event, after: Event, decision: Decision) -> DecisionPlan:
        settings = self._parts.settings
        first = reminders.first_due(settings.reminders, decision.at)
        remind_at = {
            Status.DENIED: first,
            # The second person is asked in the security channel at once, not when the next reminder is due.
            Status.HALF_APPROVED: decision.at,
        }.get(after.status)
        conversation = routing.route(event.subject, settings.security_channel).conversation
        return DecisionPlan(
            before=event,
            after=after,
            decision=decision,
            remind_at=remind_at,
            outcome_channel=settings.security_channel if after.status is Status.DENIED else None,
            rest_id=self._parts.new_id(),
            rest_conversation=conversation,
            rest_remind_at=first,
            tell=tuple(watch.origin.name for watch in settings.watches if watch.is_told_of_all),
        )

    def _done(self, outcome: Outcome) -> Outcome:
        self._parts.signals.outbox.set()
        if outcome.event.status is Status.HALF_APPROVED:
            self._parts.signals.reminders.set()
        waited = outcome.decision.at - outcome.event.received_at
        self._parts.metrics.decision_taken(outcome.decision.verdict, waited)
        log.info(
            "event decided",
            event_id=outcome.event.id,
            status=outcome.event.status,
            actor=outcome.decision.actor_id,
            left_open=outcome.rest.id if outcome.rest else None,
        )
        covered = replace(
            outcome.event, revision=outcome.decision.revision, occurrences=outcome.decision.revision
        )
        return replace(outcome, event=covered if outcome.rest else outcome.event)


def _require_reason(decision: Decision, demands: Requirements) -> None:
    if decision.reason:
        return
    if decision.verdict is Verdict.CLOSE:
        raise ReasonRequired("Closing a denied event takes a note: what was found, and what was done.")
    if decision.verdict is Verdict.APPROVE and demands.reason:
        raise ReasonRequired("Approving this takes a reason.")
