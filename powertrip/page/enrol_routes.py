"""Makes a passkey with a one-time code of the server. It counts once a reviewer has confirmed it."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from webauthn.helpers import bytes_to_base64url

from powertrip.domain.enrolment import NewFactor
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotProven
from powertrip.net import Clock
from powertrip.page import enrolling
from powertrip.page.gate import BODY, Gate, json_answer, sent
from powertrip.proofs import passkey
from powertrip.proofs.passkey import Place
from powertrip.proofs.sealing import Sealer, Unreadable
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store

log = structlog.get_logger(__name__)

WITHIN = timedelta(minutes=5)
"""How long the person may take from the code to the passkey."""
_SEALED_FOR = "enrolment"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """Who may make one passkey, as the page in their browser keeps it, sealed."""

    person: str
    factor_id: str
    """Fixed here, so that one code makes one passkey."""
    challenge: bytes
    until: datetime

    def sealed(self, sealer: Sealer) -> str:
        challenge = base64.b64encode(self.challenge).decode()
        said = [self.person, self.factor_id, challenge, self.until.isoformat()]
        return sealer.seal(json.dumps(said), _SEALED_FOR)

    @classmethod
    def opened(cls, sealed: object, sealer: Sealer, now: datetime) -> "_Claimed":
        """Raises NotProven where it is not ours, or too old."""
        try:
            person, factor_id, challenge, until = json.loads(sealer.open(str(sealed), _SEALED_FOR))
        except (Unreadable, ValueError) as error:
            raise NotProven("it does not begin with a code") from error
        found = cls(
            person=person,
            factor_id=factor_id,
            challenge=base64.b64decode(challenge),
            until=datetime.fromisoformat(until),
        )
        if found.until <= now:
            raise NotProven("the code was typed too long ago")
        return found


@dataclass(slots=True, kw_only=True)
class EnrolPage:
    """Takes codes and passkeys. All that is configured is read at each request."""

    store: Store
    section: Callable[[], ProofsSection]
    clock: Clock
    wake: Callable[[], None]
    """Wakes the worker, where it lives in this process."""
    gate: Gate

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/enrol", self.gate.guarded(self.form), allow_head=False)
        app.router.add_post("/enrol", self.gate.guarded(self.code))
        app.router.add_post("/enrol/passkey", self.gate.guarded(self.passkey))
        app.router.add_get("/enrol/made", self.gate.guarded(self.made), allow_head=False)

    async def form(self, _request: web.Request) -> web.Response:
        """Where the code is typed."""
        return enrolling.ask_code()

    async def code(self, request: web.Request) -> web.Response:
        """The code was typed, and is used up."""
        section, now = self.section(), self.clock()
        claimed = await self.store.proofs.claim(_code_of(request[BODY]), now)
        if claimed is None or claimed.kind is not ProofKind.PASSKEY:
            log.warning("a code for a passkey was wrong", remote=request.remote)
            return enrolling.ask_code(wrong=True)
        mine = _Claimed(
            person=claimed.person,
            factor_id=secrets.token_hex(6),
            challenge=secrets.token_bytes(32),
            until=now + WITHIN,
        )
        options = passkey.options_to_make(Place(section.page or ""), mine.challenge, mine.person)
        return enrolling.make(mine.person, json.dumps(options), mine.sealed(Sealer.of(section)))

    async def passkey(self, request: web.Request) -> web.Response:
        """The browser made one."""
        section, now = self.section(), self.clock()
        sealer = Sealer.of(section)
        try:
            credential, sealed = sent(request[BODY])
            claimed = _Claimed.opened(sealed, sealer, now)
            made = passkey.made(credential, place=Place(section.page or ""), challenge=claimed.challenge)
        except NotProven as error:
            log.warning("a passkey was not kept", why=str(error))
            return json_answer({"error": f"Nothing was kept: {error}."}, 403)
        new = NewFactor(
            id=claimed.factor_id,
            person=claimed.person,
            kind=ProofKind.PASSKEY,
            label="passkey",
            secret=sealer.seal(passkey.kept(made), claimed.factor_id),
            credential_id=bytes_to_base64url(made.credential_id),
            last_step=made.sign_count,
        )
        if not await self.store.proofs.enrol(new, now):
            return json_answer(
                {"error": "Nothing was kept: this passkey, or this code, was used before."}, 409
            )
        log.info("a passkey was enrolled, and waits for a reviewer", person=claimed.person)
        self.wake()
        return json_answer({"next": "/enrol/made"})

    async def made(self, _request: web.Request) -> web.Response:
        """What follows."""
        return enrolling.made()


def _code_of(body: bytes) -> str:
    try:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=4))
    except ValueError:
        return ""
    return form.get("code", "")[: enrolling.LONGEST_CODE]
