"""The number that the terminal of this very login shows, and nothing else does."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain import session_number
from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Attempt, Factor, Met, Shown
from powertrip.proofs.kind import Kind


class SessionNumber(Kind):
    """The person types the number that they see."""

    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:  # noqa: ARG002
        return Shown(
            label="Type the number that your terminal shows",
            hint="The terminal showed it when you logged in; nothing else shows it. Tell it to nobody. You "
            "see no number? Then somebody else may have logged in: go back and press Deny. If you are sure "
            "that it was you, choose another way, where there is one, or ask a reviewer.",
        )

    def check(
        self,
        about: Event | Expectation,
        factors: Sequence[Factor],  # noqa: ARG002
        answer: str,
        now: datetime,  # noqa: ARG002
    ) -> Met | None:
        carried = about.session_number if isinstance(about, Event) else None
        # A source that is gone, or has another secret by now, knows of no number.
        secret = self.secrets.get(session_number.source_of(carried)) if carried else None
        if carried is None or secret is None:
            return None
        is_right = session_number.is_answer(carried, secret.get_secret_value(), answer)
        return Met() if is_right else None
