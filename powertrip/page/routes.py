"""The page's routes. They mark a challenge met, or keep a new passkey; the decision is the worker's.

Anybody on the network may come here, with any link that was ever sent: a nonce proves nothing by itself.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files

import structlog
from aiohttp import web

from powertrip.domain import proof
from powertrip.domain.event import Event
from powertrip.domain.expectation_proof import AnyChallenge, ExpectationChallenge
from powertrip.domain.expectations import Expectation
from powertrip.domain.people import Person
from powertrip.domain.proof import Challenge, Factor, Met, ProofKind, Proving
from powertrip.errors import NotProven, OutsideError, UnknownEvent
from powertrip.net import Clock
from powertrip.page import cookies, pages
from powertrip.page.at_provider import AtProvider
from powertrip.page.gate import BODY, Gate, json_answer, sent
from powertrip.page.look import SCRIPT, guarded
from powertrip.page.matters import Matter, of_approval, of_expectation
from powertrip.proofs import passkey
from powertrip.proofs.link import link_of, nonce_in
from powertrip.proofs.oidc import identity_of
from powertrip.proofs.passkey import Copied, Passkey, Place
from powertrip.proofs.sealing import Sealer, Unreadable
from powertrip.proofs.section import ProofsSection
from powertrip.proofs.sign_in import Attempt
from powertrip.store import Store

log = structlog.get_logger(__name__)

About = Event | Expectation
SIGNED_IN = "/proof/signed-in"
COOKIE = "__Host-powertrip-sign-in"
OVER = "the question is not open any more"


@dataclass(slots=True, kw_only=True)
class ProofPage:
    """Answers browsers. All that is configured is read at each request, so that a reload takes effect."""

    store: Store
    section: Callable[[], ProofsSection]
    people: Callable[[], Iterable[Person]]
    provider: AtProvider
    clock: Clock
    wake: Callable[[], None]
    """Wakes the worker, where it lives in this process."""
    gate: Gate

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        router = app.router
        router.add_get(SCRIPT, self.gate.guarded(self.script), allow_head=False)
        router.add_get(SIGNED_IN, self.gate.guarded(self.signed_in), allow_head=False)
        router.add_get("/proof/{link}", self.gate.guarded(self.show), allow_head=False)
        router.add_post("/proof/{link}/sign-in", self.gate.guarded(self.sign_in))
        router.add_post("/proof/{link}/passkey", self.gate.guarded(self.passkey))

    async def script(self, _request: web.Request) -> web.Response:
        """What talks to the browser's passkeys."""
        text = files("powertrip.page").joinpath("passkey.js").read_text(encoding="utf-8")
        return guarded(web.Response(text=text, content_type="text/javascript"))

    async def show(self, request: web.Request) -> web.Response:
        """The question, or what became of it."""
        found = await self._find(self._nonce(request))
        if found is None:
            return pages.nothing_here()
        challenge, about = found
        matter = _matter(challenge, about)
        if challenge.spent_at:
            return pages.taken(matter)
        if challenge.met_at:
            if challenge.ended_at:
                return pages.not_taken(matter, matter.why_not or "Slack tells you why.")
            return pages.proven(self._link(challenge), matter)
        if matter.why_not:
            return pages.not_taken(matter, matter.why_not)
        return await self._question(challenge, about, matter)

    async def _question(self, challenge: AnyChallenge, about: About, matter: Matter) -> web.Response:
        section, link = self.section(), self._link(challenge)
        if challenge.kind is ProofKind.OIDC:
            if section.oidc is None or identity_of(challenge.slack_id, self.people()) is None:
                return pages.not_taken(matter, f"{pages.NO_IDENTITY} {matter.another}.")
            return pages.question(challenge, matter, pages.sign_in_control(link, section.oidc.issuer))
        mine = await self._passkeys(challenge, about)
        if not mine:
            return pages.not_taken(matter, f"{pages.NO_PASSKEY} {matter.another}.")
        options = passkey.options_to_sign(self._place(), _bytes_of(challenge), [key for _, key in mine])
        return pages.question(challenge, matter, pages.passkey_control(link, json.dumps(options)))

    async def sign_in(self, request: web.Request) -> web.Response:
        """Set out for the identity provider."""
        found = await self._open(self._nonce(request), ProofKind.OIDC)
        section = self.section()
        if found is None or section.oidc is None:
            return pages.nothing_here()
        attempt = Attempt.begin(found[0].nonce, self.clock())
        try:
            with self.provider.waiting(section.oidc) as provider:
                address = await provider.address(attempt, self._redirect_uri())
        except OutsideError as error:
            return self._unreachable(*found, error)
        response = pages.going_to(section.oidc.issuer, address)
        cookies.keep(response, COOKIE, attempt.sealed(Sealer.of(section)))
        return response

    async def signed_in(self, request: web.Request) -> web.Response:
        """Back from the identity provider."""
        section, now = self.section(), self.clock()
        if section.oidc is None or section.key is None:
            return pages.lost()
        attempt = Attempt.opened(request.cookies.get(COOKIE, ""), Sealer.of(section), now)
        if attempt is None:
            return pages.lost()
        found = await self._open(attempt.challenge, ProofKind.OIDC)
        if found is None:
            return pages.nothing_here()
        challenge, about = found
        wanted = identity_of(challenge.slack_id, self.people())
        try:
            with self.provider.waiting(section.oidc) as provider:
                claims = await provider.claims(attempt, dict(request.query), self._redirect_uri())
            section.oidc.check_identity(claims, wanted)
            await self._met(challenge, Met())
        except NotProven as error:
            await self._failed(challenge, error)
            return pages.failed(self._link(challenge), str(error), _matter(challenge, about))
        except OutsideError as error:
            return self._unreachable(challenge, about, error)
        # To an address without the provider's answer in it.
        response = web.Response(status=303, headers={"Location": self._link(challenge)})
        cookies.drop(response, COOKIE)
        return guarded(response)

    async def passkey(self, request: web.Request) -> web.Response:
        """What the browser's passkey signed."""
        found = await self._open(self._nonce(request), ProofKind.PASSKEY)
        if found is None:
            return json_answer({"error": f"{OVER[0].upper()}{OVER[1:]}. Load this page again."}, 409)
        challenge, about = found
        mine = await self._passkeys(challenge, about)
        try:
            signed = passkey.signed(
                sent(request[BODY])[0],
                place=self._place(),
                challenge=_bytes_of(challenge),
                passkeys=[key for _, key in mine],
            )
            factor = next(factor for factor, key in mine if key.credential_id == signed.credential_id)
            step = passkey.step_of(signed, factor, self.clock())
            await self._met(challenge, Met(factor_id=factor.id, step=step))
        except NotProven as error:
            await self._failed(challenge, error)
            done = _matter(challenge, about).done
            return json_answer({"error": f"That proved nothing: {error}. Nothing was {done}."}, 403)
        return json_answer({"next": self._link(challenge)})

    async def _find(self, nonce: str | None) -> tuple[AnyChallenge, About] | None:
        """A challenge of the page that can be met or has been, and what it is about, as that is now."""
        # What was never given out does not reach the database, or a stranger could keep everybody from it.
        if nonce is None:
            return None
        challenge = await self.store.proofs.attempt(nonce)
        if challenge is None or challenge.kind not in (ProofKind.OIDC, ProofKind.PASSKEY):
            return None
        # Whoever finds the address later on, in a browser's history or a proxy's log, reads nothing.
        if self.clock() >= challenge.until or (challenge.met_at is None and challenge.ended_at):
            return None
        if isinstance(challenge, ExpectationChallenge):
            # What is announced is kept nowhere else before it is proven.
            kept = await self.store.expected_work.get(challenge.expected.id)
            return challenge, kept or challenge.expected
        try:
            return challenge, await self.store.events.get(challenge.event_id)
        except UnknownEvent:
            return None

    async def _open(self, nonce: str | None, kind: ProofKind) -> tuple[AnyChallenge, About] | None:
        """One of this kind of which something can still come."""
        found = await self._find(nonce)
        if found is None or found[0].kind is not kind or not found[0].is_open(self.clock()):
            return None
        return None if _matter(*found).why_not else found

    async def _met(self, challenge: AnyChallenge, met: Met) -> None:
        now = self.clock()
        if await self.store.proofs.met(challenge.nonce, met, now, now) is None:
            raise NotProven(OVER, counts=False)
        about, who = _id_of(challenge), challenge.slack_id
        log.info("something was proven on the page", about=about, actor=who, kind=challenge.kind)
        self.wake()

    async def _failed(self, challenge: AnyChallenge, error: NotProven) -> None:
        log.warning(
            "something could not be proven on the page",
            about=_id_of(challenge),
            actor=challenge.slack_id,
            kind=challenge.kind,
            why=str(error),
        )
        if error.counts:
            is_copy = isinstance(error, Copied)
            await self.store.proofs.failed(challenge.nonce, self.clock(), is_copy=is_copy)
            self.wake()

    async def _passkeys(self, challenge: AnyChallenge, about: About) -> list[tuple[Factor, Passkey]]:
        """Those that count for this now."""
        section = self.section()
        standing = await self.store.proofs.standing(challenge.slack_id)
        known = Proving(factors=standing, fresh=section.fresh_enrolment)
        found = []
        for factor in proof.counting(ProofKind.PASSKEY, about, known, self.clock()):
            try:
                secret = Sealer.of(section).open(factor.secret, factor.id)
            except Unreadable as error:
                log.error("a passkey cannot be read", factor=factor.id, error=str(error))
                continue
            found.append((factor, passkey.of_factor(factor, secret)))
        return found

    def _unreachable(self, challenge: AnyChallenge, about: About, error: OutsideError) -> web.Response:
        log.error("the identity provider is of no use", error=str(error))
        matter = _matter(challenge, about)
        return pages.failed(self._link(challenge), pages.NO_PROVIDER, matter, status=503)

    def _nonce(self, request: web.Request) -> str | None:
        return nonce_in(request.match_info["link"], self.section())

    def _link(self, challenge: AnyChallenge) -> str:
        return link_of(challenge.nonce, self.section())

    def _place(self) -> Place:
        return Place(self.section().page or "")

    def _redirect_uri(self) -> str:
        return f"{self.section().page}{SIGNED_IN}"


def _matter(challenge: AnyChallenge, about: About) -> Matter:
    if isinstance(challenge, Challenge) and isinstance(about, Event):
        return of_approval(challenge, about)
    assert isinstance(challenge, ExpectationChallenge)  # noqa: S101 (they were found together)
    assert isinstance(about, Expectation)  # noqa: S101
    return of_expectation(challenge, about)


def _id_of(challenge: AnyChallenge) -> str:
    return challenge.event_id if isinstance(challenge, Challenge) else challenge.expected.id


def _bytes_of(challenge: AnyChallenge) -> bytes:
    if isinstance(challenge, Challenge):
        return passkey.challenge_of(challenge.nonce, challenge.event_id, challenge.revision)
    return passkey.challenge_of_expectation(challenge.nonce, challenge.act, challenge.expected.id)
