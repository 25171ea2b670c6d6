"""Tells a verdict by a signed HTTP request, as webhooks do.

`X-Powertrip-Timestamp` is the Unix time of sending, and `X-Powertrip-Signature` is `sha256=` and
HMAC-SHA256, with the shared secret, over that time, a dot and the body, in lower-case hexadecimal digits.
A receiver should refuse what is older than a few minutes; the verdict's `event_id` and `verdict` together
say whether it was told before.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from powertrip.origins.settings import TellSettings, Template, Way
from powertrip.origins.wire import Wire
from powertrip.ports import OriginVerdict
from powertrip.setting.values import SourceSecret
from powertrip.verdicts import DEFAULT_TEMPLATE, filled


class TellCallback(TellSettings):
    """A signed request to any address."""

    type: Literal["callback"]
    secret: SourceSecret
    """What the request is signed with."""
    body: Template = DEFAULT_TEMPLATE
    """The JSON that is sent; [hids.md](hids.md) has the default and all placeholders."""

    def way(self, wire: Wire, clock: Callable[[], datetime]) -> Way:
        return Callback(wire, self.secret, self.body, clock)


@dataclass(frozen=True, slots=True)
class Callback:
    """See `powertrip.ports.Origin`."""

    wire: Wire
    secret: SecretStr
    template: str
    clock: Callable[[], datetime]

    async def tell(self, verdict: OriginVerdict) -> None:
        """Post it; any 2xx is taken for "told"."""
        body = filled(self.template, verdict).encode()
        timestamp = str(int(self.clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Powertrip-Timestamp": timestamp,
            "X-Powertrip-Signature": sign(self.secret, timestamp, body),
        }
        heard = await self.wire.send("POST", content=body, headers=headers)
        if not 200 <= heard.status < 300:
            raise self.wire.refused(heard, "check its address, and the secret on both sides")

    async def check(self) -> str:
        """Whether the server answers at all; a verdict is not made up for it. Raises OriginUnavailable."""
        heard = await self.wire.send("HEAD")
        return f"the server answers ({heard.status} to HEAD)"


def sign(secret: SecretStr, timestamp: str, body: bytes) -> str:
    """The signature header."""
    key, signed = secret.get_secret_value().encode(), timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(key, signed, hashlib.sha256).hexdigest()
