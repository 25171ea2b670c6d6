"""Threat Jammer at the wire: what is read, what is refused in which words, and what it costs."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.address import Network, Place
from powertrip.enrichment import ServiceAnswer
from tests.conftest import Clock
from tests.enrichment.world import OWNER, SOON, TOKEN, Said, World, assessment, geo, one, threat_jammer_says

ADDRESS = "198.51.100.7"

# What is kept in either database is tested by the enricher's tests and the store's.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_reputation_network_and_place_of_an_address(world: World) -> None:
    world.fake.answer = threat_jammer_says
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    (reputation,) = facts.reputations
    assert (reputation.service, reputation.score, reputation.risk) == ("Threat Jammer", 72, "high")
    assert reputation.reason == "Found in 2 datasets"
    assert reputation.details == {
        "Datasets": "ABUSE",
        "First seen": "SOMEBODY (30D)",
        "Last seen": "SOMEBODY (7D)",
    }
    assert facts.network == Network(
        as_number=64496, name="EXAMPLE-AS", description="Example Networks", country_code="US"
    )
    assert facts.place == Place(
        country_code="DE",
        city="Berlin",
        time_zone="Europe/Berlin",
    )
    assert not facts.unavailable
    assert not facts.awaited
    assert {headers["Authorization"] for headers in world.fake.headers} == {f"Bearer {TOKEN}"}


async def test_the_sample_of_its_schema_is_read(world: World, corpora: Path) -> None:
    samples = json.loads((corpora / "threatjammer" / "constructed_samples.json").read_text())
    parts = {"assess": "assess_ip", "geo": "geo", "asn": "asn"}
    world.fake.answer = lambda path, _: Said(samples[parts[path.split("/")[2]]])
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.reputations[0].score == 72
    assert facts.reputations[0].details["First seen"] == "SOME_SOURCE (30D)"
    assert facts.network
    assert facts.network.name == "EXAMPLE-AS"
    assert facts.place
    assert (facts.place.country_code, facts.place.city) == ("US", None)


@pytest.mark.parametrize("asn", ["/v1/asn/64496", "v1/asn/64496", "https://evil.example.com/v1/asn/64496/"])
async def test_only_the_number_of_a_network_is_taken_out_of_its_address(world: World, asn: str) -> None:
    world.fake.answer = lambda path, body: (
        Said(assessment(ADDRESS, asn=asn)) if "assess" in path else threat_jammer_says(path, body)
    )
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.network
    assert facts.network.name == OWNER["name"]
    assert "GET /v1/asn/64496" in world.fake.calls


@pytest.mark.parametrize(
    "asn", ["", None, 7.5, [], "https://evil.example.com/latest/meta-data", "/v1/asn/99999999999"]
)
async def test_without_a_number_no_network_is_asked_about(world: World, asn: Any) -> None:
    world.fake.answer = lambda path, body: (
        Said(assessment(ADDRESS, asn=asn)) if "assess" in path else threat_jammer_says(path, body)
    )
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.network is None
    assert len(world.fake.calls) == 2


async def test_a_missing_score_and_the_other_spelling_are_read(world: World) -> None:
    said = assessment(ADDRESS, score=None, first_appearence=["LONG_AGO"])
    del said["first_appearance"]
    world.fake.answer = lambda path, body: Said(said) if "assess" in path else threat_jammer_says(path, body)
    (reputation,) = (await one(world.enricher(world.threat_jammer()), ADDRESS)).reputations
    assert reputation.score is None
    assert reputation.risk == "high"
    assert reputation.details["First seen"] == "LONG_AGO"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "does not assess this address"),
        (404, "knows nothing"),
        (422, "does not take this for an address"),
        (401, "answered 401; the token is not accepted; check enrichment.threat_jammer.token"),
        (403, "answered 403; the subscription does not allow this"),
        (302, "answered 302; redirects are not followed; check base_url"),
        (500, "answered 500"),
    ],
)
async def test_each_refusal_is_said_in_words(world: World, status: int, words: str) -> None:
    world.fake.answer = lambda *_: Said({}, status=status, headers={"Location": "http://192.0.2.1/"})
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert words in facts.unavailable["Threat Jammer"]
    assert TOKEN not in facts.unavailable["Threat Jammer"]
    assert facts.reputations == ()


async def test_after_429_it_is_asked_again_when_it_says(world: World) -> None:
    world.fake.answer = lambda path, body: (
        Said({}, status=429, headers={"Retry-After": "17"})
        if len(world.fake.calls) <= 2
        else threat_jammer_says(path, body)
    )
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.reputations[0].score == 72
    assert world.slept[0] == 17.0


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "the answer is not JSON"),
        (b"<html>", "the answer is not JSON"),
        (b"[" * 100_000, "the answer is not JSON"),
        (b'{"a":' * 50_000, "the answer is not JSON"),
        (b"\xff\xfe", "the answer is not JSON"),
        (b"x" * (3 << 20), "the answer is larger than 2 MiB"),
    ],
    ids=lambda value: len(value) if isinstance(value, bytes) else "",
)
async def test_what_is_not_json_or_too_large_is_said_so(world: World, raw: bytes, problem: str) -> None:
    world.fake.answer = lambda *_: Said(raw=raw)
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.unavailable == {"Threat Jammer": f"Threat Jammer: {problem}"}


@pytest.mark.parametrize(
    "body", [None, [], "x", 7, {"results": 5}, {"score": {}, "risk": [], "datasets": {}}]
)
async def test_wrong_types_say_nothing_and_never_raise(world: World, body: Any) -> None:
    world.fake.answer = lambda *_: Said(body)
    many = [ADDRESS, "192.0.2.1", "192.0.2.2"]
    # Not through the enricher, whose queues turn whatever is raised into words.
    answers = await world.threat_jammer().look_up(many)
    nothing = ServiceAnswer(problem="Threat Jammer says nothing of this address", failed=True)
    assert answers == dict.fromkeys(many, nothing)
    (alone,) = (await world.threat_jammer().look_up([ADDRESS])).values()
    assert alone == nothing


async def test_after_nonsense_it_is_left_alone_for_a_while(world: World) -> None:
    world.fake.answer = lambda *_: Said("nonsense")
    enricher = world.enricher(world.threat_jammer())
    for _ in range(2):
        facts = await one(enricher, ADDRESS)
        assert facts.failing == ("Threat Jammer",)
    assert len(world.fake.calls) == 2  # of one question: the assessment and the place


async def test_hostile_values_are_cut_and_bounded(world: World) -> None:
    said = assessment(ADDRESS, score=10**400, reason="\x00\x1b[31m<!channel>\u202e" + "x" * 10_000)
    said |= {"datasets": ["y" * 10_000] * 50, "risk": "z" * 1000, "denylisted": "http://[bad"}
    place = geo(ADDRESS, city_name="\x00\u202e" + "c" * 10_000, country_iso_code="<!here>")
    world.fake.answer = lambda path, _: Said(said if "assess" in path else place)
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    (reputation,) = facts.reputations
    assert reputation.score is None
    assert reputation.reason
    assert len(reputation.reason) <= 300
    assert not {"\x00", "\x1b", "\u202e"} & set(reputation.reason)
    assert all(len(value) <= 300 for value in reputation.details.values())
    assert facts.place
    assert facts.place.country_code is None
    assert facts.place.city
    assert len(facts.place.city) <= 300
    assert not {"\x00", "\u202e"} & set(facts.place.city)


async def test_a_burst_of_new_addresses_keeps_to_the_quota_of_every_minute(world: World) -> None:
    world.fake.answer = threat_jammer_says
    enricher = world.enricher(world.threat_jammer())
    for number in range(4):
        burst = [f"192.0.2.{number * 25 + host}" for host in range(25)]
        facts = await enricher.facts(burst, SOON)
        assert all(said.reputations and not said.unavailable for said in facts.values())
    assert {len(body) for body in world.fake.bodies if body} == {25}
    assert len(world.fake.calls) == 9  # two calls a burst, and one for the network that they share


async def test_new_networks_never_take_more_than_the_quota_of_any_minute(world: World) -> None:
    moments: list[Any] = []

    def answer(path: str, body: Any) -> Said:
        moments.append(world.clock())
        last = path.rpartition("/")[2]
        if "assess" in path and body is None:
            return Said(assessment(last, asn=f"/v1/asn/{last.replace('.', '')}"))
        return threat_jammer_says(path, body)

    world.fake.answer = answer
    enricher = world.enricher(world.threat_jammer())
    for host in range(100):
        facts = await one(enricher, f"192.0.2.{host}")
        assert facts.reputations
    for moment in moments:
        in_the_minute = [other for other in moments if 0 <= (other - moment).total_seconds() < 60]
        assert len(in_the_minute) <= 10
    assert world.slept


async def test_beyond_the_month_nothing_is_asked_even_by_a_new_process(world: World) -> None:
    world.fake.answer = threat_jammer_says
    await one(world.enricher(world.threat_jammer(limit=4)), ADDRESS)
    world.forget()
    first = len(world.fake.calls)
    facts = await one(world.enricher(world.threat_jammer(limit=4)), "192.0.2.9")
    assert "the 4 calls that the settings allow a month are used up" in facts.unavailable["Threat Jammer"]
    assert len(world.fake.calls) == first


async def test_a_new_month_brings_new_calls(world: World, clock: Clock) -> None:
    world.fake.answer = threat_jammer_says
    enricher = world.enricher(world.threat_jammer(limit=3))
    await one(enricher, ADDRESS)
    assert (await one(enricher, "192.0.2.9")).unavailable
    clock.forward(days=32)
    assert (await one(enricher, "192.0.2.9")).reputations


async def test_the_owner_of_a_network_is_asked_for_once(world: World) -> None:
    world.fake.answer = threat_jammer_says
    enricher = world.enricher(world.threat_jammer())
    await one(enricher, ADDRESS)
    world.clock.forward(days=2)
    world.forget()
    again = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert again.network
    assert again.network.name == "EXAMPLE-AS"
    assert [call for call in world.fake.calls if "asn" in call] == ["GET /v1/asn/64496"]


async def test_an_owner_that_another_version_kept_is_read(world: World) -> None:
    world.fake.answer = threat_jammer_says
    owner = {"as_number": 64496, "name": "KEPT-AS", "registry": "RIPE"}
    await world.cache.put({"Threat Jammer:1:asn:64496": owner}, timedelta(days=1))
    facts = await one(world.enricher(world.threat_jammer()), ADDRESS)
    assert facts.network == Network(as_number=64496, name="KEPT-AS")


async def test_a_network_that_the_quota_left_unnamed_is_named_soon(world: World) -> None:
    world.fake.answer = threat_jammer_says
    enricher = world.enricher(world.threat_jammer(per_minute=2))
    facts = await one(enricher, ADDRESS)
    assert facts.network == Network(as_number=64496)
    world.clock.forward(minutes=11)
    world.forget()
    later = await one(world.enricher(world.threat_jammer(per_minute=3)), ADDRESS)
    assert later.network
    assert later.network.name == "EXAMPLE-AS"


async def test_results_about_other_addresses_are_not_taken(world: World) -> None:
    others = {"results": [assessment("203.0.113.1"), assessment("203.0.113.2", score=99)]}
    world.fake.answer = lambda *_: Said(others)
    facts = await world.enricher(world.threat_jammer()).facts(["192.0.2.1", "192.0.2.2"], SOON)
    assert all(said.reputations == () and said.unavailable for said in facts.values())


async def test_the_probe_tells_what_is_left(world: World) -> None:
    world.fake.answer = lambda *_: Said({"last_month_bucket_value": 4990})
    assert await world.threat_jammer().probe() == "the token is accepted; 4990 calls are left this month"


async def test_an_assessment_counts_though_the_place_fails(world: World) -> None:
    world.fake.answer = lambda path, body: (
        Said({}, status=500) if "geo" in path else threat_jammer_says(path, body)
    )
    enricher = world.enricher(world.threat_jammer())
    facts = await one(enricher, ADDRESS)
    assert (facts.reputations[0].score, facts.place, facts.unavailable) == (72, None, {})
    world.fake.answer = threat_jammer_says
    world.clock.forward(minutes=11)
    assert (await one(enricher, ADDRESS)).place, "what is not whole is not kept for a day"


async def test_a_clock_set_back_holds_nothing_up_for_long(world: World) -> None:
    world.fake.answer = threat_jammer_says
    enricher = world.enricher(world.threat_jammer(per_minute=2))
    await one(enricher, ADDRESS)
    world.clock.forward(hours=-5)
    await one(enricher, "192.0.2.1")
    assert max(world.slept) <= 60
