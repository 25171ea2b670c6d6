"""OIDC step-up: the person signs in at the company's identity provider once more, freshly, on the page.

Settings and who is who; the way through the provider is in `sign_in.py`, its token's checks in `id_token.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from yarl import URL

from powertrip.config.https import LOOPBACK
from powertrip.config.read import Problem
from powertrip.config.section import Section
from powertrip.config.values import Duration, Identity, Secret, Written, matching, parse_duration
from powertrip.domain.people import Person
from powertrip.errors import NotProven
from powertrip.net import Bounds


def is_secure(address: str) -> bool:
    """Whether what is said there can be believed: https, or http on this machine alone."""
    try:
        url = URL(address)
    except ValueError:
        return False
    is_here = url.scheme == "http" and url.host in LOOPBACK
    return bool(url.host) and url.user is None and (url.scheme == "https" or is_here)


def _check_issuer(value: str) -> str:
    if not is_secure(value) or URL(value).query_string or URL(value).fragment:
        raise ValueError(
            "must be the https address that the provider calls its issuer, such as "
            "https://login.example.com; http is taken on this machine alone"
        )
    return value


def _read_max_age(value: object) -> timedelta:
    return timedelta(0) if str(value) in ("0", "0s") else parse_duration(value)


Issuer = Annotated[str, AfterValidator(_check_issuer), Written("an https address")]
MaxAge = Annotated[
    timedelta,
    BeforeValidator(_read_max_age),
    Field(le=timedelta(hours=1)),
    Written("`0s`, or a duration up to `1h`"),
]
ClaimName = Annotated[
    str, matching(r"[A-Za-z][A-Za-z0-9_:./-]{0,100}", "a claim of the ID token, such as email, sub or oid")
]


class OidcSection(Section):
    """The identity provider where people sign in once more to prove an approval."""

    issuer: Issuer
    """What the provider calls itself, letter by letter; its discovery document is looked up below it."""
    client_id: Identity
    """The provider's application for Powertrip; its redirect address is `PAGE/proof/signed-in`."""
    client_secret: Secret | None = None
    """The application's secret; without it Powertrip is a public client, which PKCE protects."""
    claim: ClaimName = "email"
    """The claim that says who signed in: `email`, which counts only where the provider has verified it, or
    one that nobody can write into a profile, as `sub` or Entra's `oid`, which `people.NAME.oidc` holds."""
    acr_values: tuple[str, ...] = ()
    """The ways of signing in that are asked for, in the provider's words, such as `phr` or `mfa`; the token
    must name one of them. Empty leaves it to the provider."""
    max_age: MaxAge = timedelta(0)
    """How old a sign-in the provider may take for fresh. Whatever it is, only one counts that came after the
    person had set out from the page; some providers ask for ever at `0s`, and need `1m`."""
    scopes: tuple[str, ...] = ("openid", "email")
    """What is asked for; `openid` is always."""
    enrols: bool = False
    """Whether a fresh sign-in there begins an enrolment, of a passkey or an authenticator app, beside
    `bot.py enrol`. The provider then needs `PAGE/enrol/signed-in` as a further redirect address. Off by
    itself, for the sign-in and a reviewer's word are then all that what is enrolled rests on."""
    timeout: Duration = timedelta(seconds=10)
    """How long the provider may take for each answer."""

    @property
    def bounds(self) -> Bounds:
        return Bounds(seconds=self.timeout.total_seconds(), size=256 << 10)

    def check_identity(self, claims: Mapping[str, Any], wanted: str | None) -> None:
        """Raises NotProven where a verified token is not of the person with this identity."""
        if wanted is None or not self._is_identity(claims, wanted):
            raise NotProven("the sign-in was somebody else's")

    def person_of(self, claims: Mapping[str, Any], people: Iterable[Person]) -> Person | None:
        """Whose identity a verified token names: the one person with it beside `slack`, or nobody."""
        listed = tuple(people)
        found = [
            person
            for person in listed
            if person.slack
            and person.oidc
            and person.oidc == identity_of(person.slack, listed)
            and self._is_identity(claims, person.oidc)
        ]
        return found[0] if len(found) == 1 else None

    def _is_identity(self, claims: Mapping[str, Any], wanted: str) -> bool:
        said = claims.get(self.claim)
        if not isinstance(said, str) or not said:
            return False
        if self.claim != "email":
            return said == wanted
        # People may write what they like into their own profile: only a verified address counts.
        if claims.get("email_verified") is not True:
            return False
        return said == wanted or _lower(said) == _lower(wanted)


def identity_of(slack_id: str, people: Iterable[Person]) -> str | None:
    """Who this member is at the provider; None: they cannot prove anything by signing in.

    Only the configuration ties the two: who has somebody's Slack account may change the address in it.
    """
    found = {person.oidc for person in people if person.slack == slack_id and person.oidc}
    return found.pop() if len(found) == 1 else None


def mistakes_in_identities(people: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Problem]:
    """Identities that would prove nothing, or the approvals of two people."""
    seen: dict[str, str] = {}
    for name, person in people:
        identity = person.get("oidc")
        if not isinstance(identity, str):
            continue
        if not person.get("slack"):
            problem = "counts only beside slack: the member id ties the two, not the address in Slack"
            yield ("people", name, "oidc"), problem
        first = seen.setdefault(_lower(identity), name)
        if first != name:
            yield ("people", name, "oidc"), f"is {first}'s too, who could prove what {name} approves"


def _lower(address: str) -> str:
    # Only A to Z: beyond ASCII, characters of other people's addresses fold into these (K, U+212A).
    return "".join(c.lower() if c.isascii() else c for c in address)
