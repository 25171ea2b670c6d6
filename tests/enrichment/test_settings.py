"""From the config to the services: which are asked, in which order, and what is wrong at the start."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from powertrip.domain.address import AddressKind
from powertrip.errors import ConfigError
from powertrip.log import redact
from powertrip.metrics import Metrics
from powertrip.pipeline.ports import Enrichment
from powertrip.settings import Config
from powertrip.store import Store
from tests.config.test_config import load, only_mistake
from tests.conftest import Clock
from tests.enrichment.world import SOON, TOKEN, FakeService, one, threat_jammer_says
from tests.outside import serving

ALL = """
enrichment:
  services: [greynoise, threat_jammer, abuseipdb]
  ask_about_documentation: true
  threat_jammer: {{token: {token}, base_url: "{url}"}}
  abuseipdb: {{key: {token}-abuse, base_url: "{url}"}}
  greynoise: {{key: {token}-grey, base_url: "{url}"}}
"""


@pytest.fixture
async def fake() -> AsyncIterator[FakeService]:
    service = FakeService(answer=threat_jammer_says)
    async with serving(service.handle) as service.url:
        yield service


def configured(folder: Path, fake: FakeService) -> Config:
    return load(folder, ALL.format(token=TOKEN, url=fake.url))


async def test_the_services_are_asked_as_configured(
    tmp_path: Path, fake: FakeService, store: Store, clock: Clock
) -> None:
    enricher = configured(tmp_path, fake).enrichment.start(store.enrichment_cache, Metrics(), clock)
    as_the_workflow_sees_it: Enrichment = enricher
    facts = (await as_the_workflow_sees_it.facts(["198.51.100.7"], SOON))["198.51.100.7"]
    await enricher.close()
    assert [service.name for service in enricher.services] == ["GreyNoise", "Threat Jammer", "AbuseIPDB"]
    assert [said.service for said in facts.reputations] == ["GreyNoise", "Threat Jammer"]
    assert "AbuseIPDB" in facts.unavailable
    keys = {value for headers in fake.headers for name, value in headers.items() if name.lower() == "key"}
    assert keys == {f"{TOKEN}-abuse", f"{TOKEN}-grey"}


async def test_by_default_nobody_is_asked(tmp_path: Path, store: Store, clock: Clock) -> None:
    enricher = load(tmp_path, "").enrichment.start(store.enrichment_cache, Metrics(), clock)
    facts = await one(enricher, "8.8.8.8")
    await enricher.close()
    assert (facts.kind, facts.reputations, facts.awaited) == (AddressKind.PUBLIC, (), ())


def test_every_database_that_cannot_be_read_is_a_mistake(tmp_path: Path, store: Store, clock: Clock) -> None:
    (tmp_path / "damaged.mmdb").write_bytes(b"x")
    paths = f"[{tmp_path}/missing.mmdb, {tmp_path}/damaged.mmdb]"
    config = load(tmp_path, f"enrichment: {{databases: {paths}}}")
    with pytest.raises(ConfigError) as refused:
        config.enrichment.start(store.enrichment_cache, Metrics(), clock)
    assert [mistake.setting for mistake in refused.value.mistakes] == [
        "enrichment.databases.0",
        "enrichment.databases.1",
    ]
    assert "there is no such file" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "setting", "words"),
    [
        ("services: [threat_jammer]", "enrichment.services.0", "enrichment.threat_jammer.token"),
        ("services: [greynoise, abuseipdb]", "enrichment.services.1", "enrichment.abuseipdb.key"),
        ("services: [greynoise, greynoise]", "enrichment.services.1", "twice"),
        ("services: [shodan]", "enrichment.services.0", "threat_jammer"),
        ('threat_jammer: {token: "a b"}', "enrichment.threat_jammer.token", "spaces"),
        ('threat_jammer: {token: ""}', "enrichment.threat_jammer.token", "is empty"),
        ("threat_jammer: {per_minute: 1}", "enrichment.threat_jammer.per_minute", "at least 2"),
        ("threat_jammer: {base_url: ftp://x/}", "enrichment.threat_jammer.base_url", "http"),
    ],
)
def test_mistakes_say_what_to_write(tmp_path: Path, text: str, setting: str, words: str) -> None:
    mistake = only_mistake(tmp_path, f"enrichment: {{{text}}}")
    assert mistake.setting == setting
    assert words in mistake.problem


def test_a_token_over_plain_http_is_warned_of(tmp_path: Path) -> None:
    text = "enrichment: {services: [greynoise], greynoise: {base_url: http://proxy.example.com/}}"
    assert any(given.setting == "enrichment.greynoise.base_url" for given in load(tmp_path, text).warnings)


def test_no_token_is_printed(tmp_path: Path, fake: FakeService) -> None:
    configured(tmp_path, fake)
    printed = redact(f"{TOKEN} {TOKEN}-abuse {TOKEN}-grey")
    assert TOKEN not in printed
    assert "grey" not in printed
