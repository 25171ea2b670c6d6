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
from dataclasses import replace
from typing import Any, ClassVar, Literal

import structlog

from powertrip.config.values import LabelName
from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.parsing import opened
from powertrip.ingest.sample import HOST, Sample, SampleLogin, json_sample
from powertrip.ingest.source import BySecret
from powertrip.ingest.views import ViewedSource, first_text, inner
from powertrip.ingest.writing import value_as_json

_log = structlog.get_logger(__name__)

_ADVICE = "raise max_alerts of the receiver, or set it to 0"
_NO_GROUP = "not a webhook of Alertmanager or Grafana: expected an object with a list `alerts`"
_PORT = re.compile(r":[0-9]{1,5}$", re.ASCII)


class Alerts(ViewedSource):
    """Groups of alerts, in Alertmanager's shape."""

    packs: ClassVar = ("alerts",)

    label: LabelName = "powertrip"
    """The label by which an alert says how much it matters."""

    @property
    def programs(self) -> tuple[str, ...]:
        return (self.type,)

    def sample_body(self, login: SampleLogin) -> Sample:
        labels = {"alertname": "PowertripTest", self.label: "medium", "user": login.user_name, "host": HOST}
        alert = {
            "status": "firing",
            "labels": labels,
            "annotations": {"summary": "A test of the way to Powertrip"},
            "startsAt": login.at.isoformat(),
            "fingerprint": login.token,
        }
        return json_sample({"receiver": "powertrip", "status": "firing", "alerts": [alert]})

    def read_body(self, request: IngestRequest) -> Reading:
        alerts: list[Any] = []
        left_out = 0
        for group in opened(read_values(request)):
            listed = inner(group, "alerts")
            if not isinstance(listed, list):
                raise Unreadable(_NO_GROUP)
            added = {"receiver": group.get("receiver"), "url": group.get("externalURL")}
            for alert in listed:
                ask = inner(alert, "labels", self.label)
                # Anything but an object stays as it is: a record that no rule knows.
                alerts.append(
                    alert | {"powertrip": {"ask": ask, **added}} if isinstance(alert, dict) else alert
                )
            truncated = group.get("truncatedAlerts")
            left_out += truncated if isinstance(truncated, int) and truncated > 0 else 0
        reading = self.reading(alerts, request=request)
        if left_out:
            _log.warning("alerts left out", source=request.source, count=left_out, advice=_ADVICE)
        return replace(reading, is_cut=left_out > 0)

    def content(self, value: Any) -> str | None:
        # An alert is told again while it lasts, with other values and times; its labels stay.
        return value_as_json(inner(value, "labels"))

    def view(self, value: Any) -> dict[str, Any]:
        labels, annotations = inner(value, "labels"), inner(value, "annotations")
        texts = [inner(annotations, key) for key in ("description", "summary", "message")]
        host = first_text(*(inner(labels, key) for key in ("host", "hostname", "node", "instance")))
        if host and (host.count(":") < 2 or host.startswith("[")):
            # `bastion-1` of `bastion-1:9100`, and an address of IPv6 out of its brackets.
            host = _PORT.sub("", host).strip("[]")
        identity = [inner(value, key) for key in ("fingerprint", "startsAt")]
        has_identity = all(isinstance(part, str) and part for part in identity)
        return {
            "message": first_text(*texts, inner(labels, "alertname")),
            "host": host,
            "time": inner(value, "startsAt"),
            "id": " ".join(identity) if has_identity else None,
            # A name, so that no rule for another program takes an annotation for that program's line.
            "program": self.type,
        }


class Alertmanager(BySecret, Alerts):
    """Alerts of Prometheus Alertmanager."""

    type: Literal["alertmanager"]
