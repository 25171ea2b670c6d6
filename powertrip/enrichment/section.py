"""What the settings of all services share, and what a service is built from."""

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, SecretStr

from powertrip.config.section import Section
from powertrip.config.values import BaseUrl, Duration, Written
from powertrip.enrichment.cache import AnswerCache, EnrichmentStore
from powertrip.enrichment.service import Service
from powertrip.net import Bounds, Client, HttpClient

BOUNDS = Bounds(seconds=10.0, size=2 << 20)
"""A hundred addresses take about 200 KiB."""
ABOUT_THE_ADDRESS = frozenset({400, 404, 422})
"""Answers about the address rather than about us."""


def _check_token(value: SecretStr) -> SecretStr:
    # Anything else breaks the HTTP header, or is half of a pasted line.
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("is empty, or has spaces or characters outside ASCII; copy it again")
    return value


Token = Annotated[
    SecretStr, AfterValidator(_check_token), Written("the token, as `${NAME}` from the environment")
]
Calls = Annotated[int, Field(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every service is built from."""

    store: EnrichmentStore
    cache: AnswerCache
    client: Client
    clock: Callable[[], datetime]


class ServiceSection(Section):
    """One service; the key in `enrichment` is its name in `services` too."""

    title: ClassVar[str]
    """The service as people know it."""
    needs: ClassVar[str | None] = None
    """The setting without which it cannot be asked."""

    base_url: BaseUrl
    """The server."""
    keep: Duration = timedelta(hours=24)
    """How long an answer is used again."""

    @abstractmethod
    def service(self, key: str, tools: Tools) -> Service:
        """Build it; `key` is the section's key in `enrichment`."""

    def client(self, tools: Tools, headers: dict[str, str], *, setting: str) -> HttpClient:
        """The way to its server; `headers` hold the token, and `setting` is where it is written."""
        return HttpClient(
            client=tools.client,
            clock=tools.clock,
            name=self.title,
            base_url=self.base_url,
            headers={"Accept": "application/json", **headers},
            bounds=BOUNDS,
            understood=ABOUT_THE_ADDRESS,
            advice={
                401: f"the token is not accepted; check {setting}",
                403: f"the subscription does not allow this; check {setting}",
            },
            otherwise="check base_url",
        )
