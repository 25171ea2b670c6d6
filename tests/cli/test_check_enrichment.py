"""What `check` says of the services that know addresses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from powertrip.cli.check import CheckResult, check_all
from tests.config.test_config import load
from tests.enrichment.world import TOKEN, FakeService, Said
from tests.outside import serving


async def findings(folder: Path, **enrichment: Any) -> list[CheckResult]:
    """All that `check` finds, with a Slack that is away."""
    config = {
        "slack": {"base_url": "http://127.0.0.1:1/api/"},
        "database": {"url": f"sqlite:///{folder}/powertrip.db"},
        "enrichment": enrichment,
    }
    return await check_all(load(folder, yaml.safe_dump(config)))


async def test_a_service_that_takes_the_token_is_well(tmp_path: Path) -> None:
    fake = FakeService(answer=lambda *_: Said({"last_month_bucket_value": 12}))
    async with serving(fake.handle) as url:
        settings = {"token": TOKEN, "base_url": url}
        found = await findings(tmp_path, services=["threat_jammer"], threat_jammer=settings)
    detail = "the token is accepted; 12 calls are left this month"
    assert CheckResult(name="Threat Jammer", ok=True, detail=detail) in found
    assert fake.calls == ["GET /v1/token"]


async def test_a_refused_token_is_named_by_its_setting(tmp_path: Path) -> None:
    fake = FakeService(answer=lambda *_: Said({}, status=401))
    async with serving(fake.handle) as url:
        settings = {"key": TOKEN, "base_url": url}
        found = await findings(tmp_path, services=["abuseipdb"], abuseipdb=settings)
    detail = "AbuseIPDB: the server answered 401; the token is not accepted; check enrichment.abuseipdb.key"
    assert CheckResult(name="AbuseIPDB", ok=False, detail=detail) in found


async def test_a_missing_database_is_named(tmp_path: Path) -> None:
    found = await findings(tmp_path, databases=[f"{tmp_path}/missing.mmdb"])
    (finding,) = [one for one in found if one.name == "enrichment"]
    assert not finding.ok
    assert "enrichment.databases.0" in finding.detail
    assert "there is no such file" in finding.detail


async def test_a_database_is_described(tmp_path: Path, corpora: Path) -> None:
    path = corpora / "maxmind" / "GeoLite2-ASN-Test.mmdb"
    found = await findings(tmp_path, databases=[str(path)])
    (finding,) = [one for one in found if one.name == "Local databases"]
    assert finding.ok
    assert "GeoLite2-ASN, built 20" in finding.detail


@pytest.mark.parametrize("services", [[], ["greynoise"]])
async def test_only_what_is_configured_is_asked(tmp_path: Path, services: list[str]) -> None:
    fake = FakeService()
    async with serving(fake.handle) as url:
        await findings(tmp_path, services=services, greynoise={"base_url": url})
    assert len(fake.calls) == len(services)
