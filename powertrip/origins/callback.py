"""Tells a verdict by a signed HTTP request, as webhooks do.

`X-Powertrip-Timestamp` is the Unix time of sending, and `X-Powertrip-Signature` is `sha256=` and
HMAC-SHA256, with the shared secret, over that time, a dot and the body, in lower-case hexadecimal digits.
A receiver should refuse what is older than a few minutes; the verdict's `event_id` and `verdict` together
say whether it was told before.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from powertrip.net import HttpClient
from powertrip.origins.settings import TellSettings, Template, Way
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

    def way(self, client: HttpClient) -> Way:
        return Callback(client, self.secret, self.body)


@dataclass(frozen=True, slots=True)
class Callback:
    """See `powertrip.ports.Origin`."""

    client: HttpClient
    secret: SecretStr
    template: str

    async def tell(self, verdict: OriginVerdict) -> None:
        """Post it; any 2xx is taken for "told"."""
        body = filled(self.template, verdict).encode()
        timestamp = str(int(self.client.clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Powertrip-Timestamp": timestamp,
            "X-Powertrip-Signature": sign(self.secret, timestamp, body),
        }
        answer = await self.client.request("POST", content=body, headers=headers)
        if not answer.is_success:
            raise self.client.rejected(answer, "check its address, and the secret on both sides")

    async def check(self) -> str:
        """Whether the server answers at all; a verdict is not made up for it. Raises Unavailable."""
        answer = await self.client.request("HEAD")
        return f"the server answers ({answer.status} to HEAD)"


def sign(secret: SecretStr, timestamp: str, body: bytes) -> str:
    """The signature header."""
    key, signed = secret.get_secret_value().encode(), timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(key, signed, hashlib.sha256).hexdigest()
