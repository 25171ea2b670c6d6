"""The settings of the services that know addresses."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from powertrip.setting.section import Section
from powertrip.setting.values import BaseUrl, Duration, Written


def _check_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("is empty, or has spaces or characters outside ASCII; copy it again")
    return value


Token = Annotated[
    SecretStr, AfterValidator(_check_token), Written("the token, as `${NAME}` from the environment")
]
Calls = Annotated[int, Field(ge=1, le=1_000_000)]


class ThreatJammer(Section):
    """Score, risk and reason, the owner of the network, and the place."""

    token: Token | None = None
    """A token of the region that `base_url` names."""
    base_url: BaseUrl = "https://dublin.api.threatjammer.com/"
    """The region's server."""
    per_minute: Annotated[int, Field(ge=2, le=100_000)] = 10
    """Calls in any minute; a new address takes two, and one more where its network is new."""
    per_month: Calls = 5000
    """Calls in a calendar month."""
    keep: Duration = timedelta(hours=24)
    """How long an answer about an address is used again."""
    keep_networks: Duration = timedelta(days=30)
    """How long the owner of a network is."""


class AbuseIpDb(Section):
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
    keep: Duration = timedelta(hours=24)
    """How long an answer is used again."""


class GreyNoise(Section):
    """Whether an address scans the whole internet, or is a common business service's."""

    key: Token | None = None
    """An API key; the community service works without one, for fewer calls."""
    base_url: BaseUrl = "https://api.greynoise.io/"
    """The server."""
    per_minute: Calls = 10
    """Calls in any minute."""
    per_day: Calls = 50
    """Calls in a day."""
    keep: Duration = timedelta(hours=24)
    """How long an answer is used again."""


class Enrichment(Section):
    """What is found out about addresses. Only public ones are asked about."""

    services: tuple[Literal["threat_jammer", "abuseipdb", "greynoise"], ...] = ()
    """The services that are asked, in the order in which their answers count and are shown."""
    databases: tuple[str, ...] = ()
    """Files in MaxMind's format (GeoLite2, GeoIP2, DB-IP, IPinfo); they fill in what no service says."""
    ask_about_documentation: bool = False
    """Whether services are asked about documentation addresses (192.0.2.0/24 and the like): for demos."""
    threat_jammer: ThreatJammer = ThreatJammer()
    abuseipdb: AbuseIpDb = AbuseIpDb()
    greynoise: GreyNoise = GreyNoise()
