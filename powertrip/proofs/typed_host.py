"""The typed name of the host: no factor, for whoever has Slack can read it; it ends blind approvals."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.event import Event
from powertrip.domain.proof import Challenge, Factor, Met, Shown, typed_name
from powertrip.proofs.kind import Kind


class TypedHost(Kind):
    """The person types what it is about."""

    def shown(self, challenge: Challenge, event: Event) -> Shown:  # noqa: ARG002
        what = "host" if event.host_name else "user" if event.user_name else "event"
        return Shown(
            label=f"Type the name of the {what} to approve this",
            hint="In full, as it stands above.",
            is_proof=False,
        )

    def check(
        self,
        event: Event,
        factors: Sequence[Factor],  # noqa: ARG002
        answer: str,
        now: datetime,  # noqa: ARG002
    ) -> Met | None:
        # Host names have no case.
        return Met() if answer.strip().casefold() == typed_name(event).strip().casefold() else None
