"""The source type `alertmanager`: the webhook of Prometheus Alertmanager, an alert a record.

An alert holds no log line. Its message is the annotation `description`, `summary` or `message`, or else its
name; its host is the label `host`, `hostname`, `node` or `instance`, without a port. The record is the
alert as it came, with one key more: `powertrip`, which holds what the configured label of the alert says
(`ask`), the group's `receiver` and the address of the Alertmanager.

An alert has one id from its start to its end, its fingerprint and its start. So what is sent again while it
fires is known already, and so is its end, of which no second record is kept. But where the end is the first
that is heard of an alert, because it came and went while Powertrip was away, it is a record and asked about.
Format: github.com/prometheus/alertmanager, notify/webhook and template.
"""

import re
from typing import Any, Literal

import structlog

from powertrip.config.values import LabelName
from powertrip.errors import Unreadable
from powertrip.ingest.base import BaseSource, first_text, inner
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.source import BySecret

_log = structlog.get_logger(__name__)

_PORT = re.compile(r":[0-9]{1,5}$", re.ASCII)


class Alerts(BaseSource):
    """Groups of alerts, in Alertmanager's shape."""

    label: LabelName = "powertrip"
    """The label by which an alert says how much it matters."""

    def read_body(self, request: IngestRequest) -> Reading:
        groups = [_group(value) for value in self.values(request)]
        alerts = [self._with_group(alert, group) for group in groups for alert in group["alerts"]]
        records = self.records(alerts, request, self._view)
        cut = [_left_out(group, request.source) for group in groups]
        return Reading(records=records, is_cut=any(cut))

    def _with_group(self, alert: Any, group: dict[str, Any]) -> Any:
        """The alert with the key `powertrip`; what is no object stays as it is."""
        ask = inner(alert, "labels", self.label)
        added = {"ask": ask, "receiver": group.get("receiver"), "url": group.get("externalURL")}
        return alert | {"powertrip": added} if isinstance(alert, dict) else alert

    def _view(self, alert: Any) -> dict[str, Any]:
        labels, annotations = inner(alert, "labels"), inner(alert, "annotations")
        texts = [inner(annotations, key) for key in ("description", "summary", "message")]
        hosts = [inner(labels, key) for key in ("host", "hostname", "node", "instance")]
        return {
            "message": first_text(*texts, inner(labels, "alertname")),
            "host": _without_port(first_text(*hosts)),
            "time": inner(alert, "startsAt"),
            "id": _id(alert),
            # A name, so that no rule for another program takes an annotation for that program's line.
            "program": self.type,
        }


class Alertmanager(BySecret, Alerts):
    """Alerts of Prometheus Alertmanager."""

    type: Literal["alertmanager"]


def _left_out(group: dict[str, Any], source: str) -> bool:
    left_out = group.get("truncatedAlerts")
    if not (isinstance(left_out, int) and left_out > 0):
        return False
    advice = "raise max_alerts of the receiver, or set it to 0"
    _log.warning("alerts_left_out", source=source, count=left_out, advice=advice)
    return True


def _group(value: Any) -> dict[str, Any]:
    if not (isinstance(value, dict) and isinstance(value.get("alerts"), list)):
        raise Unreadable("not a webhook of Alertmanager or Grafana: expected an object with a list `alerts`")
    return value


def _id(alert: Any) -> str | None:
    parts = [inner(alert, key) for key in ("fingerprint", "startsAt")]
    return " ".join(parts) if all(isinstance(part, str) and part for part in parts) else None


def _without_port(host: str | None) -> str | None:
    """`bastion-1` of `bastion-1:9100`, and an address of IPv6 out of its brackets."""
    if host is None or (host.count(":") > 1 and not host.startswith("[")):
        return host
    return _PORT.sub("", host).strip("[]")
