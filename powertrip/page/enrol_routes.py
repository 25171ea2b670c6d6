"""Makes a passkey with a one-time code of the server. It counts once a reviewer has confirmed it."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from powertrip.domain.enrolment import Began
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotProven
from powertrip.net import Clock
from powertrip.page import enrolling
from powertrip.page.gate import BODY, Gate, field_of, sent
from powertrip.page.keeping import Claimed, Keeper, refused
from powertrip.proofs import passkey
from powertrip.proofs.sealing import Sealer
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class EnrolPage:
    """Takes codes and passkeys. All that is configured is read at each request."""

    store: Store
    section: Callable[[], ProofsSection]
    clock: Clock
    keeper: Keeper
    gate: Gate

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/enrol", self.gate.guarded(self.form), allow_head=False)
        app.router.add_post("/enrol", self.gate.guarded(self.code))
        app.router.add_post("/enrol/passkey", self.gate.guarded(self.passkey))
        app.router.add_get("/enrol/made", self.gate.guarded(self.made), allow_head=False)

    async def form(self, _request: web.Request) -> web.Response:
        """Where one signs in, if that begins an enrolment, or types the code."""
        section = self.section()
        return enrolling.begin(section.enrolling_provider, section.kinds)

    async def code(self, request: web.Request) -> web.Response:
        """The code was typed, and is used up."""
        section, now = self.section(), self.clock()
        code = field_of(request[BODY], "code", enrolling.LONGEST_CODE)
        claimed = await self.store.proofs.claim(code, now)
        if claimed is None or claimed.kind is not ProofKind.PASSKEY:
            log.warning("a code for a passkey was wrong", remote=request.remote)
            return enrolling.begin(section.enrolling_provider, section.kinds, wrong=True)
        mine = Claimed.begin(claimed.person, secrets.token_hex(6), now)
        options = passkey.options_to_make(self.keeper.place, mine.challenge, mine.person)
        return enrolling.make(
            mine.person,
            json.dumps(options),
            to="/enrol/passkey",
            sealed=mine.sealed(Sealer.of(section), Began.SERVER),
        )

    async def passkey(self, request: web.Request) -> web.Response:
        """The browser made one."""
        sealer = Sealer.of(self.section())
        try:
            credential, sealed = sent(request[BODY])
            claimed = Claimed.opened(sealed, sealer, Began.SERVER, self.clock())
            return await self.keeper.passkey(credential, claimed, Began.SERVER, then="/enrol/made")
        except NotProven as error:
            return refused(error)

    async def made(self, _request: web.Request) -> web.Response:
        """What follows."""
        return enrolling.made()
