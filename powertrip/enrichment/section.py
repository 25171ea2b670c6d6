"""What the settings of all services that know addresses share, and what is lent to them."""

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

import httpx
from pydantic import AfterValidator, Field, SecretStr

from powertrip.config.section import Section
from powertrip.config.values import BaseUrl, Duration, Written
from powertrip.enrichment.answers import Answers
from powertrip.enrichment.cache import EnrichmentCache
from powertrip.enrichment.quota import Quota
from powertrip.enrichment.service import Service, service_client
from powertrip.net import HttpClient


def _check_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("is empty, or has spaces or characters outside ASCII; copy it again")
    return value


Token = Annotated[
    SecretStr, AfterValidator(_check_token), Written("the token, as `${NAME}` from the environment")
]
Calls = Annotated[int, Field(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What every service is built from."""

    cache: EnrichmentCache
    answers: Answers
    client: httpx.AsyncClient
    clock: Callable[[], datetime]

    def quota(self, name: str, per_minute: int, limit: int, period: Literal["month", "day"]) -> Quota:
        return Quota(name, self.cache, self.clock, per_minute=per_minute, limit=limit, period=period)


class ServiceSection(Section):
    """One service; the key in `enrichment` is its name in `services` too."""

    needs: ClassVar[str | None] = None
    """The setting without which it cannot be asked."""

    base_url: BaseUrl
    """The server."""
    keep: Duration = timedelta(hours=24)
    """How long an answer is used again."""

    @abstractmethod
    def service(self, lent: Lent) -> Service:
        """Build it."""

    def http(self, lent: Lent, name: str, headers: dict[str, str], setting: str) -> HttpClient:
        """The way to its server; `setting` is what a refusal tells to check."""
        return service_client(
            lent.client,
            lent.clock,
            name=name,
            base_url=self.base_url,
            headers=headers,
            setting=f"enrichment.{setting}",
        )
