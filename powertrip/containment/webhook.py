"""A signed HTTP request, which drives anything: Tines, Rundeck, a script of your own.

Signed as the callback of a HIDS is: `X-Powertrip-Timestamp` is the Unix time of sending,
`X-Powertrip-Signature` is `sha256=` and HMAC-SHA256, with the shared secret, over that time, a dot and the
body. `Idempotency-Key` names the containment, and is the same however often it is sent.
"""

import json
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from powertrip.config.secret import signature
from powertrip.config.values import Duration, SourceSecret, Written
from powertrip.containment.section import HTTPS, TYPED, ActionSection, Way, known, lasting, typed
from powertrip.domain.containment import Order, Plan
from powertrip.domain.event import Event

Url = Annotated[str, HTTPS, Written("an https address; http on this machine alone")]


def _check_says(value: str) -> str:
    unknown = [name for name in re.findall(r"\{(.*?)\}", value) if name not in TYPED]
    if unknown or value.count("{") != value.count("}"):
        raise ValueError("may hold {user_name}, {host_name} and {source_ip}, and no other braces")
    return value


Says = Annotated[
    str,
    AfterValidator(_check_says),
    Field(min_length=1, max_length=60),
    Written("a short text, with `{user_name}`, `{host_name}` or `{source_ip}`"),
]


class WebhookAction(ActionSection):
    """A signed request to any address."""

    type: Literal["webhook"]
    url: Url
    """Where it is posted."""
    secret: SourceSecret
    """What the request is signed with."""
    says: Says
    """What the button says: what is done, and to what."""
    undo: Says | None = None
    """What the button says that undoes it; the receiver is sent `"do": "undo"`."""
    lasts: Duration | None = None
    """After which the receiver has it end by itself; it is sent the moment as `until`."""
    idempotent: bool = False
    """Whether the receiver does what has the same `Idempotency-Key` only once; if not, Powertrip never sends
    by itself what it may have sent."""

    @model_validator(mode="after")
    def _ends(self) -> "WebhookAction":
        if self.undo is None and self.lasts is None:
            raise ValueError("needs `undo` or `lasts`: what is done here can be undone, or ends by itself")
        return self

    @property
    def is_idempotent(self) -> bool:
        return self.idempotent

    def plan(self, event: Event) -> Plan:
        named = {name: typed(event, name) for name in TYPED if f"{{{name}}}" in f"{self.says}{self.undo}"}
        says = f"{self.says} for {lasting(self.lasts)}" if self.lasts else self.says
        ends = f"It ends by itself after {lasting(self.lasts)}." if self.lasts else ""
        undo_says = _filled(self.undo, named) if self.undo else None
        return Plan(
            target=next(iter(named.values()), event.rule),
            says=_filled(says, named),
            does="The receiver of a signed webhook is told to do this.",
            undo_says=undo_says,
            undo=f"{ends} {f'To undo it: {undo_says}, on this card.' if undo_says else ''}".strip(),
            arguments=known(event),
            lasts=self.lasts,
        )

    async def contain(self, order: Order, way: Way) -> str | None:
        await self._post(order, "contain", way)
        return None

    async def revert(self, order: Order, way: Way) -> str | None:
        await self._post(order, "undo", way)
        return None

    async def check(self, way: Way) -> str:
        # No more than HEAD: a receiver would do what is made up.
        answer = await way.client.request("HEAD", self.url)
        return f"the server answers ({answer.status} to HEAD)"

    async def _post(self, order: Order, do: str, way: Way) -> None:
        body = json.dumps(
            {
                "action": order.action,
                "do": do,
                "key": order.key,
                "undoes": order.undoes,
                "event_id": order.event_id,
                "rule": order.rule,
                **{name: order.arguments.get(name) for name in TYPED},
                "asked_by": order.asked_by,
                "until": order.until.isoformat(timespec="seconds").replace("+00:00", "Z")
                if order.until
                else None,
            }
        ).encode()
        # Signed and sent are the same bytes: JSON made twice may differ in a space.
        timestamp = str(int(way.client.clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": order.key,
            "X-Powertrip-Timestamp": timestamp,
            "X-Powertrip-Signature": signature(self.secret, timestamp, body),
        }
        answer = await way.client.request("POST", self.url, content=body, headers=headers)
        if not answer.is_success:
            raise way.client.rejected(answer, "check its address, and the secret on both sides")


def _filled(text: str, named: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: named[found[1]], text)
