"""GreyNoise Community: whether an address scans the whole internet, or is a known business service."""

from typing import ClassVar
from urllib.parse import quote

from powertrip.config.values import BaseUrl
from powertrip.domain.address import Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.per_address import PerAddressSection
from powertrip.enrichment.section import Calls, Token
from powertrip.enrichment.service import ServiceAnswer
from powertrip.net import JsonAnswer

NOT_OBSERVED = "Not seen scanning the internet"


class GreyNoiseSection(PerAddressSection):
    """Whether an address scans the whole internet, or is a common business service's."""

    title: ClassVar[str] = "GreyNoise"
    ipv4_only: ClassVar[bool] = True
    works: ClassVar[str] = "it answers"

    key: Token | None = None
    """An API key; the community service works without one, for fewer calls."""
    base_url: BaseUrl = "https://api.greynoise.io/"
    """The server."""
    per_minute: Calls = 10
    """Calls in any minute."""
    per_day: Calls = 50
    """Calls in a day."""

    def request(self, address: str) -> tuple[str, dict[str, str]]:
        return f"v3/community/{quote(address, safe='')}", {}

    def read(self, answer: JsonAnswer) -> ServiceAnswer:
        # 404 is an answer here: the address scans nobody, which most do not.
        if answer.status == 404:
            return ServiceAnswer(reputation=Reputation(service=self.title, reason=NOT_OBSERVED))
        if answer.status != 200:
            return ServiceAnswer(problem=f"{self.title} does not take this address ({answer.status})")
        data = reading.mapping(answer.value)
        if not data:
            return ServiceAnswer(problem=f"{self.title} says nothing of this address", failed=True)
        name = reading.text(data.get("name"))
        known_as = f" ({name})" if name and name.lower() != "unknown" else ""
        # RIOT is the service's word for what common business services use.
        if data.get("riot") is True:
            reason = f"Belongs to a common business service{known_as}"
        elif data.get("noise") is True:
            reason = f"Scans the internet{known_as}"
        else:
            reason = NOT_OBSERVED
        risk = reading.text(data.get("classification"), 20)
        last_seen = reading.text(data.get("last_seen"), 40)
        return ServiceAnswer(
            reputation=Reputation(
                service=self.title,
                risk=risk.lower() if risk else None,
                reason=reason,
                details={"Last seen": last_seen} if last_seen else {},
            )
        )
