"""Reads and writes attempts at a proof as values: of approvals, and of expectations."""

import hashlib
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from powertrip.domain.decision import Agent, Via
from powertrip.domain.expectation_proof import NONCES, Act, AnyChallenge, ExpectationChallenge
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Attempt, Challenge, ProofKind
from powertrip.store import audit, written
from powertrip.store.expected_work.rows import columns_of
from powertrip.store.history import seals
from powertrip.store.proofs.tables import ExpectationChallengeRow, ProofChallengeRow

UNMET = "met_at IS NULL AND ended_at IS NULL"
READY = "met_at IS NOT NULL AND spent_at IS NULL AND ended_at IS NULL"
_SAME = (
    *("nonce", "slack_id", "name", "team_id", "channel", "created_at", "until", "failures", "met_at"),
    *("factor_id", "spent_at", "ended_at", "ended_why"),
)
_EXPECTED: TypeAdapter[Expectation] = TypeAdapter(Expectation)

ChallengeRow = type[ProofChallengeRow] | type[ExpectationChallengeRow]


def table_of(nonce: str) -> ChallengeRow:
    """The table of the attempt with this nonce."""
    return ExpectationChallengeRow if nonce.startswith(NONCES) else ProofChallengeRow


def name_of_table(nonce: str) -> str:
    """The same, as statements name it."""
    return "expectation_challenge" if nonce.startswith(NONCES) else "proof_challenge"


def name_of(nonce: str) -> str:
    """What the history calls an attempt, for whoever knows its nonce can meet it."""
    return hashlib.sha256(nonce.encode()).hexdigest()[:16]


def challenge_from(row: Any) -> Challenge:
    """The attempt of a row at an approval."""
    agent = Agent(**row.agent) if row.agent else None
    about = {"event_id": row.event_id, "revision": row.revision, "via": Via(row.via), "reason": row.reason}
    return Challenge(**_plain(row), **about, agent=agent)


def expectation_challenge_from(row: Any) -> ExpectationChallenge:
    """The attempt of a row at an expectation."""
    expected = _EXPECTED.validate_python(row.expected)
    return ExpectationChallenge(**_plain(row), act=Act(row.act), expected=expected)


def _plain(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SAME} | {"kind": ProofKind(row.kind)}


def attempt_from(row: Any) -> AnyChallenge:
    """The attempt of a row."""
    is_expected = isinstance(row, ExpectationChallengeRow)
    return expectation_challenge_from(row) if is_expected else challenge_from(row)


def columns(attempt: AnyChallenge) -> dict[str, Any]:
    """The columns of a new row."""
    plain = {name: getattr(attempt, name) for name in (*_SAME, "kind")} | {"due_at": None}
    if isinstance(attempt, ExpectationChallenge):
        return plain | {
            "act": attempt.act,
            "expectation_id": attempt.expected.id,
            "seal": seals.of_proven(columns_of(attempt.expected)),
            "expected": _EXPECTED.dump_python(attempt.expected, mode="json"),
        }
    about = {name: getattr(attempt, name) for name in ("event_id", "revision", "via", "reason")}
    return plain | about | {"agent": asdict(attempt.agent) if attempt.agent else None}


def get(nonce: str) -> AnyChallenge | None:
    """The attempt of this nonce, as it is now."""
    found: list[Any] = [*written.rows(table_of(nonce), "nonce = ?", nonce)]
    return attempt_from(found[0]) if found else None


def locked(nonce: str) -> AnyChallenge | None:
    """The same, which nobody else changes until the commit."""
    found: list[Any] = [*written.rows(table_of(nonce), written.locked("nonce = ?"), nonce)]
    return attempt_from(found[0]) if found else None


def line(what: str, attempt: Attempt, now: Any, **detail: Any) -> None:
    """A line of the history about an attempt; `what` is `begun`, `failed`, `met`, `spent` or `ended`."""
    known = {"challenge": name_of(attempt.nonce), "kind": attempt.kind, **detail}
    if isinstance(attempt, ExpectationChallenge):
        expected = attempt.expected
        known |= {
            "expectation": expected.id,
            "act": attempt.act,
            "seal": seals.of_proven(columns_of(expected)),
        }
        audit.append(f"expectation_proof_{what}", now, actor_id=attempt.slack_id, **known)
    elif isinstance(attempt, Challenge):
        known |= {"revision": attempt.revision}
        audit.append(f"proof_{what}", now, event_id=attempt.event_id, actor_id=attempt.slack_id, **known)
