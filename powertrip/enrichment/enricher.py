"""Asks all services at once, and answers in time with what is there."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta

from powertrip.domain.address import AddressFacts, AddressKind
from powertrip.enrichment.address_kinds import classify
from powertrip.enrichment.cache import AnswerCache
from powertrip.enrichment.lookup_queue import LookupQueue
from powertrip.enrichment.merge import merge
from powertrip.enrichment.service import Service
from powertrip.metrics import Metrics
from powertrip.net import Client


class Enricher:
    """All services as one; implements `powertrip.pipeline.ports.Enrichment`."""

    def __init__(
        self,
        services: Sequence[Service],
        cache: AnswerCache,
        *,
        client: Client,
        metrics: Metrics,
        clock: Callable[[], datetime],
        ask_about_documentation: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.services = tuple(services)
        self._client = client
        self._queues = [
            LookupQueue(service, cache, metrics=metrics, clock=clock, sleep=sleep) for service in services
        ]
        self._looked_up = {AddressKind.PUBLIC}
        if ask_about_documentation:
            self._looked_up.add(AddressKind.DOCUMENTATION)

    @property
    def has_services(self) -> bool:
        return bool(self.services)

    def at_once(self, address: str) -> AddressFacts:
        """What is known of an address without asking anybody."""
        return merge(classify(address)[0], {})

    async def facts(self, addresses: Collection[str], within: timedelta) -> dict[str, AddressFacts]:
        """What the services say of each address within this time; `awaited` names those still missing.

        The result's keys are the addresses as they were given.
        """
        classified = {address: classify(address) for address in addresses}
        # Two spellings of one address are one lookup.
        texts = dict.fromkeys(text for kind, text in classified.values() if kind in self._looked_up)
        lookups = {queue.service.name: queue.look_up(texts) for queue in self._queues}
        pending = [future for futures in lookups.values() for future in futures.values() if not future.done()]
        if pending:
            # No lookup is cancelled when the time is up: its answer is cached, and the next call has it.
            await asyncio.wait(pending, timeout=within.total_seconds())
        facts = {}
        for address, (kind, text) in classified.items():
            asked = {name: futures[text] for name, futures in lookups.items() if text in futures}
            answers = {
                name: future.result()
                for name, future in asked.items()
                if future.done() and not future.cancelled()
            }
            facts[address] = merge(kind, answers, awaited=[name for name in asked if name not in answers])
        return facts

    async def close(self) -> None:
        """Cancel the lookups under way and close the connections."""
        await asyncio.gather(*(queue.close() for queue in self._queues))
        await self._client.aclose()
