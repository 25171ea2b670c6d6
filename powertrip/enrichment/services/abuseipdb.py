"""AbuseIPDB: how often others reported an address. API v2, `check`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from powertrip.config.values import BaseUrl, Duration
from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.quota import Quota
from powertrip.enrichment.section import Calls, Lent, ServiceSection, Token
from powertrip.enrichment.service import Service, ServiceAnswer, each
from powertrip.errors import Unavailable
from powertrip.net import HttpClient

NAME = "AbuseIPDB"
WELL_KNOWN = "1.1.1.1"
"""A public resolver, for showing that the service answers."""
_PROBLEM = "does not take this for a public address"


class AbuseIpDbSection(ServiceSection):
    """How often others reported an address."""

    key: Token | None = None
    """An API key."""
    base_url: BaseUrl = "https://api.abuseipdb.com/api/v2/"
    """The server."""
    reports_of: Duration = timedelta(days=90)
    """How far back reports are counted, in whole days."""
    per_minute: Calls = 60
    """Calls in any minute."""
    per_day: Calls = 1000
    """Calls in a day."""

    needs: ClassVar[str | None] = "key"

    def service(self, lent: Lent) -> Service:
        """See `ServiceSection`."""
        headers = {"Key": self.key.get_secret_value() if self.key else ""}
        client = self.http(lent, NAME, headers, "abuseipdb.key")
        return AbuseIpDb(self, client, lent.quota(NAME, self.per_minute, self.per_day, "day"))


class AbuseIpDb:
    """The service, with its key."""

    name = NAME
    version = 1
    batch = 5  # calls side by side: the service takes one address a call

    def __init__(self, settings: AbuseIpDbSection, client: HttpClient, quota: Quota) -> None:
        self.keep: timedelta | None = settings.keep
        self._client = client
        self._quota = quota
        self._days = max(1, settings.reports_of.days)

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """One call an address."""
        return await each(addresses, self._one)

    async def probe(self) -> str:
        """Ask about an address that everybody knows; costs a call."""
        answer = await self._ask(WELL_KNOWN)
        if answer.problem:
            raise Unavailable(f"{answer.problem}; check base_url")
        return "the key is accepted"

    async def _one(self, address: str) -> ServiceAnswer:
        await self._quota.spend(1)
        return await self._ask(address)

    async def _ask(self, address: str) -> ServiceAnswer:
        parameters = {"ipAddress": address, "maxAgeInDays": str(self._days)}
        answer = await self._client.request_json("GET", "check", params=parameters)
        said = reading.mapping(reading.mapping(answer.value).get("data"))
        if not said:
            return ServiceAnswer(problem=f"{NAME} {_PROBLEM} ({answer.status})")
        return self._answer(said)

    def _answer(self, said: Mapping[str, Any]) -> ServiceAnswer:
        provider = reading.text(said.get("isp"))
        country = reading.country_code(said.get("countryCode"))
        return ServiceAnswer(
            reputation=Reputation(
                service=NAME,
                score=reading.whole(said.get("abuseConfidenceScore"), 0, 100),
                details=self._details(said),
            ),
            network=Network(name=provider) if provider else None,
            place=Place(country_code=country) if country else None,
        )

    def _details(self, said: Mapping[str, Any]) -> dict[str, str]:
        reports = reading.whole(said.get("totalReports"), 0, 10**9)
        reporters = reading.whole(said.get("numDistinctUsers"), 0, 10**9)
        details = {
            f"Reports in {self._days} days": str(reports) if reports is not None else None,
            "Reported by": f"{reporters} people" if reporters else None,
            "Last reported": reading.text(said.get("lastReportedAt"), 40),
            "Used as": reading.text(said.get("usageType")),
            "Tor": "yes" if said.get("isTor") is True else None,
            "On the allow list": "yes" if said.get("isWhitelisted") is True else None,
        }
        return {label: value for label, value in details.items() if value}
