"""Challenges of approvals: begun, and spent in the transaction of the decision that they prove."""

from datetime import datetime

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Note
from powertrip.domain.event import Event
from powertrip.domain.proof import Challenge, Proving
from powertrip.errors import NotAllowed
from powertrip.store import notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Turn, wait_for_each
from powertrip.store.proofs import attempts, numbers, rows
from powertrip.store.proofs.factors import standing
from powertrip.store.proofs.rows import READY, UNMET, challenge_from, columns, line
from powertrip.store.proofs.tables import ProofChallengeRow


def begin(challenge: Challenge) -> None:
    """Keep a new one; what the same person began for the same event, and has not met, ends."""
    now = challenge.created_at
    earlier = f"event_id = ? AND slack_id = ? AND {UNMET}"
    for row in written.rows(ProofChallengeRow, earlier, challenge.event_id, challenge.slack_id):
        attempts.end(row.nonce, "another was begun", now)
    insert_all(ProofChallengeRow, [columns(challenge)])
    line("begun", challenge, now, via=challenge.via)


def get(nonce: str) -> Challenge | None:
    """The challenge of this nonce, as it is now; None for one of an expectation."""
    found = rows.get(nonce)
    return found if isinstance(found, Challenge) else None


def tell_of_lacking(event: Event, note: Note, channel: str, now: datetime) -> None:
    """Tell security that the person whom an event is about cannot prove it; once an event."""
    wait_for_each(Turn.PROVING, [event.subject.slack_id or event.id])
    uid = f"lacking{event.id}"
    if not written.run("SELECT 1 FROM delivery WHERE uid = ?", uid).fetchone():
        notes.post(channel, note, now, uid=uid)


def spend(plan: DecisionPlan) -> None:
    """Spend what an approval proves; belongs in its transaction.

    Raises NotAllowed where a proof is not, or not any more, one of this event, revision and person.
    """
    decision = plan.decision
    if decision.verdict is not Verdict.APPROVE:
        return
    if plan.after.requires_proof and not plan.proofs:
        raise NotAllowed("Approving this takes a proof, and there is none. Nothing was changed.")
    for challenge in plan.proofs:
        once = f"nonce = ? AND event_id = ? AND revision = ? AND slack_id = ? AND until > ? AND {READY}"
        spent = written.run(
            f"UPDATE proof_challenge SET spent_at = ?, due_at = NULL WHERE {once}",  # noqa: S608 (ours)
            *(decision.at, challenge.nonce, plan.before.id, decision.revision, decision.actor_id),
            decision.at,
        )
        if spent.rowcount != 1:
            raise NotAllowed("The proof of this was spent already, or came too late. Nothing was changed.")
        line("spent", challenge, decision.at)


def proving(event_id: str, slack_id: str, now: datetime) -> Proving:
    """What the person has enrolled, and proven of this event; what is configured stands elsewhere."""
    ready = f"event_id = ? AND slack_id = ? AND {READY} ORDER BY met_at"
    return Proving(
        factors=standing(slack_id),
        challenges=tuple(map(challenge_from, written.rows(ProofChallengeRow, ready, event_id, slack_id))),
        number_failures=numbers.failures(event_id, slack_id, now),
    )
