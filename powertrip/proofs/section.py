"""The settings of all kinds of proof."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr
from yarl import URL

from powertrip.config.read import Problem, tables
from powertrip.config.section import Section
from powertrip.config.values import AT_START, Duration, Environment, Written, as_list
from powertrip.domain.address import is_address
from powertrip.domain.policy import Policy
from powertrip.domain.proof import ANY, ENROLLED, FACTORS, ProofKind
from powertrip.proofs.oidc import OidcSection, is_secure, mistakes_in_identities

MAKE_ONE = "make one with: openssl rand -base64 32"


def keys_in(text: str) -> list[bytes]:
    """The keys of a setting, the newest first; raises ValueError, which never quotes one."""
    found = []
    for part in text.replace(",", " ").split():
        try:
            key = base64.b64decode(part.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise ValueError(f"is not 32 bytes in base64; {MAKE_ONE}")
        found.append(key)
    if not found:
        raise ValueError(f"is empty; {MAKE_ONE}")
    return found


def _check_key(value: SecretStr) -> SecretStr:
    keys_in(value.get_secret_value())
    return value


Key = Annotated[
    SecretStr,
    AfterValidator(_check_key),
    Written("32 bytes in base64, kept secret; several with blanks between them, the newest first"),
]


def _check_page(value: str) -> str:
    address = value.rstrip("/")
    if not is_secure(address) or str(URL(address).origin()) != address or is_address(URL(address).host or ""):
        raise ValueError(
            "must be https:// and a name, without a path, such as https://powertrip.internal; passkeys "
            "work nowhere else, except at http://localhost, to try them"
        )
    return address


Page = Annotated[str, AfterValidator(_check_page), Written("https:// and a name, without a path")]


class ProofsSection(Section):
    """Proof that Slack cannot give: what people may prove an approval with, where a policy demands it."""

    kinds: Annotated[
        tuple[ProofKind, ...],
        BeforeValidator(as_list),
        Written("`session_number`, `passkey`, `oidc`, `totp`, or a list of them"),
    ] = (ProofKind.SESSION_NUMBER,)
    """What counts where a policy demands `proof`. `typed_host` proves nothing, so it is no such kind."""
    key: Annotated[Key | None, Environment("POWERTRIP_PROOFS_KEY", overrides=True)] = None
    """What encrypts the secrets that people enrol; needed for `totp`,
    `passkey` and `oidc`."""
    page: Annotated[Page | None, AT_START] = None
    """Where people's browsers reach this process, as `https://powertrip.internal`: needed for `passkey` and
    `oidc`. A passkey belongs to this name, and is of no use under another."""
    oidc: OidcSection | None = None
    """The identity provider, for `oidc`."""
    fresh_enrolment: Duration = timedelta(hours=24)
    """How long after it was confirmed what somebody enrolled does not count for events of high and
    critical severity."""

    @property
    def enrolling_provider(self) -> OidcSection | None:
        """Where a sign-in begins an enrolment; None where none does."""
        is_ready = self.page and self.key and not ENROLLED.isdisjoint(self.kinds)
        return self.oidc if self.oidc and self.oidc.enrols and is_ready else None


def mistakes_in_proofs(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Mistakes that take two settings to make."""
    yield from mistakes_in_identities(tables(data, "people"))
    section = data.get("proofs") or {}
    if not isinstance(section, Mapping):
        return
    kinds = as_list(section.get("kinds", [ProofKind.SESSION_NUMBER]))
    if not isinstance(kinds, list):
        return
    if ProofKind.OIDC in kinds and not section.get("oidc"):
        yield ("proofs", "oidc"), "is needed for oidc among proofs.kinds; name issuer and client_id"
    oidc = section.get("oidc")
    enrols = isinstance(oidc, Mapping) and oidc.get("enrols") is True
    if enrols and ENROLLED.isdisjoint(kinds):
        problem = "has nothing to enrol: add passkey or totp to proofs.kinds, or take this away"
        yield ("proofs", "oidc", "enrols"), problem
    on_page = [kind for kind in kinds if kind in (ProofKind.PASSKEY, ProofKind.OIDC)]
    on_page += ["proofs.oidc.enrols"] if enrols else []
    if on_page and not section.get("page"):
        problem = (
            f"is needed for {' and '.join(on_page)}: where browsers reach this, as https://powertrip.internal"
        )
        yield ("proofs", "page"), problem
    sealed = [kind for kind in kinds if kind in FACTORS]
    if sealed and not section.get("key"):
        problem = f"is needed for {' and '.join(sealed)}: set POWERTRIP_PROOFS_KEY; {MAKE_ONE}"
        yield ("proofs", "key"), problem
    if ProofKind.TYPED_HOST in kinds:
        yield ("proofs", "kinds"), "typed_host proves nothing; a policy demands it by its name"
    yield from _mistakes_in_expectations(data, kinds)
    policies = data.get("policy")
    for number, policy in enumerate(policies if isinstance(policies, list) else []):
        required = as_list(policy.get("require")) if isinstance(policy, Mapping) else None
        for kind in required if isinstance(required, list) else []:
            if kind in FACTORS and kind not in kinds:
                problem = f"{kind} is not among proofs.kinds, so that nobody could ever approve; add it there"
                yield ("policy", number, "require"), problem


def _mistakes_in_expectations(data: Mapping[str, Any], kinds: list[Any]) -> Iterator[Problem]:
    section = data.get("expectations")
    required = as_list(section.get("require")) if isinstance(section, Mapping) else None
    for word in required if isinstance(required, list) else []:
        if word in FACTORS and word not in kinds:
            problem = f"{word} is not among proofs.kinds, so that nobody could ever prove it; add it there"
            yield ("expectations", "require"), problem
        if word == ANY and not any(kind in FACTORS for kind in kinds):
            problem = (
                "proof: of proofs.kinds none can prove an expectation, which is of no one login; add totp, "
                "passkey or oidc there"
            )
            yield ("expectations", "require"), problem


def doubts_in_proofs(section: ProofsSection, policies: Sequence[Policy]) -> Iterator[Problem]:
    """What works and is probably not meant."""
    if any(kind in section.kinds for kind in FACTORS):
        return
    what = "only session_number counts, which no event has but a login that showed one; all others"
    if not section.kinds:
        what = "none is named, so that what takes one"
    for number, policy in enumerate(policies):
        if "proof" in policy.require:
            problem = f"proof: of proofs.kinds {what} can only be denied. Add totp, passkey or oidc there"
            yield ("policy", number, "require"), problem
