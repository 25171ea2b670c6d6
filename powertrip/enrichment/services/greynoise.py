"""GreyNoise Community: whether an address scans the whole internet, or is a known business service."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from powertrip.config.values import BaseUrl
from powertrip.domain.address import Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.quota import Quota
from powertrip.enrichment.section import Calls, Lent, ServiceSection, Token
from powertrip.enrichment.service import Service, ServiceAnswer, each
from powertrip.errors import Unavailable
from powertrip.net import HttpClient

NAME = "GreyNoise"
WELL_KNOWN = "1.1.1.1"
"""A public resolver, for showing that the service answers."""
NOT_OBSERVED = Reputation(service=NAME, reason="Not seen scanning the internet")


class GreyNoiseSection(ServiceSection):
    """Whether an address scans the whole internet, or is a common business service's."""

    key: Token | None = None
    """An API key; the community service works without one, for fewer calls."""
    base_url: BaseUrl = "https://api.greynoise.io/"
    """The server."""
    per_minute: Calls = 10
    """Calls in any minute."""
    per_day: Calls = 50
    """Calls in a day."""

    def service(self, lent: Lent) -> Service:
        """See `ServiceSection`."""
        headers = {"key": self.key.get_secret_value()} if self.key else {}
        client = self.http(lent, NAME, headers, "greynoise.key")
        return GreyNoise(self, client, lent.quota(NAME, self.per_minute, self.per_day, "day"))


class GreyNoise:
    """The service; it works without a key too."""

    name = NAME
    version = 1
    batch = 5  # calls side by side: the service takes one address a call

    def __init__(self, settings: GreyNoiseSection, client: HttpClient, quota: Quota) -> None:
        self.keep: timedelta | None = settings.keep
        self._client = client
        self._quota = quota

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """One call an address."""
        return await each(addresses, self._one)

    async def probe(self) -> str:
        """Ask about an address that everybody knows; costs a call."""
        answer = await self._ask(WELL_KNOWN)
        if answer.problem:
            raise Unavailable(f"{answer.problem}; check base_url")
        return "it answers"

    async def _one(self, address: str) -> ServiceAnswer:
        if ip_address(address).version != 4:
            return ServiceAnswer(problem=f"{NAME} knows IPv4 addresses only")
        await self._quota.spend(1)
        return await self._ask(address)

    async def _ask(self, address: str) -> ServiceAnswer:
        answer = await self._client.request_json("GET", f"v3/community/{quote(address, safe='')}")
        if answer.status == 404:
            return ServiceAnswer(reputation=NOT_OBSERVED)
        if answer.status != 200:
            return ServiceAnswer(problem=f"{NAME} does not take this address ({answer.status})")
        return ServiceAnswer(reputation=_reputation(reading.mapping(answer.value)))


def _reputation(said: Mapping[str, Any]) -> Reputation:
    risk = reading.text(said.get("classification"), 20)
    seen = reading.text(said.get("last_seen"), 40)
    return Reputation(
        service=NAME,
        risk=risk.lower() if risk else None,
        reason=_reason(said),
        details={"Last seen": seen} if seen else {},
    )


def _reason(said: Mapping[str, Any]) -> str | None:
    """RIOT is the service's word for what common business services use."""
    name = reading.text(said.get("name"))
    known = f" ({name})" if name and name.lower() != "unknown" else ""
    if said.get("riot") is True:
        return f"Belongs to a common business service{known}"
    if said.get("noise") is True:
        return f"Scans the internet{known}"
    return NOT_OBSERVED.reason
