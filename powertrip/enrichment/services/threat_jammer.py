"""Threat Jammer: score, risk and reason, the owner of the network, and the place.

User API 1.2.27. A single address costs three calls (assess, geo, asn), many cost two together and one more
for each network that is not known yet.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

from pydantic import Field

from powertrip.config.values import BaseUrl, Duration
from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.address_kinds import recognise
from powertrip.enrichment.answers import Answers
from powertrip.enrichment.quota import Quota
from powertrip.enrichment.section import Calls, Lent, ServiceSection, Token
from powertrip.enrichment.service import Service, ServiceAnswer
from powertrip.errors import OutsideError, Unavailable
from powertrip.net import HttpClient, JsonAnswer

NAME = "Threat Jammer"
BATCH = 100
"""Addresses in one call; the service takes 500, whose answer would not fit the limit of size."""
_PROBLEMS = {
    400: "does not assess this address (400): it is not a public one to it",
    404: "knows nothing of this address (404)",
    422: "does not take this for an address (422)",
}


class ThreatJammerSection(ServiceSection):
    """Score, risk and reason, the owner of the network, and the place."""

    token: Token | None = None
    """A token of the region that `base_url` names."""
    base_url: BaseUrl = "https://dublin.api.threatjammer.com/"
    """The region's server."""
    per_minute: Annotated[int, Field(ge=2, le=100_000)] = 10
    """Calls in any minute; a new address takes two, and one more where its network is new."""
    per_month: Calls = 5000
    """Calls in a calendar month."""
    keep_networks: Duration = timedelta(days=30)
    """How long the owner of a network is."""

    needs: ClassVar[str | None] = "token"

    def service(self, lent: Lent) -> Service:
        """See `ServiceSection`."""
        headers = {"Authorization": f"Bearer {self.token.get_secret_value() if self.token else ''}"}
        client = self.http(lent, NAME, headers, "threat_jammer.token")
        quota = lent.quota(NAME, self.per_minute, self.per_month, "month")
        return ThreatJammer(self, client, quota, lent.answers)


class ThreatJammer:
    """One region of the service, with the token that belongs to it."""

    name = NAME
    version = 1
    batch = BATCH

    def __init__(
        self, settings: ThreatJammerSection, client: HttpClient, quota: Quota, answers: Answers
    ) -> None:
        self.keep: timedelta | None = settings.keep
        self._client = client
        self._quota = quota
        self._answers = answers
        self._keep_networks = settings.keep_networks

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """Assess and place them, then name their networks as far as the quota goes."""
        await self._quota.spend(2)
        if len(addresses) == 1:
            path = quote(addresses[0], safe="")
            assessed, placed = await _both(
                self._client.request_json("GET", f"v1/assess/ip/{path}"),
                self._client.request_json("GET", f"v1/geo/{path}"),
            )
        else:
            assessed, placed = await _both(
                self._client.request_json("POST", "v1/assess/ip", json=list(addresses)),
                self._client.request_json("POST", "v1/geo", json=list(addresses)),
            )
        assessments, places = _by_address(addresses, assessed), _by_address(addresses, placed)
        owners = await self._owners(assessments.values())
        return {
            address: _answer(assessed, placed, assessments.get(address), places.get(address), owners)
            for address in addresses
        }

    async def _owners(self, assessments: Iterable[Mapping[str, Any]]) -> dict[int, Network]:
        """Who owns the networks, as far as that can be known now."""
        found = {reading.as_number(assessment.get("asn")) for assessment in assessments}
        numbers = [number for number in found if number is not None]
        owners = await asyncio.gather(*map(self._network, numbers))
        return {number: owner for number, owner in zip(numbers, owners, strict=True) if owner}

    async def _network(self, number: int) -> Network | None:
        """Who owns the network; None where the quota, or the service, does not let it be known now."""
        key = f"{NAME}:{self.version}:asn:{number}"
        known = (await self._answers.find([key])).get(key)
        if known is not None:
            return Network(**known)
        if not await self._quota.try_spend():
            return None
        try:
            answer = await self._client.request_json("GET", f"v1/asn/{number}")
        except OutsideError:
            # The assessment is worth more than the name, and is there.
            return None
        kept = _owner(number, reading.mapping(answer.value))
        await self._answers.keep({key: kept}, self._keep_networks)
        return Network(**kept)

    async def probe(self) -> str:
        """What is left of the quota, as the service itself says."""
        answer = await self._client.request_json("GET", "v1/token")
        if answer.status != 200:
            raise Unavailable(f"{NAME} does not tell of its token ({answer.status}); check base_url")
        said = reading.mapping(answer.value)
        left = reading.whole(said.get("last_month_bucket_value"), 0, 10**9)
        return "the token is accepted" + (f"; {left} calls are left this month" if left is not None else "")


