"""Origins and enrichers that answer what they like."""

import asyncio
import gzip
import random
from collections import Counter
from typing import Any

import httpx
from pydantic import TypeAdapter

from powertrip.cards import CardView, event_card
from powertrip.domain.address import AddressKind
from powertrip.domain.decision import Verdict
from powertrip.domain.event import NoticeKind
from powertrip.domain.hids import OriginVerdict
from powertrip.enrichment import EnrichmentSection
from powertrip.enrichment.cache import AnswerCache, answer_as_json, answer_from_json
from powertrip.enrichment.merge import merge
from powertrip.enrichment.section import Tools
from powertrip.enrichment.service import Service
from powertrip.errors import OutsideError
from powertrip.hids import AnyTell, TellSection, Way
from powertrip.net import HttpClient
from powertrip.store import Store
from tests.cards.reading import objections
from tests.outside import client_of
from tests.samples import ALICE, APPROVED, NOW, event
from tests.trials.fuzz.dice import ODD, as_body, changed, mangled, text
from tests.trials.fuzz.trying import a_database

ADDRESSES = ("8.8.8.8", "2001:4860:4860::8888")
_NETWORK = {"asn": {"number": 64496, "name": "Example"}, "prefix": "8.8.8.0/24", "country_code": "US"}
TRUE_ANSWERS: tuple[Any, ...] = (
    {"data": {"ipAddress": "8.8.8.8", "abuseConfidenceScore": 7, "totalReports": 3, "countryCode": "US"}},
    {"ip": "8.8.8.8", "noise": True, "riot": False, "classification": "malicious", "name": "unknown"},
    [
        {
            "address": "8.8.8.8",
            "score": 70,
            "risk": "HIGH",
            "datasets": ["x"],
            "asn": "/v1/asn/64496",
            **_NETWORK,
        }
    ],
    {"address": "8.8.8.8", "score": 70, "risk": "HIGH", "country_iso_code": "US", **_NETWORK},
    {"data": {"token": "jwt-1"}, "error": 0},
    {"data": {"affected_items": []}, "error": 0},
    {"result": "created", "_shards": {"failed": 0}},
    {},
)
STATUSES = (
    200,
    201,
    204,
    301,
    302,
    307,
    400,
    401,
    403,
    404,
    408,
    409,
    418,
    422,
    429,
    500,
    503,
)

VIEW = CardView(kind=NoticeKind.FIRST, audience="channel", command="/powertrip")


