"""Tells a verdict by a signed HTTP request, as webhooks do.

`X-Powertrip-Timestamp` is the Unix time of sending, and `X-Powertrip-Signature` is `sha256=` and
HMAC-SHA256, with the shared secret, over that time, a dot and the body, in lower-case hexadecimal digits.
A receiver should refuse what is older than a few minutes. The same `event_id` and `verdict` again are a
repetition.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from powertrip.config.secret import signature
from powertrip.config.values import SourceSecret
from powertrip.domain.hids import OriginVerdict
from powertrip.hids.report import DEFAULT_TEMPLATE, filled
from powertrip.hids.section import TellSection, Template, Way


class TellCallback(TellSection):
    """A signed request to any address."""

    type: Literal["callback"]
    secret: SourceSecret
    """What the request is signed with."""
    body: Annotated[Template, BeforeValidator(lambda body: DEFAULT_TEMPLATE if body is None else body)] = (
        DEFAULT_TEMPLATE
    )
    """The JSON that is sent; [hids.md](hids.md) has the default and all placeholders."""

    async def tell(self, verdict: OriginVerdict, way: Way) -> None:
        # Signed and sent are the same bytes: JSON made twice may differ in a space.
        body = filled(self.body, verdict).encode()
        timestamp = str(int(way.client.clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Powertrip-Timestamp": timestamp,
            "X-Powertrip-Signature": signature(self.secret, timestamp, body),
        }
        answer = await way.client.request("POST", content=body, headers=headers)
        if not answer.is_success:
            raise way.client.rejected(answer, "check its address, and the secret on both sides")

    async def check(self, way: Way) -> str:
        """Ask whether the server answers at all; raises Unavailable."""
        # No more than HEAD: a receiver would believe a verdict that is made up.
        answer = await way.client.request("HEAD")
        return f"the server answers ({answer.status} to HEAD)"
