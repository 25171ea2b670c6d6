"""Who may enrol one thing, as their browser keeps it, and how a passkey that was made is kept."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes

import structlog
from aiohttp import web
from webauthn.helpers import bytes_to_base64url

from powertrip.domain.enrolment import Began, NewFactor
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotProven
from powertrip.net import Clock
from powertrip.page.gate import json_answer
from powertrip.proofs import passkey
from powertrip.proofs.passkey import Place
from powertrip.proofs.sealing import Sealer, Unreadable
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store

log = structlog.get_logger(__name__)

WITHIN = timedelta(minutes=5)
"""How long the person may take from the code, or the sign-in, to the passkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Who may make one passkey."""

    person: str
    factor_id: str
    """Fixed here, so that one code, or one sign-in, makes one passkey."""
    challenge: bytes
    until: datetime

    @classmethod
    def begin(cls, person: str, factor_id: str, now: datetime) -> "Claimed":
        return cls(person=person, factor_id=factor_id, challenge=token_bytes(32), until=now + WITHIN)

    def sealed(self, sealer: Sealer, began: Began) -> str:
        challenge = base64.b64encode(self.challenge).decode()
        said = [self.person, self.factor_id, challenge, self.until.isoformat()]
        return sealer.seal(json.dumps(said), _sealed_for(began))

    @classmethod
    def opened(cls, sealed: object, sealer: Sealer, began: Began, now: datetime) -> "Claimed":
        """Raises NotProven where it is not ours, began in another way, or is too old."""
        try:
            plain = sealer.open(str(sealed), _sealed_for(began))
            person, factor_id, challenge, until = json.loads(plain)
        except (Unreadable, ValueError) as error:
            raise NotProven("it does not begin with a code, or a sign-in") from error
        found = cls(
            person=person,
            factor_id=factor_id,
            challenge=base64.b64decode(challenge),
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
            secret=Sealer.of(self.section()).seal(passkey.kept(made), claimed.factor_id),
            credential_id=bytes_to_base64url(made.credential_id),
            last_step=made.sign_count,
            began=began,
        )
        if not await self.store.proofs.enrol(new, self.clock()):
            said = "Nothing was kept: this passkey, or this code or sign-in, was used before."
            return json_answer({"error": said}, 409)
        log.info("a passkey was enrolled, and waits for a reviewer", person=claimed.person, began=began)
        self.wake()
        return json_answer({"next": then})


def refused(error: NotProven) -> web.Response:
    """Nothing was kept; the script says why."""
    log.warning("a passkey was not kept", why=str(error))
    return json_answer({"error": f"Nothing was kept: {error}."}, 403)
