"""All kinds of proof, as a configuration has them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from powertrip.domain.event import Event
from powertrip.domain.proof import Challenge, Factor, Met, ProofKind, Shown
from powertrip.proofs import session_number, totp, typed_host
from powertrip.proofs.kind import Kind
from powertrip.proofs.section import ProofsSection

KINDS: dict[ProofKind, type[Kind]] = {
    ProofKind.SESSION_NUMBER: session_number.SessionNumber,
    ProofKind.TOTP: totp.Totp,
    ProofKind.TYPED_HOST: typed_host.TypedHost,
}


class ConfiguredProofs:
    """The kinds as a configuration has them; see `pipeline.ports.Proofs`."""

    def __init__(self, section: ProofsSection) -> None:
        self._section = section

    @property
    def kinds(self) -> tuple[ProofKind, ...]:
        return self._section.kinds

    @property
    def fresh(self) -> timedelta:
        return self._section.fresh_enrolment

    def shown(self, challenge: Challenge, event: Event) -> Shown:
        return KINDS[challenge.kind](self._section).shown(challenge, event)

    def check(
        self, challenge: Challenge, event: Event, factors: Sequence[Factor], answer: str, now: datetime
    ) -> Met | None:
        return KINDS[challenge.kind](self._section).check(event, factors, answer, now)
