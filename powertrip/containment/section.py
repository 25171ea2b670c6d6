"""What the settings of all kinds of containment share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from powertrip.config.https import https_like
from powertrip.config.values import Written, write_duration
from powertrip.domain.containment import ActionProfile, NotPossible, Order
from powertrip.domain.event import Event
from powertrip.net import HttpClient

HTTPS = https_like("https://okta.example.com", or_else="who reads the token can contain anybody")
Base = Annotated[str, HTTPS, Written("an https address")]
"""The address of a server."""
TYPED = ("user_name", "host_name", "source_ip")
"""The fields of an event that have a form of their own, whatever rule named them."""
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=:-]{0,127}", re.ASCII)
"""A name, a host, or an address: no blank, slash or quotation mark. It can be no path, and no command."""


class ActionSection(ActionProfile):
    """A kind of containment."""

    type: str
    """A signed webhook, or the system that does it: Teleport, AWS, Okta, GitHub, or the host itself."""

    @property
    def is_idempotent(self) -> bool:
        """See `powertrip.pipeline.ports.Action`."""
        return True

    async def prepare(self, order: Order, way: "Way") -> Mapping[str, str]:  # noqa: ARG002 (most need nothing)
        """See `powertrip.pipeline.ports.Action`."""
        return {}

    async def contain(self, order: Order, way: "Way") -> str | None:
        """See `powertrip.pipeline.ports.Action`."""
        raise NotImplementedError

    async def revert(self, order: Order, way: "Way") -> str | None:
        """See `powertrip.pipeline.ports.Action`."""
        raise NotImplementedError

    async def check(self, way: "Way") -> str:
        """Prove that it would work, and change nothing; raises OutsideError with the cure."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Way:
    """A section and its connection; implements `powertrip.pipeline.ports.Action`."""

    section: ActionSection
    client: HttpClient

    @property
    def is_idempotent(self) -> bool:
        return self.section.is_idempotent

    async def prepare(self, order: Order) -> Mapping[str, str]:
        return await self.section.prepare(order, self)

    async def contain(self, order: Order) -> str | None:
        return await self.section.contain(order, self)

    async def revert(self, order: Order) -> str | None:
        return await self.section.revert(order, self)

    async def check(self) -> str:
        """Prove that it would work, in words for the operator; raises OutsideError with the cure."""
        return await self.section.check(self)


def typed(event: Event, name: str) -> str:
    """A typed field of the event; raises NotPossible where it has none, or one of another form."""
    value = getattr(event, name) if name in TYPED else event.fields.get(name)
    if not value:
        raise NotPossible(f"the event has no {name}")
    if name in event.varied:
        raise NotPossible(f"its records name several {name}")
    if not _FORM.fullmatch(value):
        raise NotPossible(f"its {name} is of no form that is passed on")
    return str(value)


def known(event: Event) -> dict[str, str]:
    """All typed fields that have their form."""
    found = {}
    for name in TYPED:
        try:
            found[name] = typed(event, name)
        except NotPossible:
            continue
    return found


def lasting(lasts: timedelta) -> str:
    """`1 h`."""
    return re.sub(r"(\d+)", r"\1 ", write_duration(lasts))
