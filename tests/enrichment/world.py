"""The outside world of enrichment: a service that says what a test tells it, and waiting."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from powertrip.domain.address import AddressFacts
from powertrip.enrichment import AnswerCache, Enricher, Service, Tools
from powertrip.enrichment.cache import EnrichmentStore
from powertrip.enrichment.services.abuseipdb import AbuseIpDbSection
from powertrip.enrichment.services.greynoise import GreyNoiseSection
from powertrip.enrichment.services.threat_jammer import ThreatJammerSection
from powertrip.metrics import Metrics
from tests.conftest import Clock
from tests.outside import answer, client_of, json_answer, path_of

HOUR = timedelta(hours=1)
SOON = timedelta(seconds=20)
"""Far beyond what anything here takes."""
TOKEN = "geheim-0123456789"


@dataclass
class Said:
    """What the service answers."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass
class FakeService:
    """A service at the wire."""

    answer: Callable[[str, Any], Said] = lambda _path, _body: Said({})
    calls: list[str] = field(default_factory=list)
    """`GET /v1/geo/192.0.2.1?x=y`, as they came."""
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    held: asyncio.Event | None = None
    url: str = "https://service.example.com/"

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Write the call down and answer it."""
        body = json.loads(request.content) if request.content else None
        self.calls.append(f"{request.method} {path_of(request)}")
        self.headers.append({name.title(): value for name, value in request.headers.items()})
        self.bodies.append(body)
        if self.held is not None:
            await self.held.wait()
        said = self.answer(request.url.path, body)
        if said.raw is not None:
            return answer(said.status, said.raw, said.headers)
        return json_answer(said.body, said.status, said.headers)


async def until(condition: Callable[[], bool]) -> None:
    """Let everything else go on until the condition holds."""
    async with asyncio.timeout(SOON.total_seconds()):
        while not condition():  # noqa: ASYNC110 (a call at the wire announces nothing)
            await asyncio.sleep(0.001)


@dataclass
class World:
    """Everything that the services are put together from."""

    fake: FakeService
    store: EnrichmentStore
    clock: Clock
    metrics: Metrics = field(default_factory=Metrics)
    slept: list[float] = field(default_factory=list)
    enrichers: list[Enricher] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Share one client and one memory, as one process does."""
        self.services = [self.fake]
        self.client = client_of(self._handle)
        self.cache = AnswerCache(self.store, self.clock)

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        for service in self.services:
            if str(request.url).startswith(service.url):
                return await service.handle(request)
        raise httpx.ConnectError("nobody listens there", request=request)

    async def sleep(self, seconds: float) -> None:
        """Have the time pass at once."""
        self.slept.append(seconds)
        self.clock.forward(seconds=seconds)
        await asyncio.sleep(0)

    @property
    def tools(self) -> Tools:
        """What services are built from."""
        return Tools(store=self.store, cache=self.cache, client=self.client, clock=self.clock)

    def threat_jammer(self, per_minute: int = 10, limit: int = 5000) -> Service:
        """Threat Jammer at the wire."""
        return ThreatJammerSection(
            token=SecretStr(TOKEN), base_url=self.fake.url, per_minute=per_minute, per_month=limit
        ).service("threat_jammer", self.tools)

    def abuseipdb(self, per_minute: int = 60) -> Service:
        """AbuseIPDB at the wire."""
        section = AbuseIpDbSection(key=SecretStr(TOKEN), base_url=self.fake.url, per_minute=per_minute)
        return section.service("abuseipdb", self.tools)

    def greynoise(self) -> Service:
        """GreyNoise at the wire."""
        return GreyNoiseSection(base_url=self.fake.url, per_minute=60).service("greynoise", self.tools)

    def enricher(self, *services: Service, ask_about_documentation: bool = True) -> Enricher:
        """All of them as one; documentation addresses stand for public ones."""
        enricher = Enricher(
            services,
            self.cache,
            client=self.client,
            metrics=self.metrics,
            clock=self.clock,
            ask_about_documentation=ask_about_documentation,
            sleep=self.sleep,
        )
        self.enrichers.append(enricher)
        return enricher

    def forget(self) -> None:
        """What a new process begins with."""
        self.cache = AnswerCache(self.store, self.clock)


async def one(enricher: Enricher, address: str, within: timedelta = SOON) -> AddressFacts:
    """What is known of one address."""
    return (await enricher.facts([address], within))[address]


def assessment(address: str, score: int | None = 72, **more: Any) -> dict[str, Any]:
    """What Threat Jammer's `assess` says, as its schema has it."""
    said = {
        "self": f"https://tj.example.com/v1/assess/ip/{address}",
        "risk": "HIGH",
        "reason": "Found in 2 datasets",
        "datasets": ["https://tj.example.com/v1/dataset/ip/ABUSE"],
        "sources": [],
        "first_appearance": ["https://tj.example.com/v1/source/ip/SOMEBODY/range/30D"],
        "last_appearance": ["https://tj.example.com/v1/source/ip/SOMEBODY/range/7D"],
        "asn": "https://tj.example.com/v1/asn/64496",
        "asn_prefix": "",
        "datacenter": "",
        "datacenter_prefix": "",
        "denylisted": "",
        "allowlisted": "",
    }
    return said | ({} if score is None else {"score": score}) | more


def geo(address: str, **more: Any) -> dict[str, Any]:
    """What its `geo` says."""
    return {
        "self": f"https://tj.example.com/v1/geo/{address}",
        "latitude": 52.5,
        "longitude": 13.4,
        "time_zone": "Europe/Berlin",
        "accuracy_radius": 20,
        "city_name": "Berlin",
        "region_name": "",
        "country_iso_code": "de",
    } | more


OWNER = {"name": "EXAMPLE-AS", "description": "Example Networks", "country_code": "US"}


def threat_jammer_says(path: str, body: Sequence[str] | None) -> Said:
    """All of Threat Jammer, in good health."""
    last = path.rpartition("/")[2]
    if path.startswith("/v1/asn/"):
        return Said(OWNER)
    make = geo if path.startswith("/v1/geo") else assessment
    if body is None:
        return Said(make(last))
    return Said({"self": path, "results": [make(address) for address in body]})
