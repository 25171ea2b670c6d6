"""Wrong answers to the numbers of logins."""

from datetime import datetime

from powertrip.domain.proof import ProofKind
from powertrip.domain.proof_limits import NUMBERS_WINDOW, NUMBERS_WRONG, TRIES
from powertrip.store import written


def failures(event_id: str, slack_id: str, now: datetime) -> int:
    """Wrong answers of this person to the number of this event, in all challenges; see `Proving`."""
    counted = "SELECT COALESCE(SUM(failures), 0) FROM proof_challenge WHERE slack_id = ? AND kind = ? AND "
    who = (slack_id, ProofKind.SESSION_NUMBER)
    (of_event,) = written.run(counted + "event_id = ?", *who, event_id).fetchone()
    (lately,) = written.run(counted + "created_at > ?", *who, now - NUMBERS_WINDOW).fetchone()
    return max(int(of_event), TRIES) if lately >= NUMBERS_WRONG else int(of_event)
