"""All services as one: in time, each address once, and with words for what is not there."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.address import AddressKind
from powertrip.enrichment import Enricher
from powertrip.enrichment import cache as cache_module
from powertrip.net import Bounds
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from tests.conftest import Clock
from tests.enrichment.world import SOON, FakeService, Said, World, assessment, one, threat_jammer_says, until

ADDRESS = "198.51.100.7"
AT_ONCE = timedelta(milliseconds=50)
WRONG_TOKEN = (
    "Threat Jammer: the server answered 401; the token is not accepted; check enrichment.threat_jammer.token"
)


def metric(world: World, line: str) -> bool:
    """Whether the metrics hold this line."""
    return line in world.metrics.exposition().decode().splitlines()


async def test_nobody_is_asked_about_what_is_not_public(world: World) -> None:
    enricher = world.enricher(world.threat_jammer(), ask_about_documentation=False)
    asked = ["10.0.0.1", "100.64.1.1", ADDRESS, "224.0.0.1", "AWS Internal"]
    facts = await enricher.facts(asked, SOON)
    assert [facts[address].kind for address in asked] == [
        AddressKind.PRIVATE,
        AddressKind.SHARED,
        AddressKind.DOCUMENTATION,
        AddressKind.RESERVED,
        AddressKind.NOT_AN_ADDRESS,
    ]
    assert not any(said.awaited or said.unavailable for said in facts.values())
    assert world.fake.calls == []


async def test_without_any_service_the_kind_is_known(world: World) -> None:
    facts = await one(world.enricher(), "8.8.8.8")
    assert (facts.kind, facts.awaited) == (AddressKind.PUBLIC, ())


async def test_in_time_comes_what_is_there_and_the_next_call_has_the_rest(world: World) -> None:
    slow, quick = world.fake, FakeService(url="https://quick.example.com/")
    quick.answer = lambda *_: Said({"data": {"abuseConfidenceScore": 40}})
    world.services.append(quick)
    slow.answer, slow.held = threat_jammer_says, asyncio.Event()
    threat_jammer = world.threat_jammer()
    world.fake = quick
    enricher = world.enricher(threat_jammer, world.abuseipdb())
    await until_answered(enricher, "AbuseIPDB")
    facts = await one(enricher, ADDRESS, AT_ONCE)
    assert facts.awaited == ("Threat Jammer",)
    assert [said.service for said in facts.reputations] == ["AbuseIPDB"]
    slow.held.set()
    facts = await one(enricher, ADDRESS)
    assert facts.awaited == ()
    assert [said.service for said in facts.reputations] == ["Threat Jammer", "AbuseIPDB"]


async def until_answered(enricher: Enricher, service: str) -> None:
    """Ask until this one service is no longer awaited; each call gives it some time."""
    async with asyncio.timeout(SOON.total_seconds()):
        while service in (await one(enricher, ADDRESS, AT_ONCE)).awaited:
            pass


async def test_many_who_ask_at_once_are_one_question(world: World) -> None:
    world.fake.answer, world.fake.held = threat_jammer_says, asyncio.Event()
    enricher = world.enricher(world.threat_jammer())
    asking = [asyncio.create_task(one(enricher, ADDRESS)) for _ in range(20)]
    asking.append(asyncio.create_task(one(enricher, f"::ffff:{ADDRESS}")))
    await until(lambda: len(world.fake.calls) == 2)
    world.fake.held.set()
    facts = await asyncio.gather(*asking)
    assert {said.reputations[0].score for said in facts} == {72}
    assert len(world.fake.calls) == 3


async def test_what_is_known_is_not_asked_again_until_it_expires(world: World, clock: Clock) -> None:
    world.fake.answer = threat_jammer_says
    first = await one(world.enricher(world.threat_jammer()), ADDRESS)
    world.forget()
    enricher = world.enricher(world.threat_jammer())
    assert await one(enricher, ADDRESS) == first
    assert len(world.fake.calls) == 3
    assert metric(world, 'powertrip_enrichment_cache_hits_total{service="Threat Jammer"} 1.0')
    clock.forward(hours=25)
    await one(enricher, ADDRESS)
    assert len(world.fake.calls) == 5


async def test_a_negative_answer_is_kept_briefly(world: World, clock: Clock) -> None:
    world.fake.answer = lambda *_: Said({}, status=404)
    enricher = world.enricher(world.threat_jammer())
    for _ in range(3):
        assert (await one(enricher, ADDRESS)).unavailable
    assert len(world.fake.calls) == 2
    clock.forward(minutes=11)
    world.fake.answer = threat_jammer_says
    assert (await one(enricher, ADDRESS)).reputations


async def test_a_failing_service_is_left_alone_and_then_tried_with_one_question(
    world: World, clock: Clock
) -> None:
    world.fake.answer = lambda *_: Said({}, status=503)
    enricher = world.enricher(world.abuseipdb(per_minute=1000))
    for host in range(5):
        await one(enricher, f"192.0.2.{host}")
    assert metric(world, 'powertrip_enrichment_paused{service="AbuseIPDB"} 1.0')
    facts = await one(enricher, "192.0.2.100")
    assert facts.unavailable == {"AbuseIPDB": "AbuseIPDB: the server answered 503"}
    assert len(world.fake.calls) == 5
    clock.forward(minutes=2)
    burst = [f"203.0.113.{host}" for host in range(10)]
    await enricher.facts(burst, SOON)
    assert len(world.fake.calls) == 6
    clock.forward(minutes=2)
    world.fake.answer = lambda *_: Said({"data": {"abuseConfidenceScore": 1}})
    healed = await enricher.facts(burst, SOON)
    assert all(said.reputations for said in healed.values())
    assert metric(world, 'powertrip_enrichment_paused{service="AbuseIPDB"} 0.0')


async def test_a_wrong_token_stops_the_questions_at_once(world: World, clock: Clock) -> None:
    world.fake.answer = lambda *_: Said({}, status=401)
    enricher = world.enricher(world.threat_jammer())
    await one(enricher, ADDRESS)
    calls = len(world.fake.calls)
    assert (await one(enricher, "192.0.2.2")).unavailable == {"Threat Jammer": WRONG_TOKEN}
    assert len(world.fake.calls) == calls
    clock.forward(minutes=11)
    world.fake.answer = threat_jammer_says
    assert (await one(enricher, "192.0.2.2")).reputations


async def test_a_service_that_is_always_busy_ends_up_unavailable(world: World) -> None:
    world.fake.answer = lambda *_: Said({}, status=429)
    facts = await one(world.enricher(world.abuseipdb()), ADDRESS)
    assert facts.unavailable == {"AbuseIPDB": "AbuseIPDB: the server answered 429"}
    assert len(world.fake.calls) == 10
    assert metric(world, 'powertrip_enrichment_calls_total{outcome="busy",service="AbuseIPDB"} 10.0')


async def test_one_that_wants_to_be_left_alone_for_long_is_unavailable(world: World, clock: Clock) -> None:
    world.fake.answer = lambda *_: Said({}, status=429, headers={"Retry-After": "7200"})
    enricher = world.enricher(world.abuseipdb())
    assert (await one(enricher, ADDRESS)).unavailable
    clock.forward(minutes=100)
    assert (await one(enricher, ADDRESS)).unavailable
    assert len(world.fake.calls) == 1


async def test_one_that_cannot_be_reached_is_said_so(world: World) -> None:
    world.services.clear()
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    problem = "Threat Jammer: no answer: the server cannot be reached (ConnectError)"
    assert facts.unavailable == {"Threat Jammer": problem}


async def test_one_that_never_answers_is_said_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powertrip.enrichment.section.BOUNDS", Bounds(seconds=0.05))
    world.fake.held = asyncio.Event()
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.unavailable == {"Threat Jammer": "Threat Jammer: no answer within 0.05 s"}


async def test_without_the_database_it_works_from_memory(fake: FakeService, clock: Clock) -> None:
    thread = DatabaseThread(open_database("postgresql://nobody@127.0.0.1:1/none"))
    world = World(fake, Store(thread).enrichment_cache, clock)
    fake.answer = threat_jammer_says
    enricher = world.enricher(world.threat_jammer(limit=5))
    first = await one(enricher, ADDRESS)
    assert first.network
    assert first.reputations[0].score == 72
    assert await one(enricher, ADDRESS) == first
    assert len(fake.calls) == 3
    facts = await one(enricher, "192.0.2.1")
    assert facts.reputations
    assert (await one(enricher, "192.0.2.2")).unavailable, "the month's quota holds without it too"
    await enricher.close()
    await thread.close()


async def test_an_answer_that_another_version_kept_is_asked_for_anew(world: World, store: Store) -> None:
    world.fake.answer = threat_jammer_says
    key, until_then = f"Threat Jammer:1:{ADDRESS}", world.clock() + timedelta(hours=1)
    await store.enrichment_cache.put({key: {"reputation": {"unknown": 1}}}, world.clock(), until_then)
    assert (await one(world.enricher(world.threat_jammer()), ADDRESS)).reputations


async def test_memory_has_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MEMORY_LIMIT", 10)
    keys, until_then = [f"service:1:192.0.2.{host}" for host in range(50)], world.clock() + timedelta(hours=1)
    for key in keys:
        world.cache.put_in_memory(key, {}, until_then)
    assert list(await world.cache.get(keys)) == keys[-10:]


async def test_more_than_can_wait_are_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powertrip.enrichment.lookup_queue.MOST_WAITING", 3)
    world.fake.answer = threat_jammer_says
    facts = await world.enricher(world.threat_jammer()).facts([f"192.0.2.{n}" for n in range(5)], SOON)
    assert sum(bool(said.reputations) for said in facts.values()) == 3
    assert sum("other addresses wait" in str(said.unavailable) for said in facts.values()) == 2


async def test_closing_drops_what_is_under_way(world: World) -> None:
    world.fake.held, before = asyncio.Event(), asyncio.all_tasks()
    enricher = world.enricher(world.threat_jammer())
    asking = asyncio.create_task(one(enricher, ADDRESS))
    await until(lambda: bool(world.fake.calls))
    await enricher.close()
    assert (await asking).awaited == ("Threat Jammer",)
    assert asyncio.all_tasks() == before


async def test_the_score_of_each_comes_in_the_order_of_the_config(world: World) -> None:
    def answer(path: str, body: Any) -> Said:
        if path == "/check":
            return Said({"data": {"abuseConfidenceScore": 3, "countryCode": "FR", "isp": "Example ISP"}})
        if "assess" in path:
            return Said(assessment(ADDRESS, asn=""))
        return threat_jammer_says(path, body)

    world.fake.answer = answer
    facts = await one(world.enricher(world.abuseipdb(), world.threat_jammer()), ADDRESS)
    assert [said.service for said in facts.reputations] == ["AbuseIPDB", "Threat Jammer"]
    assert facts.place
    assert (facts.place.country_code, facts.place.city) == ("FR", None), "Berlin is not in France"
    assert facts.network
    assert facts.network.name == "Example ISP"
