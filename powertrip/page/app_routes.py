"""Enrols an authenticator app after a fresh sign-in at the identity provider, where that came back to."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from powertrip.domain.proof import ProofKind
from powertrip.errors import NotProven
from powertrip.page import enrolling
from powertrip.page.gate import BODY, Gate, field_of
from powertrip.page.keeping import TOO_MANY, Claimed, Keeper
from powertrip.page.look import guarded
from powertrip.proofs import totp
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store

APP = "/enrol/app"


@dataclass(slots=True, kw_only=True)
class AppPage:
    """Shows the secret and takes six digits. Wrong ones cost nothing: who sees the page sees the secret."""

    store: Store
    section: Callable[[], ProofsSection]
    keeper: Keeper
    gate: Gate

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(APP, self.gate.guarded(self.show), allow_head=False)
        app.router.add_post(APP, self.gate.guarded(self.digits))

    async def show(self, request: web.Request) -> web.Response:
        """The code to scan, or what became of it."""
        claimed = self._claimed(request)
        if claimed is None:
            return enrolling.lost()
        kept = await self.store.proofs.find(claimed.factor_id)
        if kept:
            return enrolling.made(kept.id, kept.kind)
        if await self.keeper.has_too_many(claimed):
            return enrolling.failed(TOO_MANY, status=409)
        return _scan(claimed)

    async def digits(self, request: web.Request) -> web.Response:
        """The app shows something."""
        claimed = self._claimed(request)
        if claimed is None:
            return enrolling.lost()
        is_left = not await self.store.proofs.find(claimed.factor_id)
        if is_left and await self.keeper.has_too_many(claimed):
            return enrolling.failed(TOO_MANY, status=409)
        if is_left and not await self.keeper.app(_digits_of(request[BODY]), claimed):
            return _scan(claimed, wrong=True)
        # To a page that can be loaded again.
        return guarded(web.Response(status=303, headers={"Location": APP}))

    def _claimed(self, request: web.Request) -> Claimed | None:
        if ProofKind.TOTP not in self.section().kinds:
            return None
        try:
            return self.keeper.signed_in(request)
        except NotProven:
            return None


def _scan(claimed: Claimed, *, wrong: bool = False) -> web.Response:
    address = totp.address_of(claimed.secret, claimed.person)
    return enrolling.scan(claimed.person, claimed.secret, address, wrong=wrong)


def _digits_of(body: bytes) -> str:
    return "".join(field_of(body, "digits", 20).split())
