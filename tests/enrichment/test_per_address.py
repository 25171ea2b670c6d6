"""Services that take one address a call, at the wire: AbuseIPDB, GreyNoise, and a third."""

from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from powertrip.config.values import BaseUrl
from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.per_address import PerAddressSection
from powertrip.enrichment.section import Calls
from powertrip.enrichment.service import ServiceAnswer
from powertrip.errors import Unavailable
from powertrip.net import JsonAnswer
from tests.enrichment.world import SOON, TOKEN, Said, World, one

ADDRESS = "198.51.100.7"

# What is kept in either database is tested by the enricher's tests and the store's.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_what_abuseipdb_says(world: World) -> None:
    said = {
        "ipAddress": ADDRESS,
        "abuseConfidenceScore": 100,
        "countryCode": "DE",
        "usageType": "Data Center/Web Hosting/Transit",
        "isp": "Example Hosting",
        "isTor": True,
        "isWhitelisted": False,
        "totalReports": 1234,
        "numDistinctUsers": 7,
        "lastReportedAt": "2026-11-22T20:00:00+00:00",
    }
    world.fake.answer = lambda *_: Said({"data": said})
    facts = await one(world.enricher(world.abuseipdb()), ADDRESS)
    (reputation,) = facts.reputations
    assert reputation.score == 100
    assert reputation.details == {
        "Reports in 90 days": "1234",
        "Reported by": "7 people",
        "Last reported": "2026-11-22T20:00:00+00:00",
        "Used as": "Data Center/Web Hosting/Transit",
        "Tor": "yes",
    }
    assert facts.network == Network(name="Example Hosting")
    assert facts.place == Place(country_code="DE")
    assert world.fake.calls == [f"GET /check?ipAddress={ADDRESS}&maxAgeInDays=90"]
    assert world.fake.headers[0]["Key"] == TOKEN


@pytest.mark.parametrize("body", [None, [], {}, {"data": []}, {"data": "x"}])
async def test_abuseipdb_saying_nothing_is_said_so(world: World, body: Any) -> None:
    world.fake.answer = lambda *_: Said(body)
    assert (await one(world.enricher(world.abuseipdb()), ADDRESS)).unavailable["AbuseIPDB"]


async def test_one_address_that_fails_does_not_take_the_others_with_it(world: World) -> None:
    def answer(_path: str, _body: Any) -> Said:
        bad = world.fake.calls[-1].find("192.0.2.3&") >= 0
        return Said({}, status=500) if bad else Said({"data": {"abuseConfidenceScore": 5}})

    world.fake.answer = answer
    enricher = world.enricher(world.abuseipdb())
    facts = await enricher.facts([f"192.0.2.{host}" for host in range(5)], SOON)
    assert [address for address, said in facts.items() if not said.reputations] == ["192.0.2.3"]
    assert facts["192.0.2.3"].unavailable == {"AbuseIPDB": "AbuseIPDB: the server answered 500"}


@pytest.mark.parametrize(
    ("said", "risk", "reason"),
    [
        (
            {"noise": True, "riot": False, "classification": "malicious", "name": "unknown"},
            "malicious",
            "Scans the internet",
        ),
        (
            {"noise": False, "riot": True, "classification": "benign", "name": "Example DNS"},
            "benign",
            "Belongs to a common business service (Example DNS)",
        ),
        ({"noise": False, "riot": False}, None, "Not seen scanning the internet"),
        ({"noise": "true", "riot": 1, "classification": 7}, None, "Not seen scanning the internet"),
    ],
)
async def test_what_greynoise_says(world: World, said: Any, risk: str | None, reason: str) -> None:
    world.fake.answer = lambda *_: Said(said | {"last_seen": "2026-01-01"})
    (reputation,) = (await one(world.enricher(world.greynoise()), ADDRESS)).reputations
    assert (reputation.risk, reputation.reason, reputation.score) == (risk, reason, None)
    assert reputation.details == {"Last seen": "2026-01-01"}


async def test_to_greynoise_not_found_is_an_answer(world: World) -> None:
    world.fake.answer = lambda *_: Said({"noise": False}, status=404)
    facts = await one(world.enricher(world.greynoise()), ADDRESS)
    assert facts.reputations[0].reason == "Not seen scanning the internet"
    assert not facts.unavailable


async def test_greynoise_is_not_asked_about_ipv6(world: World) -> None:
    facts = await one(world.enricher(world.greynoise()), "2001:db8::1")
    assert facts.unavailable == {"GreyNoise": "GreyNoise knows IPv4 addresses only"}
    assert world.fake.calls == []


class Example(PerAddressSection):
    """A service that is nothing but its section."""

    title: ClassVar[str] = "Example"
    base_url: BaseUrl = "https://service.example.com/"
    per_minute: Calls = 2
    per_day: Calls = 100

    def request(self, address: str) -> tuple[str, dict[str, str]]:
        return f"v1/{address}", {"verbose": "1"}

    def read(self, answer: JsonAnswer) -> ServiceAnswer:
        score = reading.mapping(answer.value).get("score")
        return ServiceAnswer(reputation=Reputation(service=self.title, score=reading.whole(score, 0, 100)))


async def test_another_service_is_its_section_alone(world: World) -> None:
    world.fake.answer = lambda *_: Said({"score": 9})
    service = Example(key=SecretStr(TOKEN)).service("example", world.tools)
    facts = await world.enricher(service).facts(["192.0.2.1", "192.0.2.2", "192.0.2.3"], SOON)
    assert [said.reputations[0].score for said in facts.values()] == [9, 9, 9]
    assert sorted(world.fake.calls) == [f"GET /v1/192.0.2.{n}?verbose=1" for n in (1, 2, 3)]
    assert world.fake.headers[0]["Key"] == TOKEN
    assert world.slept, "the third waits for the next minute"


async def test_its_refusals_name_its_setting(world: World) -> None:
    world.fake.answer = lambda *_: Said({}, status=401)
    service = Example(key=SecretStr(TOKEN)).service("example", world.tools)
    facts = await one(world.enricher(service), ADDRESS)
    assert "check enrichment.example.key" in facts.unavailable["Example"]


async def test_both_can_be_probed(world: World) -> None:
    world.fake.answer = lambda *_: Said({"data": {"abuseConfidenceScore": 0}})
    assert await world.abuseipdb().probe() == "the key is accepted"
    assert await world.greynoise().probe() == "it answers"


@pytest.mark.parametrize("name", ["abuseipdb", "greynoise", "threat_jammer"])
async def test_a_server_that_is_not_the_service_fails_the_probe(world: World, name: str) -> None:
    world.fake.answer = lambda *_: Said({}, status=422)
    with pytest.raises(Unavailable, match="check base_url"):
        await getattr(world, name)().probe()
