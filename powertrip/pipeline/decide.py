"""A person decides: looks up who they are, checks whether they may, and takes the first decision."""

import re
from dataclasses import dataclass

import structlog

from powertrip.domain import deciding, doubt, lifecycle, policy, proof_words
from powertrip.domain.agents import in_decision
from powertrip.domain.deciding import DecisionPlan, Outcome
from powertrip.domain.decision import UNSURE, Agent, Decision, Doubt, Verdict, Via
from powertrip.domain.doubt import DoubtPlan
from powertrip.domain.event import Event
from powertrip.domain.proof import Proving
from powertrip.errors import CannotProve, ProofRequired, ReasonRequired, Refused, UnknownEvent
from powertrip.pipeline.acting import keep_refusal
from powertrip.pipeline.context import Context
from powertrip.pipeline.former_ids import recognise
from powertrip.pipeline.proven import as_configured

log = structlog.get_logger(__name__)

RACES = 3
"""How often a decision is checked anew when the event's status moved meanwhile; it can move only thrice."""
REASON_LIMIT = 1000
"""Characters of a reason that are kept; the window takes no more, and the answer to a command says so."""

_REFERENCE = re.compile(r"([a-z0-9]{6,20})(?:\.([1-9][0-9]{0,6}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An event, and the revision of it that was seen, as a button or a command names them."""

    event_id: str
    revision: int = 1

    def __str__(self) -> str:
        return f"{self.event_id}.{self.revision}"


def parse_reference(text: str) -> Reference:
    """Read `k3f9x2m8` or `k3f9x2m8.3`; a card that shows no revision shows the first.

    Raises UnknownEvent for anything else.
    """
    match = _REFERENCE.fullmatch(text.strip().lower())
    if match is None:
        raise UnknownEvent(
            f"{text.strip()[:40]!r} is not the id of an event. Cards show it; so does `pending`."
        )
    return Reference(event_id=match[1], revision=int(match[2] or 1))


async def proving(context: Context, event: Event, slack_id: str, verdict: Verdict) -> Proving | None:
    """What this person can prove about the event, and has proven; None where nothing is asked of them."""
    settings = context.settings
    if verdict is not Verdict.APPROVE or not (event.requires_proof or policy.any_proof(settings.policy)):
        return None
    known = await context.store.proofs.proving(event.id, slack_id, context.clock())
    return as_configured(context, known, slack_id)


class Decider:
    """Takes decisions by buttons and by commands."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def event(self, reference: Reference) -> Event:
        """The event as it is now; raises UnknownEvent."""
        return await self._context.store.events.get(reference.event_id)

    async def decide(
        self,
        reference: Reference,
        verdict: Verdict,
        *,
        slack_id: str,
        team_id: str | None,
        via: Via,
        reason: str | None = None,
        agent: Agent | None = None,
    ) -> Outcome:
        """Take the decision, once; raises Refused with the sentence that the person is to be told.

        With an `agent` it is an approval for that agent or script; one without a name is asked for by
        ReasonRequired.
        """
        context, settings = self._context, self._context.settings
        # Whoever clicks is looked up at this moment; neither the button nor what a card said gives a right.
        # Their own events they may decide whether or not they are a reviewer.
        event = await recognise(context, await self.event(reference), slack_id)
        is_own = event.subject.slack_id == slack_id
        needs_group = not is_own or verdict is Verdict.CLOSE
        actor = await context.directory.actor(slack_id, team_id, needs_group=needs_group)
        decision = Decision(
            verdict=verdict,
            actor_id=actor.slack_id,
            actor_name=actor.name,
            at=context.clock(),
            via=via,
            revision=reference.revision,
            reason=(reason or "").strip()[:REASON_LIMIT] or None,
            **in_decision(agent),
        )

        known = await proving(context, event, actor.slack_id, verdict)

        def plan(event: Event, shown: int | None) -> DecisionPlan:
            return deciding.plan(
                event,
                decision,
                actor,
                policies=settings.policy,
                schedule=settings.reminders,
                security_channel=settings.security_channel,
                watches=settings.watches,
                rest_id=context.new_id(),
                not_me=settings.not_me,
                shown=shown,
                proving=known,
            )

        for _ in range(RACES):
            try:
                # A button carries what its message shows; whoever types may name anything.
                outcome = await context.store.events.decide_as_it_is(
                    event.id, plan, is_typed=via is Via.COMMAND
                )
            except Refused as refusal:
                await self._record(refusal, event.id, decision.actor_id, verdict)
                if isinstance(refusal, CannotProve) and is_own:
                    await self._ask_others(event, actor.name)
                raise
            if outcome is not None:
                self._announce(outcome)
                return outcome
            # Another process moved the status between the reading and the writing, so all is checked again.
        raise lifecycle.refusal(await self.event(reference), verdict)

    async def not_sure(self, reference: Reference, *, slack_id: str, team_id: str | None, via: Via) -> Event:
        """Keep that this person is not sure, and tell the security channel; raises Refused."""
        context, security_channel = self._context, self._context.settings.security_channel
        event = await recognise(context, await self.event(reference), slack_id)
        is_own = event.subject.slack_id == slack_id
        actor = await context.directory.actor(slack_id, team_id, needs_group=not is_own)
        said = Doubt(
            actor_id=actor.slack_id,
            actor_name=actor.name,
            at=context.clock(),
            via=via,
            revision=reference.revision,
            is_subject=is_own,
        )

        def plan(event: Event) -> DoubtPlan:
            return doubt.plan(event, said, actor, security_channel=security_channel)

        try:
            after = await context.store.doubts.doubt(event.id, plan, said.at)
        except Refused as refusal:
            await self._record(refusal, event.id, said.actor_id, UNSURE)
            raise
        context.signals.outbox.set()
        log.info("somebody is not sure", event_id=event.id, actor=said.actor_id)
        return after

    async def _record(self, refusal: Refused, event_id: str, actor_id: str, verdict: str) -> None:
        # To be asked for more refuses nothing: the window for it opens, and the decision comes again.
        if isinstance(refusal, ReasonRequired | ProofRequired):
            return
        await keep_refusal(self._context, refusal, event_id=event_id, slack_id=actor_id, doing=verdict)

    async def _ask_others(self, event: Event, name: str) -> None:
        """Tell the security channel, once, that an event's own person cannot prove it."""
        settings, now = self._context.settings, self._context.clock()
        note = proof_words.cannot_prove(event, name, settings.command)
        await self._context.store.proofs.tell_of_lacking(event, note, settings.security_channel, now)
        self._context.signals.outbox.set()

    def _announce(self, outcome: Outcome) -> None:
        signals, event, decision = self._context.signals, outcome.event, outcome.decision
        signals.outbox.set()
        self._context.metrics.decision_taken(decision.verdict, decision.at - event.received_at)
        log.info(
            "event decided",
            event_id=event.id,
            status=event.status,
            actor=decision.actor_id,
            left_open=outcome.rest.id if outcome.rest else None,
        )
