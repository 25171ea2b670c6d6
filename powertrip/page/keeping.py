"""Who may enrol one thing, as their browser keeps it, and how what they enrol is kept."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes

import structlog
from aiohttp import web
from webauthn.helpers import bytes_to_base64url

from powertrip.domain.enrolment import MOST_WAITING, Began, NewFactor
from powertrip.domain.proof import IN_WORDS, ProofKind
from powertrip.errors import NotProven
from powertrip.net import Clock
from powertrip.page.gate import json_answer
from powertrip.proofs import passkey, totp
from powertrip.proofs.passkey import Place
from powertrip.proofs.sealing import Sealer, Unreadable
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store

log = structlog.get_logger(__name__)

WITHIN = timedelta(minutes=5)
"""How long the person may take from the code, or the sign-in, to what they enrol."""
MAY_MAKE = "__Host-powertrip-enrol-as"
"""The cookie of who has come back from the provider."""
TOO_MANY = f"{MOST_WAITING} that you enrolled wait for a reviewer already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Who may make one passkey, or enrol one authenticator app."""

    person: str
    factor_id: str
    """Fixed here, so that one code, or one sign-in, enrols one thing."""
    challenge: bytes
    """Of a passkey."""
    secret: str = field(repr=False)
    """Of an authenticator app."""
    until: datetime

    @classmethod
    def begin(cls, person: str, factor_id: str, now: datetime) -> "Claimed":
        return cls(
            person=person,
            factor_id=factor_id,
            challenge=token_bytes(32),
            secret=totp.new_secret(),
            until=now + WITHIN,
        )

    def sealed(self, sealer: Sealer, began: Began) -> str:
        challenge = base64.b64encode(self.challenge).decode()
        said = [self.person, self.factor_id, challenge, self.secret, self.until.isoformat()]
        return sealer.seal(json.dumps(said), _sealed_for(began))

    @classmethod
    def opened(cls, sealed: object, sealer: Sealer, began: Began, now: datetime) -> "Claimed":
        """Raises NotProven where it is not ours, began in another way, or is too old."""
        try:
            plain = sealer.open(str(sealed), _sealed_for(began))
            person, factor_id, challenge, secret, until = json.loads(plain)
        except (Unreadable, ValueError) as error:
            raise NotProven("it does not begin with a code, or a sign-in") from error
        found = cls(
            person=person,
            factor_id=factor_id,
            challenge=base64.b64decode(challenge),
            secret=secret,
            until=datetime.fromisoformat(until),
        )
        if found.until <= now:
            raise NotProven("the code was typed, or the sign-in made, too long ago")
        return found


def _sealed_for(began: Began) -> str:
    return "enrolment" if began is Began.SERVER else f"enrolment by {began}"


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Keeps what a browser made, for reviewers to confirm."""

    store: Store
    section: Callable[[], ProofsSection]
    clock: Clock
    wake: Callable[[], None]
    """Wakes the worker, where it lives in this process."""

    @property
    def place(self) -> Place:
        return Place(self.section().page or "")

    async def passkey(self, credential: str, claimed: Claimed, began: Began, *, then: str) -> web.Response:
        """The answer to the page's script, which goes on to `then`. Raises NotProven."""
        made = passkey.made(credential, place=self.place, challenge=claimed.challenge)
        new = NewFactor(
            id=claimed.factor_id,
            person=claimed.person,
            kind=ProofKind.PASSKEY,
            label="passkey",
            secret=self._sealed(passkey.kept(made), claimed),
            credential_id=bytes_to_base64url(made.credential_id),
            last_step=made.sign_count,
            began=began,
        )
        if not await self._keep(new):
            said = "Nothing was kept: this passkey, or this code or sign-in, was used before."
            return json_answer({"error": said}, 409)
        return json_answer({"next": then})

    async def app(self, typed: str, claimed: Claimed) -> bool:
        """Whether the app was enrolled: these are the digits that it should show now."""
        now = self.clock()
        step = totp.step_of(typed, claimed.secret, now)
        if step is None:
            log.warning("an authenticator app was not kept", person=claimed.person, why="wrong digits")
            return False
        new = NewFactor(
            id=claimed.factor_id,
            person=claimed.person,
            kind=ProofKind.TOTP,
            label=IN_WORDS[ProofKind.TOTP],
            secret=self._sealed(claimed.secret, claimed),
            last_step=step,
            began=Began.SIGN_IN,
        )
        return await self._keep(new)

    def signed_in(self, request: web.Request) -> Claimed:
        """Who came back from the provider in this browser; raises NotProven."""
        section = self.section()
        if section.enrolling_provider is None:
            raise NotProven("nothing can be enrolled by a sign-in any more")
        sealed = request.cookies.get(MAY_MAKE, "")
        return Claimed.opened(sealed, Sealer.of(section), Began.SIGN_IN, self.clock())

    async def has_too_many(self, claimed: Claimed) -> bool:
        """Whether so much of theirs waits for a reviewer that nothing is added by a sign-in."""
        return await self.store.proofs.waiting(claimed.person) >= MOST_WAITING

    def _sealed(self, secret: str, claimed: Claimed) -> str:
        return Sealer.of(self.section()).seal(secret, claimed.factor_id)

    async def _keep(self, new: NewFactor) -> bool:
        is_kept = await self.store.proofs.enrol(new, self.clock())
        if is_kept:
            log.info("enrolled, and waits for a reviewer", person=new.person, kind=new.kind, began=new.began)
            self.wake()
        return is_kept


def refused(error: NotProven) -> web.Response:
    """Nothing was kept; the script says why."""
    log.warning("a passkey was not kept", why=str(error))
    return json_answer({"error": f"Nothing was kept: {error}."}, 403)