def _owner(number: int, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "as_number": number,
        "name": reading.text(said.get("name")),
        "description": reading.text(said.get("description")),
        "country_code": reading.country_code(said.get("country_code")),
    }


async def _both(
    assess: Awaitable[JsonAnswer], geo: Awaitable[JsonAnswer]
) -> tuple[JsonAnswer, JsonAnswer | None]:
    """Both answers; the place may be missing, for the assessment is worth more. Raises OutsideError."""
    assessed, placed = await asyncio.gather(assess, geo, return_exceptions=True)
    if isinstance(assessed, BaseException):
        raise assessed
    if isinstance(placed, OutsideError):
        return assessed, None
    if isinstance(placed, BaseException):
        raise placed
    return assessed, placed


def _answer(
    assessed: JsonAnswer,
    placed: JsonAnswer | None,
    assessment: Mapping[str, Any] | None,
    place: Mapping[str, Any] | None,
    owners: Mapping[int, Network],
) -> ServiceAnswer:
    if assessment is None and place is None:
        problem = _PROBLEMS.get(assessed.status, "says nothing of this address")
        return ServiceAnswer(problem=f"{NAME} {problem}")
    number = reading.as_number((assessment or {}).get("asn"))
    return ServiceAnswer(
        reputation=_reputation(assessment) if assessment else None,
        network=(owners.get(number) or Network(as_number=number)) if number else None,
        place=_place(place) if place else None,
        complete=placed is not None and (number is None or number in owners),
    )


def _by_address(addresses: Sequence[str], answer: JsonAnswer | None) -> dict[str, Mapping[str, Any]]:
    """What is said of each address, where anything is."""
    if answer is None:
        return {}
    if len(addresses) == 1:
        said = reading.mapping(answer.value)
        return {addresses[0]: said} if said else {}
    listed = reading.mapping(answer.value).get("results")
    return _results(addresses, listed[:BATCH] if isinstance(listed, list) else [])


def _results(addresses: Sequence[str], listed: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    """Each result names its address at the end of `self`; or there is one for each, in their order."""
    results = [reading.mapping(result) for result in listed]
    named = {_address_in(result.get("self")): result for result in results}
    if named.keys() & set(addresses):
        return {address: result for address, result in named.items() if address in addresses}
    in_order = len(results) == len(addresses) and not any(named)
    return dict(zip(addresses, results, strict=True)) if in_order else {}


def _address_in(uri: Any) -> str:
    return recognise(unquote(uri.rpartition("/")[2])).text if isinstance(uri, str) and uri else ""


def _reputation(said: Mapping[str, Any]) -> Reputation:
    risk = reading.text(said.get("risk"), 20)
    details = {
        "Datasets": _named(said.get("datasets")),
        "First seen": _named(said.get("first_appearance") or said.get("first_appearence")),
        "Last seen": _named(said.get("last_appearance") or said.get("last_appearence")),
        "Data centre": _named([said.get("datacenter")]),
        "On the deny list": _named([said.get("denylisted")]),
        "On the allow list": _named([said.get("allowlisted")]),
    }
    return Reputation(
        service=NAME,
        score=reading.whole(said.get("score"), 0, 100),
        risk=risk.lower() if risk else None,
        reason=reading.text(said.get("reason"), reading.REASON_LIMIT),
        details={label: value for label, value in details.items() if value},
    )


def _named(uris: Any) -> str | None:
    """What a list of addresses of the service stands for: `ABUSE`, `SOME_SOURCE (30D)`."""
    names = [_name(uri) for uri in reading.entries(uris) if isinstance(uri, str)]
    return reading.text(", ".join(dict.fromkeys(filter(None, names))), reading.REASON_LIMIT)


def _name(uri: str) -> str:
    path = uri[: reading.REASON_LIMIT]
    if found := re.search(r"/source/ip/([^/]+)/range/([^/]+)$", path):
        return f"{found[1]} ({found[2]})"
    if "/" not in path:
        return path
    try:
        return urlsplit(path).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""


def _place(said: Mapping[str, Any]) -> Place:
    return Place(
        country_code=reading.country_code(said.get("country_iso_code")),
        region=reading.text(said.get("region_name")),
        city=reading.text(said.get("city_name")),
        time_zone=reading.text(said.get("time_zone")),
    )
