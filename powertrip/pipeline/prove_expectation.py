"""A person proves that they announce an expectation, or confirm it, where the configuration demands that."""

import secrets
from datetime import timedelta

import structlog

from powertrip.domain.announcing import Week
from powertrip.domain.expectation_proof import NONCES, Act, ExpectationChallenge, ProofWanted
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import ProofKind
from powertrip.domain.proof_limits import LASTS
from powertrip.errors import NotAllowed, ProofRequired, Refused, SlackError
from powertrip.pipeline.context import Context
from powertrip.pipeline.expect import Expecter

log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=10)


class ExpectationProver:
    """Begins challenges of expectations, and puts into force what was proven. Raises Refused."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._expecter = Expecter(context)

    async def begin(
        self, wanted: ProofWanted, kind: ProofKind, *, slack_id: str, team_id: str | None, channel: str
    ) -> ExpectationChallenge:
        """Begin a challenge of this kind, which `wanted` offered to this person."""
        context, now = self._context, self._context.clock()
        if kind not in wanted.kinds:
            raise NotAllowed("That kind of proof is not asked of you here. Nothing was changed.")
        actor = await context.member(slack_id, team_id)
        challenge = ExpectationChallenge(
            nonce=f"{NONCES}{secrets.token_urlsafe(24)}",
            act=wanted.act,
            expected=wanted.expected,
            slack_id=actor.slack_id,
            name=actor.name,
            team_id=team_id,
            kind=kind,
            channel=channel,
            created_at=now,
            until=now + LASTS,
        )
        await context.store.proofs.begin_expectation(challenge)
        return challenge

    async def put_into_force(self, challenge: ExpectationChallenge) -> tuple[Expectation, Week | None]:
        """Have it announced, or confirmed, as was proven.

        Raises ProofWanted where it takes another proof besides.
        """
        expecter, week = self._expecter, None
        actor = await self._context.member(challenge.slack_id, challenge.team_id)
        if challenge.act is Act.ANNOUNCE:
            expected, week = await expecter.announce_proven(challenge.expected, actor)
        else:
            expected = await expecter.confirm(challenge.expected.id, actor)
        # Where a reload demands none any more it was not spent.
        await self._context.store.proofs.end(challenge.nonce, "not needed", self._context.clock())
        return expected, week

    async def take(self, challenge: ExpectationChallenge) -> None:
        """Put into force what was proven on a page, or before a worker died, or tell its person why not."""
        store, now = self._context.store.proofs, self._context.clock()
        try:
            expected, _ = await self.put_into_force(challenge)
        except ProofRequired:
            # It takes another besides, which its person has been asked for.
            await store.postpone(challenge.nonce, challenge.until)
        except SlackError as error:
            log.warning("what was proven is put into force later", error=str(error))
            await store.postpone(challenge.nonce, now + LOOK_AGAIN)
        except Refused as refusal:
            await store.end(challenge.nonce, "refused", now, tell=str(refusal))
            self._context.signals.outbox.set()
        else:
            await store.tell_of_expectation(challenge, expected, now)
            self._context.signals.outbox.set()
