"""What services said and how often they were asked, on both databases."""

from datetime import timedelta

from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.store import Store
from tests.samples import NOW, later

HOUR = timedelta(hours=1)


async def test_an_answer_is_good_until_it_expires(store: Store) -> None:
    await store.enrichment_cache.put({"a": {"x": 1}, "b": {"y": "\x00"}}, NOW, NOW + HOUR)
    found = await store.enrichment_cache.get(["a", "b", "c"], later(minutes=59))
    assert found == {"a": ({"x": 1}, NOW + HOUR), "b": ({"y": "\x00"}, NOW + HOUR)}
    assert await store.enrichment_cache.get(["a", "b"], later(minutes=60)) == {}
    assert await store.enrichment_cache.get(["a"], later(minutes=60)) == {}


async def test_a_newer_answer_takes_the_place_of_the_older(store: Store) -> None:
    await store.enrichment_cache.put({"a": 1}, NOW, NOW + HOUR)
    await store.enrichment_cache.put({"a": 2}, NOW, NOW + 2 * HOUR)
    assert await store.enrichment_cache.get(["a"], later(minutes=90)) == {"a": (2, NOW + 2 * HOUR)}


async def test_more_keys_than_a_query_takes_are_found(store: Store) -> None:
    answers = {f"key {number}": number for number in range(1201)}
    await store.enrichment_cache.put(answers, NOW, NOW + HOUR)
    assert len(await store.enrichment_cache.get(answers.keys(), NOW)) == 1201


async def test_what_has_expired_is_let_go(store: Store) -> None:
    await store.enrichment_cache.put({"old": 1}, NOW, NOW + HOUR)
    await store.enrichment_cache.put({"new": 1}, NOW, NOW + 3 * HOUR)
    gone = await store.prune(Retention(), QuarantineSection(), NOW + 2 * HOUR)
    assert gone["enrichment_cache"] == 1
    assert set(await store.enrichment_cache.get(["old", "new"], NOW)) == {"new"}


async def test_calls_are_counted_up_to_the_limit(store: Store) -> None:
    spent = [await store.enrichment_cache.spend("Example", "2026-11", 2, 5) for _ in range(3)]
    assert spent == [True, True, False]
    assert await store.enrichment_cache.spend("Example", "2026-11", 1, 5)
    assert not await store.enrichment_cache.spend("Example", "2026-11", 1, 5)


async def test_each_service_and_period_has_its_own_count(store: Store) -> None:
    assert await store.enrichment_cache.spend("Example", "2026-11", 5, 5)
    assert await store.enrichment_cache.spend("Example", "2026-12", 5, 5)
    assert await store.enrichment_cache.spend("Another", "2026-11", 5, 5)
