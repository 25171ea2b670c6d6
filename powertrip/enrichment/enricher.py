"""Asks all services at once, and answers in time with what is there."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import httpx

from powertrip.domain.address import AddressFacts, AddressKind
from powertrip.enrichment.address_kinds import Recognised, recognise
from powertrip.enrichment.answers import Answers
from powertrip.enrichment.lookup_queue import Lane
from powertrip.enrichment.merge import merge
from powertrip.enrichment.service import Service, ServiceAnswer
from powertrip.metrics import Metrics

Futures = Mapping[str, Mapping[str, asyncio.Future[ServiceAnswer]]]
"""By the service's name, then by address."""


class Conductor:
    """All services as one; implements `powertrip.ports.Enrichment`."""

    def __init__(
        self,
        services: Sequence[Service],
        answers: Answers,
        *,
        client: httpx.AsyncClient,
        metrics: Metrics,
        clock: Callable[[], datetime],
        ask_about_documentation: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.services = tuple(services)
        self._client = client
        self._lanes = [Lane(service, answers, metrics, clock, sleep) for service in services]
        self._asked_kinds = {AddressKind.PUBLIC}
        if ask_about_documentation:
            self._asked_kinds.add(AddressKind.DOCUMENTATION)

    async def facts(self, addresses: Collection[str], within: timedelta) -> dict[str, AddressFacts]:
        """What can be said of each address within this time; the rest is named in `awaited`.

        The answer's keys are the addresses as they were given.
        """
        recognised = {address: recognise(address) for address in addresses}
        asked = dict.fromkeys(found.text for found in recognised.values() if found.kind in self._asked_kinds)
        futures = {lane.service.name: lane.ask(asked) for lane in self._lanes}
        await _wait([future for one in futures.values() for future in one.values()], within)
        return {address: _facts(found, futures) for address, found in recognised.items()}

    async def close(self) -> None:
        """Drop lookups that are under way and close the connections."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        await self._client.aclose()


async def _wait(futures: Sequence[asyncio.Future[ServiceAnswer]], within: timedelta) -> None:
    if any(not future.done() for future in futures):
        await asyncio.wait(futures, timeout=within.total_seconds())


def _facts(found: Recognised, futures: Futures) -> AddressFacts:
    asked = {name: one[found.text] for name, one in futures.items() if found.text in one}
    answers = {
        name: future.result() for name, future in asked.items() if future.done() and not future.cancelled()
    }
    return merge(found.kind, answers, [name for name in asked if name not in answers])
