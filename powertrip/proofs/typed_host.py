"""The typed name of the host: no factor, for whoever has Slack can read it; it ends blind approvals."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Attempt, Factor, Met, Shown, typed_name
from powertrip.proofs.kind import Kind


class TypedHost(Kind):
    """The person types what it is about."""

    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:  # noqa: ARG002
        what = "event"
        if isinstance(about, Event):
            what = "host" if about.host_name else "user" if about.user_name else what
        return Shown(
            label=f"Type the name of the {what} to approve this",
            hint="In full, as it stands above.",
            is_proof=False,
        )

    def check(
        self,
        about: Event | Expectation,
        factors: Sequence[Factor],  # noqa: ARG002
        answer: str,
        now: datetime,  # noqa: ARG002
    ) -> Met | None:
        # Host names have no case.
        if not isinstance(about, Event):
            return None
        return Met() if answer.strip().casefold() == typed_name(about).strip().casefold() else None
