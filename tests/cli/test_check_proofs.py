"""What `check` says of the identity provider, and of who could not sign in there."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from powertrip.cli.check import CheckResult, check_all
from powertrip.net import utc_now
from tests.config.test_config import load
from tests.outside import serving
from tests.page.canaille_server import CLIENT_ID
from tests.page.provider import StubProvider
from tests.page.rig import KEY


async def findings(
    folder: Path, issuer: str, changes: dict[str, Any] | None = None, **people: Any
) -> list[CheckResult]:
    """What `check` says of proofs, with a Slack that is away."""
    proofs = {
        "kinds": ["oidc"],
        "key": KEY,
        "page": "https://powertrip.example.com",
        "oidc": {"issuer": issuer, "client_id": CLIENT_ID, "enrols": bool(changes)},
    } | (changes or {})
    config = {
        "slack": {"base_url": "http://127.0.0.1:1/api/"},
        "database": {"url": f"sqlite:///{folder}/powertrip.db"},
        "proofs": proofs,
        "people": people,
    }
    return [one for one in await check_all(load(folder, yaml.safe_dump(config))) if one.name == "proofs"]


async def test_a_provider_that_answers_is_well_and_who_cannot_sign_in_is_named(tmp_path: Path) -> None:
    provider = StubProvider(utc_now)
    async with serving(provider) as address:
        provider.issuer = address.rstrip("/")
        alice, bob = {"slack": "U0ALICE", "oidc": "alice"}, {"email": "bob@example.com"}
        well, doubt = await findings(tmp_path, provider.issuer, alice=alice, bob=bob, oswaldo={"bot": True})

    assert well.ok
    assert not well.doubtful
    assert doubt.doubtful
    assert doubt.detail.endswith("without slack and oidc: bob")


async def test_a_provider_that_only_enrols_is_asked_too_and_who_could_not_enrol_is_named(
    tmp_path: Path,
) -> None:
    provider = StubProvider(utc_now)
    async with serving(provider) as address:
        provider.issuer = address.rstrip("/")
        bob = {"email": "bob@example.com"}
        well, doubt = await findings(tmp_path, provider.issuer, {"kinds": ["passkey"]}, bob=bob)

    assert "knows client_id and https://powertrip.example.com/enrol/signed-in," in well.detail
    assert doubt.detail == "cannot enrol anything by signing in, without slack and oidc: bob"


@pytest.mark.parametrize(
    ("fails", "issuer", "why"),
    [(404, None, "answered 404"), (None, "https://login.example.net", "calls itself another issuer")],
)
async def test_a_provider_of_no_use_is_told_with_the_cure(
    tmp_path: Path, fails: int | None, issuer: str | None, why: str
) -> None:
    provider = StubProvider(utc_now, fails=fails)
    async with serving(provider) as address:
        provider.issuer = issuer or address
        (wrong,) = await findings(tmp_path, address.rstrip("/"))

    assert not wrong.ok
    assert why in wrong.detail
