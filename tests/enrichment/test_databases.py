"""Databases in MaxMind's format: what each shape says, and files that are missing, damaged or replaced."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.address import Network, Place
from powertrip.enrichment import DatabaseFile, Databases
from powertrip.enrichment.databases import read_record
from powertrip.errors import Rejected
from tests.enrichment.world import Said, World, assessment, one, threat_jammer_says


@pytest.fixture
def maxmind(corpora: Path) -> Path:
    """MaxMind's own test databases."""
    return corpora / "maxmind"


def databases(*paths: Path) -> Databases:
    """These files as a service."""
    return Databases([DatabaseFile(path) for path in paths])


async def test_network_and_place_come_from_two_files(maxmind: Path, world: World) -> None:
    local = databases(maxmind / "GeoLite2-ASN-Test.mmdb", maxmind / "GeoLite2-City-Test.mmdb")
    enricher = world.enricher(local)
    facts = await one(enricher, "1.128.0.0")
    assert facts.network == Network(as_number=1221, name="Telstra Pty Ltd", prefix="1.128.0.0/11")
    facts = await one(enricher, "81.2.69.160")
    assert facts.place
    assert (facts.place.country_code, facts.place.country) == ("GB", "United Kingdom")
    assert (facts.place.city, facts.place.region) == ("London", "England")
    assert facts.place.time_zone == "Europe/London"
    assert world.fake.calls == []


async def test_an_ipv6_address_is_found(maxmind: Path, world: World) -> None:
    facts = await one(world.enricher(databases(maxmind / "GeoLite2-Country-Test.mmdb")), "2001:218::1")
    assert facts.place
    assert facts.place.country_code == "JP"


async def test_what_no_file_knows_is_no_failure(maxmind: Path, world: World) -> None:
    facts = await one(world.enricher(databases(maxmind / "GeoLite2-City-Test.mmdb")), "198.51.100.7")
    assert (facts.network, facts.place, facts.unavailable, facts.awaited) == (None, None, {}, ())


async def test_files_fill_in_what_a_service_does_not_say(maxmind: Path, world: World) -> None:
    def answer(path: str, body: Any) -> Said:
        if "assess" in path:
            return Said(assessment("1.128.0.0", asn="/v1/asn/1221"))
        return Said({}, status=404) if "asn" in path else threat_jammer_says(path, body)

    world.fake.answer = answer
    local = databases(maxmind / "GeoLite2-ASN-Test.mmdb")
    facts = await one(world.enricher(world.threat_jammer(), local), "1.128.0.0")
    assert facts.network == Network(as_number=1221, name="Telstra Pty Ltd", prefix="1.128.0.0/11")


async def test_they_answer_while_a_service_fails(maxmind: Path, world: World) -> None:
    world.fake.answer = lambda *_: Said({}, status=500)
    local = databases(maxmind / "GeoLite2-ASN-Test.mmdb")
    facts = await one(world.enricher(world.threat_jammer(), local), "1.128.0.0")
    assert list(facts.unavailable) == ["Threat Jammer"]
    assert facts.network
    assert facts.network.as_number == 1221


@pytest.mark.parametrize(
    ("record", "network", "place"),
    [
        pytest.param(
            {
                "country": "Germany",
                "country_code": "DE",
                "continent": "Europe",
                "asn": "AS64496",
                "as_name": "Example Networks",
                "as_domain": "example.com",
            },
            Network(as_number=64496, name="Example Networks", prefix="192.0.2.0/24"),
            Place(country_code="DE", country="Germany"),
            id="IPinfo Lite",
        ),
        pytest.param(
            {"country": "DE", "city": "Berlin", "region": "Land Berlin", "lat": "52.5", "lng": "13.4"},
            None,
            Place(country_code="DE", city="Berlin", region="Land Berlin"),
            id="IPinfo location",
        ),
        pytest.param(
            {
                "country": {"iso_code": "DE", "names": {"en": "Germany", "de": "Deutschland"}},
                "city": {"names": {"en": "Berlin"}},
                "subdivisions": [{"names": {"en": "Land Berlin"}}],
                "location": {"latitude": 52.5, "longitude": 13.4},
            },
            None,
            Place(country_code="DE", country="Germany", city="Berlin", region="Land Berlin"),
            id="DB-IP",
        ),
        pytest.param(
            {"autonomous_system_number": 64496}, Network(as_number=64496, prefix="192.0.2.0/24"), None
        ),
        pytest.param({"country": [], "city": 7, "asn": {}, "location": "x", "traits": []}, None, None),
        pytest.param({}, None, None),
    ],
)
def test_each_shape_is_read(record: Any, network: Network | None, place: Place | None) -> None:
    answer = read_record("192.0.2.7", record, 24)
    assert (answer.network, answer.place) == (network, place)


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mmdb"
    damaged.write_bytes(b"nothing of the kind")
    with pytest.raises(Rejected, match=r"damaged\.mmdb: is not a database in MaxMind's format"):
        DatabaseFile(damaged)
    damaged.write_bytes(b"")
    with pytest.raises(Rejected, match="is not a database in MaxMind's format"):
        DatabaseFile(damaged)
    with pytest.raises(Rejected, match=r"missing\.mmdb: there is no such file"):
        DatabaseFile(tmp_path / "missing.mmdb")
    with pytest.raises(Rejected, match="cannot be read: Is a directory"):
        DatabaseFile(tmp_path)


async def test_a_replaced_file_is_read_anew(maxmind: Path, world: World, tmp_path: Path) -> None:
    path = tmp_path / "some.mmdb"
    shutil.copyfile(maxmind / "GeoLite2-City-Test.mmdb", path)
    enricher = world.enricher(databases(path))
    assert (await one(enricher, "1.128.0.0")).network is None
    replace(path, (maxmind / "GeoLite2-ASN-Test.mmdb").read_bytes())
    facts = await one(enricher, "1.128.0.0")
    assert facts.network
    assert facts.network.as_number == 1221


async def test_a_replacement_that_cannot_be_read_leaves_the_old_one(
    maxmind: Path, world: World, tmp_path: Path
) -> None:
    path = tmp_path / "some.mmdb"
    shutil.copyfile(maxmind / "GeoLite2-ASN-Test.mmdb", path)
    enricher = world.enricher(databases(path))
    for content in (b"half a downloa", None):
        replace(path, content)
        facts = await one(enricher, "1.128.0.0")
        assert facts.network
        assert facts.network.as_number == 1221


async def test_a_file_cut_short_in_its_place_does_no_harm(
    maxmind: Path, world: World, tmp_path: Path
) -> None:
    path = tmp_path / "some.mmdb"
    shutil.copyfile(maxmind / "GeoLite2-ASN-Test.mmdb", path)
    enricher = world.enricher(databases(path))
    os.truncate(path, 100)
    facts = await one(enricher, "1.128.0.0")
    assert facts.network
    assert facts.network.as_number == 1221


def replace(path: Path, content: bytes | None) -> None:
    """As a download tool does: write beside it and move it there; None takes the file away."""
    if content is None:
        path.unlink()
        return
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    os.replace(fresh, path)
