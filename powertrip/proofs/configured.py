"""All kinds of proof, as a configuration has them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import SecretStr

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.people import Person
from powertrip.domain.proof import Attempt, Factor, Met, ProofKind, Shown
from powertrip.proofs import on_page, session_number, totp, typed_host
from powertrip.proofs.kind import Kind
from powertrip.proofs.oidc import identity_of
from powertrip.proofs.section import ProofsSection

KINDS: dict[ProofKind, type[Kind]] = {
    ProofKind.SESSION_NUMBER: session_number.SessionNumber,
    ProofKind.PASSKEY: on_page.PasskeyOnPage,
    ProofKind.OIDC: on_page.OidcOnPage,
    ProofKind.TOTP: totp.Totp,
    ProofKind.TYPED_HOST: typed_host.TypedHost,
}


class ConfiguredProofs:
    """The kinds as a configuration has them; see `pipeline.ports.Proofs`."""

    def __init__(
        self,
        section: ProofsSection,
        people: Iterable[Person] = (),
        *,
        secrets: Mapping[str, SecretStr] | None = None,
    ) -> None:
        """`secrets` are those of the sources that sign, by the sources' names."""
        self._section = section
        self._people = tuple(people)
        self._secrets = secrets or {}

    @property
    def kinds(self) -> tuple[ProofKind, ...]:
        return self._section.kinds

    @property
    def fresh(self) -> timedelta:
        return self._section.fresh_enrolment

    @property
    def enrol_page(self) -> str | None:
        return f"{self._section.page}/enrol" if self._section.enrolling_provider else None

    def has_identity(self, slack_id: str) -> bool:
        return identity_of(slack_id, self._people) is not None

    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:
        return self._kind(attempt.kind).shown(attempt, about)

    def check(
        self,
        kind: ProofKind,
        about: Event | Expectation,
        factors: Sequence[Factor],
        answer: str,
        now: datetime,
    ) -> Met | None:
        return self._kind(kind).check(about, factors, answer, now)

    def _kind(self, kind: ProofKind) -> Kind:
        return KINDS[kind](self._section, self._secrets)
