"""Threat Jammer: score, risk and reason, the owner of the network, and the place.

User API 1.2.27. A single address costs three calls (assess, geo, asn), many cost two together and one more
for each network that is not known yet.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

from pydantic import Field

from powertrip.config.values import BaseUrl, Duration
from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment import reading
from powertrip.enrichment.address_kinds import classify
from powertrip.enrichment.cache import AnswerCache, part_from_json
from powertrip.enrichment.quota import Quota
from powertrip.enrichment.section import Calls, ServiceSection, Token, Tools
from powertrip.enrichment.service import ServiceAnswer
from powertrip.errors import OutsideError, Unavailable
from powertrip.net import HttpClient, JsonAnswer

NAME = "Threat Jammer"
BATCH = 100
"""Addresses in one call; the service takes 500, whose answer would not fit `BOUNDS`."""
_PROBLEMS = {
    400: "does not assess this address (400): it is not a public one to it",
    404: "knows nothing of this address (404)",
    422: "does not take this for an address (422)",
}


class ThreatJammerSection(ServiceSection):
    """Score, risk and reason, the owner of the network, and the place."""

    title: ClassVar[str] = NAME
    needs: ClassVar[str | None] = "token"

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

    def service(self, key: str, tools: Tools) -> "ThreatJammer":
        headers = {"Authorization": f"Bearer {self.token.get_secret_value() if self.token else ''}"}
        quota = Quota(
            NAME,
            tools.store,
            tools.clock,
            per_minute=self.per_minute,
            limit=self.per_month,
            period="month",
        )
        client = self.client(tools, headers, setting=f"enrichment.{key}.token")
        return ThreatJammer(self, client, quota, tools.cache)


class ThreatJammer:
    """One region of the service, with the token that belongs to it."""

    name = NAME
    version = 1
    batch = BATCH

    def __init__(
        self, settings: ThreatJammerSection, client: HttpClient, quota: Quota, cache: AnswerCache
    ) -> None:
        self.keep: timedelta | None = settings.keep
        self._client = client
        self._quota = quota
        self._cache = cache
        self._keep_networks = settings.keep_networks

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """Assess and place them, then name their networks as far as the quota goes."""
        await self._quota.spend(2)
        assessed, placed = await self._assess_and_place(addresses)
        assessments, places = _by_address(addresses, assessed), _by_address(addresses, placed)
        stated = {reading.as_number(assessment.get("asn")) for assessment in assessments.values()}
        numbers = [number for number in stated if number is not None]
        owners = dict(zip(numbers, await asyncio.gather(*map(self._owner, numbers)), strict=True))
        answers = {}
        for address in addresses:
            assessment = assessments.get(address, {})
            number = reading.as_number(assessment.get("asn"))
            reputation, place = _reputation(assessment), _place(places.get(address, {}))
            if reputation is None and number is None and place is None:
                problem = _PROBLEMS.get(assessed.status, "says nothing of this address")
                # It knows every address that it takes, so an answer without anything is a fault.
                failed = assessed.status not in _PROBLEMS
                answers[address] = ServiceAnswer(problem=f"{NAME} {problem}", failed=failed)
                continue
            answers[address] = ServiceAnswer(
                reputation=reputation,
                network=(owners.get(number) or Network(as_number=number)) if number else None,
                place=place,
                complete=placed is not None and (number is None or owners[number] is not None),
            )
        return answers

    async def probe(self) -> str:
        """The quota left, as the service itself counts it."""
        answer = await self._client.request_json("GET", "v1/token")
        if answer.status != 200:
            raise Unavailable(f"{NAME} does not tell of its token ({answer.status}); check base_url")
        left = reading.whole(reading.mapping(answer.value).get("last_month_bucket_value"), 0, 10**9)
        return "the token is accepted" + (f"; {left} calls are left this month" if left is not None else "")

    async def _assess_and_place(self, addresses: Sequence[str]) -> tuple[JsonAnswer, JsonAnswer | None]:
        """Both answers at once; None where only the place is missing. Raises OutsideError."""
        if len(addresses) == 1:
            path = quote(addresses[0], safe="")
            assess = self._client.request_json("GET", f"v1/assess/ip/{path}")
            geo = self._client.request_json("GET", f"v1/geo/{path}")
        else:
            assess = self._client.request_json("POST", "v1/assess/ip", json=list(addresses))
            geo = self._client.request_json("POST", "v1/geo", json=list(addresses))
        assessed, placed = await asyncio.gather(assess, geo, return_exceptions=True)
        if isinstance(assessed, BaseException):
            raise assessed
        if isinstance(placed, OutsideError):
            # The assessment is worth more than the place, and is there.
            return assessed, None
        if isinstance(placed, BaseException):
            raise placed
        return assessed, placed

    async def _owner(self, number: int) -> Network | None:
        """The owner of a network by its AS number; None where quota or service withhold it for now."""
        key = f"{NAME}:{self.version}:asn:{number}"
        cached = part_from_json(Network, (await self._cache.get([key])).get(key))
        if cached is not None:
            return cached
        if not await self._quota.try_spend():
            return None
        try:
            answer = await self._client.request_json("GET", f"v1/asn/{number}")
        except OutsideError:
            # The assessment is worth more than the name, and is there.
            return None
        data = reading.mapping(answer.value)
        owner = Network(
            as_number=number,
            name=reading.text(data.get("name")),
            description=reading.text(data.get("description")),
            country_code=reading.country_code(data.get("country_code")),
        )
        await self._cache.put({key: asdict(owner)}, self._keep_networks)
        return owner


def _by_address(addresses: Sequence[str], answer: JsonAnswer | None) -> dict[str, Mapping[str, Any]]:
    """The object about each address that has one."""
    data = reading.mapping(answer.value) if answer else {}
    if len(addresses) == 1:
        return {addresses[0]: data} if data else {}
    listed = data.get("results")
    results = [reading.mapping(result) for result in listed[:BATCH]] if isinstance(listed, list) else []
    by_name = {}
    for result in results:
        # Each result names its address at the end of `self`, a URI.
        uri = result.get("self")
        _, name = classify(unquote(uri.rpartition("/")[2])) if isinstance(uri, str) else (None, "")
        by_name[name] = result
    if by_name.keys() & set(addresses):
        return {address: by_name[address] for address in addresses if address in by_name}
    # Without any names the order tells; with the names of others it would put them on the wrong address.
    is_in_order = len(results) == len(addresses) and not any(by_name)
    return dict(zip(addresses, results, strict=True)) if is_in_order else {}


def _reputation(data: Mapping[str, Any]) -> Reputation | None:
    risk = reading.text(data.get("risk"), 20)
    lines = {
        "Datasets": _names(data.get("datasets")),
        # The schema spells these "appearance", its prose "appearence".
        "First seen": _names(data.get("first_appearance") or data.get("first_appearence")),
        "Last seen": _names(data.get("last_appearance") or data.get("last_appearence")),
        "Data centre": _names([data.get("datacenter")]),
        "On the deny list": _names([data.get("denylisted")]),
        "On the allow list": _names([data.get("allowlisted")]),
    }
    score = reading.whole(data.get("score"), 0, 100)
    reason = reading.text(data.get("reason"), reading.REASON_LIMIT)
    details = {label: value for label, value in lines.items() if value}
    if score is None and not (risk or reason or details):
        return None
    return Reputation(
        service=NAME, score=score, risk=risk.lower() if risk else None, reason=reason, details=details
    )


def _place(data: Mapping[str, Any]) -> Place | None:
    place = Place(
        country_code=reading.country_code(data.get("country_iso_code")),
        region=reading.text(data.get("region_name")),
        city=reading.text(data.get("city_name")),
        time_zone=reading.text(data.get("time_zone")),
    )
    return None if place == Place() else place


def _names(uris: Any) -> str | None:
    """The names in a list of the service's URIs: `ABUSE`, `SOME_SOURCE (30D)`."""
    names = [_name(uri) for uri in reading.entries(uris) if isinstance(uri, str)]
    return reading.text(", ".join(dict.fromkeys(filter(None, names))), reading.REASON_LIMIT)


def _name(uri: str) -> str:
    path = uri[: reading.REASON_LIMIT]
    if source := re.search(r"/source/ip/([^/]+)/range/([^/]+)$", path):
        return f"{source[1]} ({source[2]})"
    if "/" not in path:
        return path  # some fields hold the name itself
    try:
        return urlsplit(path).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""
