"""Sources: a file per wire format, each with its settings; all are listed below."""

from typing import Annotated

import httpx
from pydantic import Field

from powertrip.errors import Overloaded, Unavailable
from powertrip.ingest.contract import Fetch, Limits, Tools
from powertrip.ingest.source import Source
from powertrip.net import Bounds, HttpClient, new_client
from powertrip.sources.alertmanager import Alertmanager
from powertrip.sources.aptible import Aptible
from powertrip.sources.eventbridge import EventBridge
from powertrip.sources.firehose import Firehose
from powertrip.sources.generic_json import Json
from powertrip.sources.github import Github
from powertrip.sources.grafana import Grafana
from powertrip.sources.heroku import Heroku
from powertrip.sources.journald import Journald
from powertrip.sources.loki import Loki
from powertrip.sources.okta import Okta
from powertrip.sources.ossec import Ossec
from powertrip.sources.pam import Pam
from powertrip.sources.papertrail import Papertrail
from powertrip.sources.sns import Sns
from powertrip.sources.sns_message import Certificates
from powertrip.sources.syslog import Syslog
from powertrip.sources.tailscale import Tailscale
from powertrip.sources.teleport import Teleport
from powertrip.sources.wazuh4 import Wazuh4
from powertrip.sources.wazuh5 import Wazuh5

__all__ = ["AnySource", "Source", "lend"]

# fmt: off
AnySource = Annotated[
    Papertrail | Json | Pam | Alertmanager | Grafana | Wazuh4 | Wazuh5 | Ossec | Github | Okta | Tailscale
    | Teleport | Sns | Firehose | EventBridge | Syslog | Journald | Loki | Heroku | Aptible,
    Field(discriminator="type"),
]
# fmt: on


FETCHED = Bounds(seconds=5.0, size=64 << 10)
"""SNS waits 15 seconds for our answer; a certificate has about 2000 bytes."""


async def fetch(url: str, *, bounds: Bounds = FETCHED) -> bytes:
    """What is at an address that the caller has checked; raises Overloaded, naming only the host."""
    host = httpx.URL(url).host
    async with new_client() as client:
        try:
            answer = await HttpClient(client=client, name=host, bounds=bounds).request("GET", url)
            body = answer.whole()
        except Unavailable as error:
            raise Overloaded(str(error)) from error
    if answer.status != httpx.codes.OK:
        raise Overloaded(f"{host}: the server answered {answer.status}")
    return body


def lend(limits: Limits, fetch: Fetch = fetch) -> Tools:
    """What the endpoint lends to its sources."""
    return Tools(limits=limits, fetch=fetch, certificates=Certificates(fetch))
