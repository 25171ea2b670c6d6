"""A service at the wire, and what is put together around it."""

from collections.abc import AsyncIterator

import pytest

from powertrip.store import Store
from tests.conftest import Clock
from tests.enrichers.world import FakeService, World


@pytest.fixture
async def fake() -> AsyncIterator[FakeService]:
    """A service that answers."""
    service = FakeService()
    async with service.server() as server:
        service.url = str(server.make_url("/"))
        yield service
        if service.held is not None:
            service.held.set()


@pytest.fixture
async def world(fake: FakeService, store: Store, clock: Clock) -> AsyncIterator[World]:
    """Everything on an empty database, once of each kind."""
    made = World(fake, store.enrichment_cache, clock)
    yield made
    for conductor in made.conductors:
        await conductor.close()
    await made.client.aclose()
