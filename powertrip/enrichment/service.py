"""What every service that knows addresses has in common: its interface and its answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import httpx

from powertrip.domain.address import Network, Place, Reputation
from powertrip.errors import OutsideError
from powertrip.net import Bounds, Clock, HttpClient

BOUNDS = Bounds(seconds=10.0, size=2 << 20)
"""A hundred addresses take about 200 KiB."""
UNDERSTOOD = frozenset({400, 404, 422})
"""Answers about the address rather than about us."""


def service_client(
    client: httpx.AsyncClient,
    clock: Clock,
    *,
    name: str,
    base_url: str,
    setting: str,
    headers: Mapping[str, str] | None = None,
) -> HttpClient:
    """The way to one service; `setting` is where its token is written, and `headers` hold it."""
    return HttpClient(
        client=client,
        clock=clock,
        name=name,
        base_url=base_url,
        headers={"Accept": "application/json", **(headers or {})},
        bounds=BOUNDS,
        understood=UNDERSTOOD,
        advice={
            401: f"the token is not accepted; check {setting}",
            403: f"the subscription does not allow this; check {setting}",
        },
        otherwise="check base_url",
    )


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

        Raises Unavailable, Busy or Rejected.
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
        if isinstance(error, BaseException) and not isinstance(error, OutsideError):
            raise error
    answers = {address: found for address, found in pairs if isinstance(found, ServiceAnswer)}
    if not answers:
        raise next(error for error in results if isinstance(error, OutsideError))
    return answers
