"""What all services that know addresses have in common: their interface and their answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from powertrip.domain.address import Network, Place, Reputation


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """What one service says of one address."""

    reputation: Reputation | None = None
    network: Network | None = None
    place: Place | None = None
    problem: str | None = None
    """Why it says nothing of this address, in words for people."""
    failed: bool = False
    """Whether the service failed, and may say more when it is asked again."""
    complete: bool = True
    """False if something is left out for now; it is kept for minutes only, and asked for again."""


class Service(Protocol):
    """One service; addresses are public and in the form that `ipaddress` writes."""

    @property
    def name(self) -> str:
        """The service as people know it."""

    @property
    def version(self) -> int:
        """Goes up whenever its cached answers are no longer to be used."""

    @property
    def batch(self) -> int:
        """How many addresses it takes at once."""

    @property
    def keep(self) -> timedelta | None:
        """How long an answer is good; None where asking again costs nothing."""

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """The answers, of at least one address; the caller asks again about those left out.

        Raises Unavailable, Busy or Rejected.
        """

    async def probe(self) -> str:
        """Show that it can be used, in a few words for the operator; raises the same."""
