"""A service at the wire, and what is put together around it."""

from collections.abc import AsyncIterator

import pytest

from powertrip.store import Store
from tests.conftest import Clock
from tests.enrichment.world import FakeService, World


@pytest.fixture
def fake() -> FakeService:
    """A service that answers."""
    return FakeService()


@pytest.fixture
async def world(fake: FakeService, store: Store, clock: Clock) -> AsyncIterator[World]:
    """Everything on an empty database, once of each kind."""
    made = World(fake, store.enrichment_cache, clock)
    yield made
    for enricher in made.enrichers:
        await enricher.close()
    await made.client.aclose()
