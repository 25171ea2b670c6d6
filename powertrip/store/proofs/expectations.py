"""Challenges of expectations: begun, and spent in the transaction that puts one into force."""

from datetime import datetime

from powertrip.domain import expectation_proof_words
from powertrip.domain.expectation_proof import Act, ExpectationChallenge, Proven
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Proving
from powertrip.errors import NotAllowed
from powertrip.store import audit, notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.expected_work.rows import columns_of
from powertrip.store.history import seals
from powertrip.store.proofs import attempts
from powertrip.store.proofs.factors import standing
from powertrip.store.proofs.rows import READY, UNMET, columns, expectation_challenge_from, line
from powertrip.store.proofs.tables import ExpectationChallengeRow


def begin(challenge: ExpectationChallenge) -> None:
    """Keep a new one; what the same person began for the same expectation, and has not met, ends."""
    now, expected = challenge.created_at, challenge.expected
    earlier = f"expectation_id = ? AND slack_id = ? AND {UNMET}"
    for row in written.rows(ExpectationChallengeRow, earlier, expected.id, challenge.slack_id):
        attempts.end(row.nonce, "another was begun", now)
    insert_all(ExpectationChallengeRow, [columns(challenge)])
    line("begun", challenge, now)


def proving(act: Act, expectation_id: str, slack_id: str) -> tuple[Proving, tuple[ExpectationChallenge, ...]]:
    """What the person has enrolled, and proven of this; what is configured stands elsewhere."""
    ready = f"expectation_id = ? AND slack_id = ? AND act = ? AND {READY} ORDER BY met_at"
    found = written.rows(ExpectationChallengeRow, ready, expectation_id, slack_id, act)
    return Proving(factors=standing(slack_id)), tuple(map(expectation_challenge_from, found))


def spend(act: Act, expected: Expectation, proven: Proven, *, actor_id: str, now: datetime) -> None:
    """Spend what proves it; belongs in the transaction that has it announced, or confirmed.

    Raises NotAllowed where a proof is not, or not any more, one of exactly this, and of this person.
    """
    if proven.demands and not proven.challenges:
        raise NotAllowed("This takes a proof, and there is none. Nothing was changed.")
    for challenge in proven.challenges:
        once = (
            "nonce = ? AND act = ? AND expectation_id = ? AND seal = ? AND slack_id = ? AND until > ? "
            f"AND {READY}"
        )
        spent = written.run(
            f"UPDATE expectation_challenge SET spent_at = ?, due_at = NULL WHERE {once}",  # noqa: S608 (ours)
            *(now, challenge.nonce, act, expected.id, seals.of_proven(columns_of(expected)), actor_id, now),
        )
        if spent.rowcount != 1:
            raise NotAllowed("The proof of this was spent already, or came too late. Nothing was changed.")
        line("spent", challenge, now)


def tell(challenge: ExpectationChallenge, expected: Expectation, now: datetime) -> None:
    """Tell whoever proved it on a page, or while workers restarted, that it counted."""
    notes.post(challenge.slack_id, expectation_proof_words.taken(challenge, expected), now)


def refused(act: Act, expected: Expectation, slack_id: str, why: str, now: datetime) -> None:
    """Write down that somebody could not prove what they wanted to announce or confirm."""
    audit.append("expectation_refused", now, actor_id=slack_id, expectation=expected.id, act=act, why=why)
