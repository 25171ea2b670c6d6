"""What people enrolled to prove approvals with."""

from typing import Any

from powertrip.domain.proof import Factor, ProofKind
from powertrip.store import written
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
