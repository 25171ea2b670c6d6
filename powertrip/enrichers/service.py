"""What every service that knows addresses has in common: its interface and its answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from powertrip.errors import EnrichmentError
from powertrip.facts import Network, Place, Reputation


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """What one service says of one address."""

    reputation: Reputation | None = None
    network: Network | None = None
    place: Place | None = None
    problem: str | None = None
    """Why it says nothing of this address, in words that can be shown."""
    complete: bool = True
    """Whether nothing was left out for want of quota; if it was, the answer is not kept for long."""


class Service(Protocol):
    """One service; addresses are public and in the form that `ipaddress` writes."""

    @property
    def name(self) -> str:
        """The service as people know it."""

    @property
    def version(self) -> int:
        """Goes up whenever its kept answers are no longer to be used."""

    @property
    def batch(self) -> int:
        """How many addresses it takes at once."""

    @property
    def keep(self) -> timedelta | None:
        """How long an answer is used again; None where asking again costs nothing."""

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """The answers, of at least one address; those left out are asked about again.

        Raises ServiceUnavailable, ServiceBusy or ServiceRefused.
        """

    async def probe(self) -> str:
        """Show that it can be used, in a few words for the operator; raises the same."""


async def each(
    addresses: Sequence[str], look_up: Callable[[str], Awaitable[ServiceAnswer]]
) -> dict[str, ServiceAnswer]:
    """Ask about every address by itself, side by side; raises the first error where none was answered."""
    results = await asyncio.gather(*map(look_up, addresses), return_exceptions=True)
    pairs = list(zip(addresses, results, strict=True))
    for error in results:
        if isinstance(error, BaseException) and not isinstance(error, EnrichmentError):
            raise error
    answers = {address: found for address, found in pairs if isinstance(found, ServiceAnswer)}
    if not answers:
        raise next(error for error in results if isinstance(error, EnrichmentError))
    return answers
