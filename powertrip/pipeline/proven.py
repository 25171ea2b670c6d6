"""What a person can prove, and has proven of an expectation, as the configuration demands it."""

from dataclasses import replace

import structlog

from powertrip.domain import expectation_proof
from powertrip.domain.expectation_proof import UNPROVEN, Act, Proven
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Proving
from powertrip.errors import CannotProve
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)


def as_configured(context: Context, known: Proving, slack_id: str) -> Proving:
    """What the store knows of what this person can prove, with what the configuration says of it."""
    proofs = context.settings.proofs
    return replace(
        known,
        kinds=proofs.kinds,
        fresh=proofs.fresh,
        has_identity=proofs.has_identity(slack_id),
        enrol_page=proofs.enrol_page,
    )


async def proven_of(context: Context, act: Act, expected: Expectation, slack_id: str) -> Proven:
    """What putting this into force spends of what this person has proven of it.

    Raises ProofWanted for a proof that is missing, or CannotProve, which the history tells of.
    """
    settings, now = context.settings, context.clock()
    demands, store = settings.expectations.require, context.store.proofs
    if not demands:
        return UNPROVEN
    known, ready = await store.proving_expectation(act, expected.id, slack_id)
    known = as_configured(context, known, slack_id)
    try:
        return expectation_proof.check(act, expected, demands, ready, proving=known, now=now)
    except CannotProve as refusal:
        log.warning("an expectation cannot be proven", expectation=expected.id, actor=slack_id, act=act)
        await store.refused_expectation(act, expected, slack_id, str(refusal), now)
        raise
