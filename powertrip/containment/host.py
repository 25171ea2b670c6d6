"""What a host does itself: its script in contrib/containment asks Powertrip. Nothing goes in to a host.

Each host has a key of its own, which follows from the secret and the host's name: one that is taken over
reads and answers for no other.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from powertrip.config.values import Duration, SourceSecret
from powertrip.containment.section import ActionSection, Way, typed
from powertrip.domain.containment import Order, Plan
from powertrip.domain.event import Event
from powertrip.errors import Rejected


class HostAction(ActionSection):
    """The host ends the user's sessions."""

    type: Literal["host"]
    secret: SourceSecret
    """What the keys of all hosts follow from: `printf %s HOST | openssl dgst -sha256 -hmac SECRET`."""
    within: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(hours=1))] = timedelta(minutes=10)
    """How long the host may take to fetch it; later it is not handed out any more."""

    @property
    def waits_for(self) -> timedelta | None:
        return self.within

    def plan(self, event: Event) -> Plan:
        user, host = typed(event, "user_name"), typed(event, "host_name")
        return Plan(
            target=host,
            says=f"End sessions of {user} on {host}",
            does=f"{host} ends all sessions and processes of {user}, when it next asks what is to be done.",
            undo=f"There is nothing to undo: {user} can log in again.",
            arguments={"user": user, "host": host},
        )

    def key_of(self, host: str) -> SecretStr:
        """What requests and answers of this host are signed with."""
        made = hmac.new(self.secret.get_secret_value().encode(), host.encode(), hashlib.sha256)
        return SecretStr(made.hexdigest())

    async def contain(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        raise Rejected("the host does this itself")

    async def revert(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        raise Rejected("ended sessions cannot be brought back")

    async def check(self, way: Way) -> str:  # noqa: ARG002
        return "hosts ask for it; whether they do shows when it is pressed"