class Hostile:
    """A server that answers by the dice, and counts who follows where it sends them."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.last: tuple[int, Any, bytes] = (0, {}, b"")
        self.followed = 0

    def answer(self) -> Any:
        """One that is nearly right, for one of those who ask."""
        return changed(self.dice, self.dice.choice(TRUE_ANSWERS))

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        dice = self.dice
        if request.url.host == "evil.example":
            self.followed += 1
        if dice.random() < 0.03:
            raise dice.choice((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError))(
                "x", request=request
            )
        body = as_body(dice, self.answer())
        headers = {"Content-Type": "application/json"}
        if dice.random() < 0.03:
            body = dice.choice((b"[" * 200_000, b"1" * 9999, b"NaN", b"\xff\xfe", b" " * (3 << 20)))
        if dice.random() < 0.15:
            headers["Content-Encoding"] = dice.choice(
                ("gzip", "x-gzip", "br", "deflate", "gzip, gzip", "x" * 90)
            )
            body = mangled(dice, gzip.compress(body, 1)) if dice.random() < 0.8 else body
        if dice.random() < 0.3:
            headers["Location"] = "https://evil.example/" + dice.choice(("", "latest/meta-data", "\\@x"))
        if dice.random() < 0.3:
            headers["Retry-After"] = (
                str(dice.choice(("-1", "1e9", "9" * 30, "٢", *ODD)))[:60]
                .encode("ascii", "ignore")
                .decode()
                .replace("\r", "")
                .replace("\n", "")
            )
        self.last = (200 if dice.random() < 0.7 else dice.choice(STATUSES), headers, body[:400])
        return httpx.Response(self.last[0], headers=headers, stream=httpx.ByteStream(body))


def origins(cases: int, seed: int) -> Counter[str]:
    """Whatever a HIDS answers, a verdict is told, or it is not and an error with a name says so."""
    return asyncio.run(_origins(cases, seed))


async def _origins(cases: int, seed: int) -> Counter[str]:
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    server, outcomes = Hostile(dice), Counter[str]()
    adapter: TypeAdapter[TellSection] = TypeAdapter(AnyTell)
    login = {"user": "powertrip", "password": "p-9f31c07be2a84d65"}
    sections = (
        {"type": "callback", "secret": "c-9f31c07be2a84d65"},
        {"type": "wazuh4", **login},
        {"type": "indexer", **login},
    )
    async with client_of(server.handle) as client:
        ways = {}
        for section in sections:
            tell = adapter.validate_python({"url": "https://hids.example.com"} | section)
            http = HttpClient(client=client, clock=lambda: NOW, name="origin", base_url=tell.url)
            ways[section["type"]] = Way(tell, http)
        for number in range(cases):
            name = dice.choice(list(ways))
            verdict = APPROVED if dice.random() < 0.5 else _verdict(dice)
            try:
                await (ways[name].tell(verdict) if dice.random() < 0.8 else ways[name].check())
                outcomes[f"{name}: told"] += 1
            except OutsideError as error:
                outcomes[f"{name}: {type(error).__name__}"] += 1
                _check(error, f"case {number} of seed {seed}")
            except Exception as error:
                raise AssertionError(f"case {number} of seed {seed}: {name} {server.last}") from error
    assert not server.followed
    return outcomes


def _check(error: OutsideError, where: str) -> None:
    """What an operator is told is short, and no secret is in it."""
    assert len(str(error)) < 1000, f"{where}: {error}"
    assert "9f31c07be2a84d65" not in str(error), f"{where}: {error}"


def _verdict(dice: random.Random) -> OriginVerdict:
    return OriginVerdict(
        event_id="event00001",
        verdict=dice.choice(list(Verdict)),
        alert_id=_kept(dice),
        rule="ssh_login",
        user_name=_kept(dice),
        host_name=_kept(dice),
        source_ip=_kept(dice),
        occurred_at=NOW,
        decided_by=ALICE,
        decided_by_name=_kept(dice),
        decided_at=NOW,
        reason=_kept(dice),
    )


def _kept(dice: random.Random) -> str:
    """A text as a database can keep it."""
    return text(dice).replace("\0", "").encode("utf-8", "replace").decode()


def enrichers(cases: int, seed: int) -> Counter[str]:
    """Whatever a service says of an address, Slack takes its card, or an error with a name is raised."""
    return asyncio.run(_enrichers(cases, seed))


async def _enrichers(cases: int, seed: int) -> Counter[str]:
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    server, outcomes = Hostile(dice), Counter[str]()
    section = EnrichmentSection.model_validate(
        {
            "services": ["threat_jammer", "abuseipdb", "greynoise"],
            "threat_jammer": {"token": "t-9f31c07be2a84d65", "per_minute": 10**5, "per_month": 10**6},
            "abuseipdb": {"key": "a-9f31c07be2a84d65", "per_minute": 10**5, "per_day": 10**6},
            "greynoise": {"per_minute": 10**5, "per_day": 10**6},
        }
    )
    async with a_database() as thread:
        store = Store(thread).enrichment_cache
        async with client_of(server.handle) as client:
            tools = Tools(
                store=store, cache=AnswerCache(store, lambda: NOW), client=client, clock=lambda: NOW
            )
            services = [part.service(key, tools) for key, part in section.asked()]
            for number in range(cases):
                service = dice.choice(services)
                try:
                    outcomes[f"{service.name}: {await _ask(dice, service)}"] += 1
                except AssertionError as error:
                    raise AssertionError(f"case {number} of seed {seed}: {error} {server.last}") from error
                except Exception as error:
                    raise AssertionError(
                        f"case {number} of seed {seed}: {service.name} {server.last}"
                    ) from error
    assert not server.followed
    return outcomes


async def _ask(dice: random.Random, service: Service) -> str:
    try:
        if dice.random() < 0.1:
            await service.probe()
            return "probed"
        answers = await service.look_up([dice.choice(ADDRESSES)])
    except OutsideError as error:
        _check(error, service.name)
        return type(error).__name__
    for address, answer in answers.items():
        assert answer_from_json(answer_as_json(answer)) == answer, f"the cache changes {answer}"
        facts = merge(AddressKind.PUBLIC, {service.name: answer})
        message = event_card(event(source_ip=address, facts=facts), VIEW, NOW)
        wrong = objections(message)
        assert not wrong, f"{wrong} of {facts}"
    return "answered"
