"""Sources: a file per wire format, each with its settings; all are listed below."""

from typing import Annotated

from pydantic import Field

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
from powertrip.sources.syslog import Syslog
from powertrip.sources.tailscale import Tailscale
from powertrip.sources.teleport import Teleport
from powertrip.sources.wazuh4 import Wazuh4
from powertrip.sources.wazuh5 import Wazuh5

# fmt: off
AnySource = Annotated[
    Papertrail | Json | Pam | Alertmanager | Grafana | Wazuh4 | Wazuh5 | Ossec | Github | Okta | Tailscale
    | Teleport | Sns | Firehose | EventBridge | Syslog | Journald | Loki | Heroku | Aptible,
    Field(discriminator="type"),
]
# fmt: on
