"""AbuseIPDB: how often others reported an address. API v2, `check` (docs.abuseipdb.com)."""

from datetime import timedelta
from typing import ClassVar

from powertrip.config.values import BaseUrl, Duration
from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.per_address import PerAddressSection
from powertrip.enrichment.section import Calls
from powertrip.enrichment.service import ServiceAnswer
from powertrip.net import JsonAnswer


class AbuseIpDbSection(PerAddressSection):
    """How often others reported an address."""

    title: ClassVar[str] = "AbuseIPDB"
    needs: ClassVar[str | None] = "key"

    base_url: BaseUrl = "https://api.abuseipdb.com/api/v2/"
    """The server."""
    reports_of: Duration = timedelta(days=90)
    """How far back reports are counted, in whole days."""
    per_minute: Calls = 60
    """Calls in any minute."""
    per_day: Calls = 1000
    """Calls in a day."""

    @property
    def _days(self) -> int:
        return max(1, self.reports_of.days)

    def request(self, address: str) -> tuple[str, dict[str, str]]:
        return "check", {"ipAddress": address, "maxAgeInDays": str(self._days)}

    def read(self, answer: JsonAnswer) -> ServiceAnswer:
        data = reading.mapping(reading.mapping(answer.value).get("data"))
        if not data and answer.status == 200:
            return ServiceAnswer(problem=f"{self.title} says nothing of this address", failed=True)
        if not data:
            problem = f"{self.title} does not take this for a public address ({answer.status})"
            return ServiceAnswer(problem=problem)
        reports = reading.whole(data.get("totalReports"), 0, 10**9)
        reporters = reading.whole(data.get("numDistinctUsers"), 0, 10**9)
        details = {
            f"Reports in {self._days} days": str(reports) if reports is not None else None,
            "Reported by": f"{reporters} people" if reporters else None,
            "Last reported": reading.text(data.get("lastReportedAt"), 40),
            "Used as": reading.text(data.get("usageType")),
            "Tor": "yes" if data.get("isTor") is True else None,
            "On the allow list": "yes" if data.get("isWhitelisted") is True else None,
        }
        provider = reading.text(data.get("isp"))
        country = reading.country_code(data.get("countryCode"))
        return ServiceAnswer(
            reputation=Reputation(
                service=self.title,
                score=reading.whole(data.get("abuseConfidenceScore"), 0, 100),
                details={label: value for label, value in details.items() if value},
            ),
            network=Network(name=provider) if provider else None,
            place=Place(country_code=country) if country else None,
        )
