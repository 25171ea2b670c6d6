"""The kinds that are proven on the page: Slack shows a button that opens it."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Attempt, Factor, Met, Shown
from powertrip.proofs.kind import Kind
from powertrip.proofs.link import link_of

_HINT = (
    "The page shows what you {what}; compare it with this. It opens from here only: whoever sends you its "
    "address wants your yes."
)


class OnPage(Kind):
    """The person opens the page, which marks the challenge met; the worker's sweep decides."""

    label = ""

    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:
        address = f"{self.section.page}{link_of(attempt.nonce, self.section)}"
        what = "approve" if isinstance(about, Event) else "announce or confirm"
        return Shown(label=self.label, hint=_HINT.format(what=what), address=address)

    def check(
        self,
        about: Event | Expectation,  # noqa: ARG002
        factors: Sequence[Factor],  # noqa: ARG002
        answer: str,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> Met | None:
        # Nothing that is typed into Slack proves it.
        return None


class PasskeyOnPage(OnPage):
    """With a passkey."""

    label = "Open the page, use your passkey"


class OidcOnPage(OnPage):
    """By signing in at the identity provider."""

    label = "Open the page and sign in"
