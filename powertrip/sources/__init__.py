"""Sources: a file per wire format, each making records of requests. The types are in the table below."""

from collections.abc import Callable, Iterable

from powertrip.ingest import Source
from powertrip.sources.alertmanager import AlertmanagerSource
from powertrip.sources.aptible import AptibleSource
from powertrip.sources.eventbridge import EventBridgeSource
from powertrip.sources.fetch import Fetch, fetch_bounded
from powertrip.sources.firehose import FirehoseSource
from powertrip.sources.generic_json import JsonSource
from powertrip.sources.github import GithubSource
from powertrip.sources.grafana import GrafanaSource
from powertrip.sources.heroku import HerokuSource
from powertrip.sources.journald import JournaldSource
from powertrip.sources.loki import LokiSource
from powertrip.sources.okta import OktaSource
from powertrip.sources.ossec import OssecSource
from powertrip.sources.pam import PamSource
from powertrip.sources.papertrail import PapertrailSource
from powertrip.sources.settings import Limits, RecordKeys, SourceSettings
from powertrip.sources.sns import SnsSource
from powertrip.sources.sns_message import Certificates
from powertrip.sources.syslog import SyslogSource
from powertrip.sources.tailscale import TailscaleSource
from powertrip.sources.teleport import TeleportSource
from powertrip.sources.wazuh4 import Wazuh4Source
from powertrip.sources.wazuh5 import Wazuh5Source

__all__ = ["Fetch", "Limits", "RecordKeys", "SourceSettings", "build_sources"]


def build_sources(
    settings: Iterable[SourceSettings],
    *,
    limits: Limits,
    on_batch_cut: Callable[[str], None],
    fetch: Fetch = fetch_bounded,
) -> dict[str, Source]:
    """The sources by name; `on_batch_cut` is called with a source's name when its sender left records out.

    `fetch` is asked for what senders have ready at addresses of their own service.
    """
    certificates = Certificates(fetch)
    builders: dict[str, Callable[[SourceSettings], Source]] = {
        "papertrail": lambda entry: PapertrailSource(entry, limits, on_batch_cut),
        "json": lambda entry: JsonSource(entry, limits),
        "pam": lambda entry: PamSource(entry, limits),
        "alertmanager": lambda entry: AlertmanagerSource(entry, limits, on_batch_cut),
        "grafana": lambda entry: GrafanaSource(entry, limits, on_batch_cut),
        "wazuh4": lambda entry: Wazuh4Source(entry, limits),
        "wazuh5": lambda entry: Wazuh5Source(entry, limits),
        "ossec": lambda entry: OssecSource(entry, limits),
        "github": lambda entry: GithubSource(entry, limits),
        "okta": lambda entry: OktaSource(entry, limits),
        "tailscale": lambda entry: TailscaleSource(entry, limits),
        "teleport": lambda entry: TeleportSource(entry, limits),
        "sns": lambda entry: SnsSource(entry, limits, fetch, certificates),
        "firehose": lambda entry: FirehoseSource(entry, limits),
        "eventbridge": lambda entry: EventBridgeSource(entry, limits),
        "syslog": lambda entry: SyslogSource(entry, limits),
        "journald": lambda entry: JournaldSource(entry, limits),
        "loki": lambda entry: LokiSource(entry, limits),
        "heroku": lambda entry: HerokuSource(entry, limits, on_batch_cut),
        "aptible": lambda entry: AptibleSource(entry, limits),
    }
    return {entry.name: builders[entry.type](entry) for entry in settings}
