"""What people enrolled to prove approvals with."""

from datetime import datetime
from typing import Any

from powertrip.domain.proof import Attempt, Factor, Met, ProofKind
from powertrip.domain.proof_limits import FACTOR_LOCK, FACTOR_TRIES, FACTOR_WINDOW
from powertrip.store import audit, written
from powertrip.store.proofs.tables import ProofFactorRow


def factor_from(row: Any) -> Factor:
    """The factor of a row that is confirmed."""
    return Factor(
        id=row.id,
        kind=ProofKind(row.kind),
        secret=row.secret,
        credential_id=row.credential_id,
        confirmed_at=row.confirmed_at,
        last_step=row.last_step,
        locked_until=row.locked_until,
    )


def standing(slack_id: str) -> tuple[Factor, ...]:
    """The factors of a member that count: confirmed, and not ended."""
    theirs = "slack_id = ? AND confirmed_at IS NOT NULL AND ended_at IS NULL ORDER BY enrolled_at, id"
    return tuple(map(factor_from, written.rows(ProofFactorRow, theirs, slack_id)))


def count_failure(attempt: Attempt, now: datetime) -> bool:
    """Count it for what the person enrolled of this kind; returns whether that is locked by this one."""
    is_locked = False
    theirs = "slack_id = ? AND kind = ? AND confirmed_at IS NOT NULL AND ended_at IS NULL ORDER BY id"
    condition = written.locked(theirs)
    for row in written.rows(ProofFactorRow, condition, attempt.slack_id, attempt.kind):
        is_new = row.failed_since is None or row.failed_since <= now - FACTOR_WINDOW
        since, failures = (now, 1) if is_new else (row.failed_since, row.failures + 1)
        lock = row.locked_until
        if failures >= FACTOR_TRIES:
            is_locked, lock = True, now + FACTOR_LOCK
            since, failures = None, 0
            audit.append("factor_locked", now, actor_id=row.slack_id, factor=row.id, until=lock.isoformat())
        written.run(
            "UPDATE proof_factor SET failures = ?, failed_since = ?, locked_until = ? WHERE id = ?",
            *(failures, since, lock, row.id),
        )
    return is_locked


def use(attempt: Attempt, answer: Met, now: datetime) -> bool:
    """Whether the factor counts, and its step was not used: it is from now on."""
    counts = (
        "id = ? AND slack_id = ? AND kind = ? AND confirmed_at IS NOT NULL AND ended_at IS NULL "
        "AND (locked_until IS NULL OR locked_until <= ?) AND last_step < ?"
    )
    used = written.run(
        f"UPDATE proof_factor SET last_step = ?, used_at = ?, failures = 0, failed_since = NULL WHERE {counts}",  # noqa: S608, E501 (ours)
        *(answer.step, now, answer.factor_id, attempt.slack_id, attempt.kind, now, answer.step),
    )
    return bool(used.rowcount == 1)
