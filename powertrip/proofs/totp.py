"""Codes of an authenticator app (TOTP, RFC 6238): six digits, SHA-1, thirty seconds, as all apps have it."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Attempt, Factor, Met, Shown
from powertrip.proofs.kind import Kind
from powertrip.proofs.sealing import Sealer, Unreadable

STEP = 30
"""Seconds of one code."""
VALID_WINDOW = 3
"""Steps before and after the present one that count: clocks may be 90 seconds apart. RFC 6238 takes one, for
the sake of delays; the locks after wrong answers make up for it: 7 of 1,000,000 codes count at one time, and
five wrong ones lock it, and security is told."""


class Totp(Kind):
    """The person types the six digits that their app shows."""

    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:  # noqa: ARG002
        return Shown(
            label="Type the six digits of your authenticator app",
            hint="Each code counts once. Never give one to anybody who asks for it.",
        )

    def check(
        self,
        about: Event | Expectation,  # noqa: ARG002
        factors: Sequence[Factor],
        answer: str,
        now: datetime,
    ) -> Met | None:
        typed = re.sub(r"\s", "", answer)
        sealer = Sealer.of(self.section)
        for factor in factors:
            try:
                secret = sealer.open(factor.secret, factor.id)
            except Unreadable:
                continue
            step = step_of(typed, secret, now)
            # Which of the steps were used the store knows, and decides.
            if step is not None:
                return Met(factor_id=factor.id, step=step)
        return None


def new_secret() -> str:
    """160 bits, as apps take them."""
    import pyotp  # noqa: PLC0415 (few processes ever need it)

    return pyotp.random_base32()


def address_of(secret: str, person: str) -> str:
    """What a code to be scanned holds, and what an app on the same device opens."""
    import pyotp  # noqa: PLC0415

    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name="Powertrip")


def step_of(typed: str, secret: str, now: datetime) -> int | None:
    """The latest step around now of which this is the code; None where it is of none."""
    import pyotp  # noqa: PLC0415 (few processes ever need it)

    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    totp, present = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    found = None
    for step in range(present - VALID_WINDOW, present + VALID_WINDOW + 1):
        # All of them, so that the time taken does not tell which.
        if hmac.compare_digest(totp.generate_otp(step), typed):
            found = step
    return found
