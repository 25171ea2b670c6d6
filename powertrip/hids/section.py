"""What the settings of all ways to tell a HIDS share."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from powertrip.config.https import https_like
from powertrip.config.section import Section
from powertrip.config.values import Written
from powertrip.domain.hids import OriginVerdict
from powertrip.hids.report import check_template
from powertrip.net import HttpClient

Url = Annotated[
    str,
    https_like("https://hids.example.com/told", or_else="a verdict that anybody can change is none"),
    Written("an https address; http on this machine alone"),
]
Template = Annotated[
    str, AfterValidator(check_template), Written("JSON with placeholders such as `$verdict`")
]


@dataclass(slots=True)
class Way:
    """A section and its connection; implements `powertrip.pipeline.ports.Origin`."""

    section: "TellSection"
    client: HttpClient
    token: str | None = None
    """The session that a login opened, until it runs out."""

    async def tell(self, verdict: OriginVerdict) -> None:
        await self.section.tell(verdict, self)

    async def check(self) -> str:
        """Prove that the connection works, in words for the operator; raises OutsideError with the cure."""
        return await self.section.check(self)


class TellSection(Section):
    """How the HIDS is told: an event of Wazuh 4, a document in its indexer, or a signed HTTP request."""

    type: str
    """Wazuh 4's API, the indexer of Wazuh 4 or 5 (OpenSearch), or a signed request to any address."""
    url: Url
    """The server, such as https://wazuh.example.com:55000; for `callback` the whole address."""
    ca_file: str | None = None
    """The certificate authority of the server, as PEM; without it, those that this machine trusts."""

    @abstractmethod
    async def tell(self, verdict: OriginVerdict, way: Way) -> None:
        """See `powertrip.pipeline.ports.Origin`."""

    @abstractmethod
    async def check(self, way: Way) -> str:
        """See `Way.check`."""
