"""Services that take one address a call, and so many calls a minute and a day.

The file of such a service is a section: its settings, how an address is asked about, what an answer means.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import ClassVar

from powertrip.enrichment.quota import Quota
from powertrip.enrichment.section import Calls, ServiceSection, Token, Tools
from powertrip.enrichment.service import ServiceAnswer
from powertrip.errors import OutsideError, Unavailable
from powertrip.net import HttpClient, JsonAnswer

WELL_KNOWN = "1.1.1.1"
"""A public resolver, for showing that a service answers."""


class PerAddressSection(ServiceSection):
    """One service that takes one address a call."""

    version: ClassVar[int] = 1
    """Goes up whenever cached answers are no longer to be used."""
    ipv4_only: ClassVar[bool] = False
    key_header: ClassVar[str] = "Key"
    works: ClassVar[str] = "the key is accepted"
    """What an operator reads after a probe."""

    key: Token | None = None
    """An API key."""
    per_minute: Calls
    """Calls in any minute."""
    per_day: Calls
    """Calls in a day."""

    @abstractmethod
    def request(self, address: str) -> tuple[str, dict[str, str]]:
        """The path below `base_url`, and the parameters."""

    @abstractmethod
    def read(self, answer: JsonAnswer) -> ServiceAnswer:
        """What an answer of status 200, 400, 404 or 422 means; trusts nothing in it."""

    def service(self, key: str, tools: Tools) -> "PerAddressService":
        headers = {self.key_header: self.key.get_secret_value()} if self.key else {}
        return PerAddressService(
            self,
            self.client(tools, headers, setting=f"enrichment.{key}.key"),
            Quota(
                self.title,
                tools.store,
                tools.clock,
                per_minute=self.per_minute,
                limit=self.per_day,
                period="day",
            ),
        )


class PerAddressService:
    """The service that a section describes."""

    batch = 5
    """Calls side by side."""

    def __init__(self, section: PerAddressSection, client: HttpClient, quota: Quota) -> None:
        self.name = section.title
        self.version = section.version
        self.keep: timedelta | None = section.keep
        self._section = section
        self._client = client
        self._quota = quota

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """Ask about all side by side; raises the first error where none was answered."""
        results = await asyncio.gather(*map(self._look_up_one, addresses), return_exceptions=True)
        answers = {}
        for address, result in zip(addresses, results, strict=True):
            if isinstance(result, ServiceAnswer):
                answers[address] = result
            elif not isinstance(result, OutsideError):
                raise result
        if not answers:
            raise next(result for result in results if isinstance(result, OutsideError))
        return answers

    async def probe(self) -> str:
        """Ask about an address that everybody knows; costs a call, which our quota does not count."""
        answer = await self._ask(WELL_KNOWN)
        if answer.problem:
            raise Unavailable(f"{answer.problem}; check base_url")
        return self._section.works

    async def _look_up_one(self, address: str) -> ServiceAnswer:
        if self._section.ipv4_only and ip_address(address).version != 4:
            return ServiceAnswer(problem=f"{self.name} knows IPv4 addresses only")
        await self._quota.spend(1)
        return await self._ask(address)

    async def _ask(self, address: str) -> ServiceAnswer:
        path, parameters = self._section.request(address)
        return self._section.read(await self._client.request_json("GET", path, params=parameters))
