"""The number that the terminal of this very login shows, and nothing else does."""

import hmac
from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.event import Event
from powertrip.domain.proof import Challenge, Factor, Met, Shown
from powertrip.proofs.kind import Kind


class SessionNumber(Kind):
    """The person types the number that they see."""

    def shown(self, challenge: Challenge, event: Event) -> Shown:  # noqa: ARG002
        return Shown(
            label="Type the number that your terminal shows",
            hint="It stood there when you logged in. No number in sight? Then it may not be you: deny it.",
        )

    def check(
        self,
        event: Event,
        factors: Sequence[Factor],  # noqa: ARG002
        answer: str,
        now: datetime,  # noqa: ARG002
    ) -> Met | None:
        wanted = event.session_number
        typed = answer.strip()
        is_same = wanted is not None and hmac.compare_digest(typed.encode(), wanted.encode())
        return Met() if is_same else None
