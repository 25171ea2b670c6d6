"""A person proves an approval: a challenge is begun, answered, and the decision is taken that it proves."""

import secrets
from dataclasses import replace
from datetime import timedelta

import structlog

from powertrip.domain import expectation_proof_words, policy, proof, proof_words
from powertrip.domain.announcing import Week
from powertrip.domain.deciding import Outcome
from powertrip.domain.decision import Agent, Verdict, Via
from powertrip.domain.event import Event
from powertrip.domain.expectation_proof import AGAIN, AnyChallenge, ExpectationChallenge
from powertrip.domain.expectations import Expectation
from powertrip.domain.people import Standing
from powertrip.domain.proof import Challenge, Met, ProofKind, Proving
from powertrip.domain.proof_limits import LASTS, TRIES
from powertrip.errors import NotAllowed, ProofOver, ProofRequired, Refused, SlackError
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider, Reference, proving
from powertrip.pipeline.prove_expectation import ExpectationProver

log = structlog.get_logger(__name__)

HEAD_START = timedelta(seconds=10)
"""How long whoever heard the answer has for the decision, before a worker takes it."""
LOOK_AGAIN = timedelta(seconds=10)
AT_ONCE = 20


class Prover:
    """Begins challenges, hears answers, and takes the decisions that were proven."""

    def __init__(self, context: Context, decider: Decider) -> None:
        self._context = context
        self._decider = decider
        self.expectations = ExpectationProver(context)

    async def begin(
        self,
        reference: Reference,
        kind: ProofKind,
        *,
        slack_id: str,
        team_id: str | None,
        via: Via,
        channel: str,
        reason: str | None = None,
        agent: Agent | None = None,
    ) -> tuple[Challenge, Event]:
        """Begin a challenge of this kind, which `ProofRequired` offered; raises Refused."""
        context, now = self._context, self._context.clock()
        event = await context.store.events.get(reference.event_id)
        actor = await context.member(slack_id, team_id, needs_group=False)
        known = await proving(context, event, slack_id, Verdict.APPROVE)
        demanding = policy.with_requirements(event, context.settings.policy)
        if known is None or not proof.can_begin(kind, demanding, slack_id, known, now):
            raise NotAllowed("That kind of proof is not asked of you here. Nothing was changed.")
        challenge = Challenge(
            nonce=secrets.token_urlsafe(24),
            event_id=event.id,
            # A button may be of before a decision that split the event.
            revision=min(reference.revision, event.revision),
            slack_id=actor.slack_id,
            name=actor.name,
            team_id=team_id,
            kind=kind,
            via=via,
            channel=channel,
            reason=reason or None,
            agent=agent,
            created_at=now,
            until=now + LASTS,
        )
        await context.store.proofs.begin(challenge)
        return challenge, event

    async def answer(self, nonce: str, typed: str, *, slack_id: str) -> Outcome:
        """Take the decision, if what was typed proves it.

        Raises Refused, or ProofRequired where it takes another proof besides.
        """
        met = await self._heard(nonce, typed, slack_id)
        if not isinstance(met, Challenge):
            raise Refused(proof_words.UNKNOWN_WINDOW)
        return await self.decide(met)

    async def answer_of_expectation(
        self, nonce: str, typed: str, *, slack_id: str
    ) -> tuple[Expectation, Week | None]:
        """Have it announced, or confirmed, if what was typed proves it. Raises the same."""
        met = await self._heard(nonce, typed, slack_id)
        if not isinstance(met, ExpectationChallenge):
            raise Refused(expectation_proof_words.UNKNOWN_WINDOW)
        return await self.expectations.put_into_force(met)

    async def _heard(self, nonce: str, typed: str, slack_id: str) -> AnyChallenge:
        context, now, proofs = self._context, self._context.clock(), self._context.settings.proofs

        def check(challenge: AnyChallenge, about: Event | Expectation, known: Proving) -> Met | None:
            factors = proof.counting(challenge.kind, about, replace(known, fresh=proofs.fresh), now)
            return proofs.check(challenge.kind, about, factors, typed, now)

        met = await context.store.proofs.answer(nonce, slack_id, check, now, now + HEAD_START)
        if met is None:
            context.signals.proofs.set()
            log.warning("what was typed proves nothing", actor=slack_id)
            raise await self._not_proven(nonce, slack_id)
        return met

    async def _not_proven(self, nonce: str, slack_id: str) -> Refused:
        """What whoever answered is told, which is the same however near the answer was."""
        context, now = self._context, self._context.clock()
        store, command = context.store.proofs, context.settings.command
        challenge = await store.attempt(nonce)
        if challenge is None or challenge.slack_id != slack_id:
            return Refused(proof_words.UNKNOWN_WINDOW)
        if isinstance(challenge, ExpectationChallenge):
            if (over := expectation_proof_words.why_over(challenge, command, now)) is not None:
                return ProofOver(over)
            return Refused(expectation_proof_words.not_proven(challenge, TRIES - challenge.failures))
        if (over := proof_words.why_over(challenge, now)) is not None:
            return ProofOver(over)
        failures = challenge.failures
        if challenge.kind is ProofKind.SESSION_NUMBER:
            failures = (await store.proving(challenge.event_id, slack_id, now)).number_failures
        return Refused(proof_words.not_proven(max(1, TRIES - failures)))

    async def decide(self, challenge: Challenge) -> Outcome:
        """Take the decision that was proven; raises Refused."""
        return await self._decider.decide(
            Reference(event_id=challenge.event_id, revision=challenge.revision),
            Verdict.APPROVE,
            slack_id=challenge.slack_id,
            team_id=challenge.team_id,
            via=challenge.via,
            reason=challenge.reason,
            agent=challenge.agent,
        )

    async def take(self) -> bool:
        """Take decisions that were proven on a page, or before a worker died; returns whether more wait."""
        due = await self._context.store.proofs.due(self._context.clock(), AT_ONCE)
        for challenge in due:
            await self._take(challenge)
        return len(due) == AT_ONCE

    async def _take(self, challenge: AnyChallenge) -> None:
        store, now = self._context.store.proofs, self._context.clock()
        if challenge.ended_at is not None:
            settings = self._context.settings
            await store.tell_of_failures(challenge.nonce, settings.security_channel, settings.command, now)
            self._context.signals.outbox.set()
            return
        if not challenge.is_ready(now):
            again = "press Approve again" if isinstance(challenge, Challenge) else AGAIN[challenge.act]
            why = f"It was proven, and then took too long to count: {again}."
            await store.end(challenge.nonce, "too late", now, tell=why)
            self._context.signals.outbox.set()
            return
        actor = await self._context.directory.actor(challenge.slack_id, challenge.team_id, needs_group=False)
        if actor.standing is Standing.UNKNOWN:
            # Slack's silence refuses nothing; it is asked again until the proof is too old.
            await store.postpone(challenge.nonce, now + LOOK_AGAIN)
            return
        if isinstance(challenge, ExpectationChallenge):
            await self.expectations.take(challenge)
            return
        try:
            await self.decide(challenge)
        except ProofRequired:
            # It takes another besides, for which its person presses again.
            await store.postpone(challenge.nonce, challenge.until)
        except SlackError as error:
            # As where it is not known who approved first: what was proven after it is not held up by that.
            log.warning("what was proven is decided later", event_id=challenge.event_id, error=str(error))
            await store.postpone(challenge.nonce, now + LOOK_AGAIN)
        except Refused as refusal:
            await store.end(challenge.nonce, "refused", now, tell=str(refusal))
            self._context.signals.outbox.set()
