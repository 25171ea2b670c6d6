"""Makes a passkey after a fresh sign-in at the identity provider. It counts once a reviewer has confirmed it.

Only the browser that set out can come back, and only the one that came back can make the passkey: a cookie
that no script reads says so at both steps. So nobody's sign-in enrols another's device.
"""

import json
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from webauthn.helpers import base64url_to_bytes

from powertrip.cards.text import show
from powertrip.domain.enrolment import Began
from powertrip.domain.people import Person
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotProven, OutsideError, Unavailable
from powertrip.net import Clock
from powertrip.page import cookies, enrolling, pages
from powertrip.page.app_routes import APP
from powertrip.page.at_provider import AtProvider
from powertrip.page.gate import BODY, Gate, sent
from powertrip.page.keeping import MAY_MAKE, TOO_MANY, Claimed, Keeper, refused
from powertrip.page.look import guarded
from powertrip.proofs import passkey
from powertrip.proofs.oidc import OidcSection
from powertrip.proofs.sealing import Sealer
from powertrip.proofs.section import ProofsSection
from powertrip.proofs.sign_in import ENROLS, Attempt
from powertrip.store import Store

log = structlog.get_logger(__name__)

SET_OUT, SIGNED_IN, MAKE = "/enrol/sign-in", "/enrol/signed-in", "/enrol/make"
SETS_OUT = "__Host-powertrip-enrol"
"""The cookie of who is on the way to the provider."""
MOST_ASKED, ASKED_WITHIN = 60, timedelta(minutes=1)
"""How often the provider is asked for strangers at most, or it would turn away also those who prove."""


@dataclass(slots=True, kw_only=True)
class SignInPage:
    """Takes sign-ins and passkeys. All that is configured is read at each request."""

    store: Store
    section: Callable[[], ProofsSection]
    people: Callable[[], Iterable[Person]]
    clock: Clock
    keeper: Keeper
    provider: AtProvider
    gate: Gate
    _asked: deque[datetime] = field(default_factory=lambda: deque(maxlen=MOST_ASKED), init=False)

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post(SET_OUT, self.gate.guarded(self.set_out))
        app.router.add_get(SIGNED_IN, self.gate.guarded(self.signed_in), allow_head=False)
        app.router.add_get(MAKE, self.gate.guarded(self.offer), allow_head=False)
        app.router.add_post(MAKE, self.gate.guarded(self.make))

    async def set_out(self, _request: web.Request) -> web.Response:
        """Off to the identity provider."""
        section = self.section()
        oidc = section.enrolling_provider
        if oidc is None:
            return enrolling.not_offered()
        attempt = Attempt.begin(secrets.token_hex(6), self.clock())
        try:
            self._count()
            with self.provider.waiting(oidc) as provider:
                address = await provider.address(attempt, self._redirect_uri())
        except OutsideError as error:
            return _unreachable(error)
        response = pages.going_to(oidc.issuer, address)
        cookies.keep(response, SETS_OUT, attempt.sealed(Sealer.of(section), ENROLS))
        return response

    async def signed_in(self, request: web.Request) -> web.Response:
        """Back from the identity provider."""
        section, now = self.section(), self.clock()
        oidc = section.enrolling_provider
        if oidc is None:
            return enrolling.not_offered()
        sealer = Sealer.of(section)
        attempt = Attempt.opened(request.cookies.get(SETS_OUT, ""), sealer, now, ENROLS)
        if attempt is None:
            return enrolling.lost()
        try:
            person = await self._person(oidc, attempt, request)
        except NotProven as error:
            log.warning("a sign-in enrols nothing", why=str(error), remote=request.remote)
            response = enrolling.failed(str(error))
            if error.counts:
                cookies.drop(response, SETS_OUT)
            return response
        except OutsideError as error:
            return _unreachable(error)
        if person is None:
            response = enrolling.nobody()
        else:
            # To an address without the provider's answer in it.
            response = guarded(web.Response(status=303, headers={"Location": MAKE}))
            claimed = Claimed.begin(person.name, attempt.challenge, now)
            cookies.keep(response, MAY_MAKE, claimed.sealed(sealer, Began.SIGN_IN))
        cookies.drop(response, SETS_OUT)
        return response

    async def _person(self, oidc: OidcSection, attempt: Attempt, request: web.Request) -> Person | None:
        """Whose sign-in it was; raises NotProven, or OutsideError."""
        self._count()
        with self.provider.waiting(oidc) as provider:
            claims = await provider.claims(attempt, dict(request.query), self._redirect_uri())
        person = oidc.person_of(claims, self.people())
        if person is None:
            identity = show(str(claims.get(oidc.claim)), 80)
            log.warning(
                "somebody without an entry signed in to enrol", identity=identity, remote=request.remote
            )
        return person

    async def offer(self, request: web.Request) -> web.Response:
        """The button that makes the passkey, or what became of it."""
        try:
            claimed = self.keeper.signed_in(request)
        except NotProven:
            return enrolling.lost()
        kept = await self.store.proofs.find(claimed.factor_id)
        if kept:
            return enrolling.made(claimed.factor_id, kept.kind)
        if await self.keeper.has_too_many(claimed):
            return enrolling.failed(TOO_MANY, status=409)
        kinds = self.section().kinds
        if ProofKind.PASSKEY not in kinds:
            return guarded(web.Response(status=303, headers={"Location": APP}))
        known = [base64url_to_bytes(each) for each in await self._passkeys(claimed.person)]
        options = passkey.options_to_make(self.keeper.place, claimed.challenge, claimed.person, known=known)
        app = APP if ProofKind.TOTP in kinds else ""
        return enrolling.make(claimed.person, json.dumps(options), to=MAKE, app=app)

    async def make(self, request: web.Request) -> web.Response:
        """The browser made one."""
        try:
            claimed = self.keeper.signed_in(request)
            if await self.keeper.has_too_many(claimed):
                return refused(NotProven(TOO_MANY))
            return await self.keeper.passkey(sent(request[BODY])[0], claimed, Began.SIGN_IN, then=MAKE)
        except NotProven as error:
            return refused(error)

    async def _passkeys(self, name: str) -> list[str]:
        """The ids of the passkeys of theirs that count."""
        member = next((each.slack for each in self.people() if each.name == name), None)
        standing = await self.store.proofs.standing(member) if member else ()
        return [
            each.credential_id for each in standing if each.kind is ProofKind.PASSKEY and each.credential_id
        ]

    def _count(self) -> None:
        """Count one question to the provider; raises Unavailable."""
        now = self.clock()
        if len(self._asked) == MOST_ASKED and now - self._asked[0] < ASKED_WITHIN:
            raise Unavailable("proofs.oidc: asked too often for people who want to enrol")
        self._asked.append(now)

    def _redirect_uri(self) -> str:
        return f"{self.section().page}{SIGNED_IN}"


def _unreachable(error: OutsideError) -> web.Response:
    log.error("nobody can enrol by a sign-in just now", error=str(error))
    return enrolling.failed(pages.NO_PROVIDER, status=503)
