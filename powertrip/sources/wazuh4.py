"""The source type `wazuh4`: alerts that Wazuh 4's integratord hands to contrib/wazuh/custom-powertrip.

The message is `full_log` without its syslog header, to be judged by Powertrip's own rules: Wazuh's decoders
give no user where the name holds a blank, and rule 5715 also fires for lines that are no login. What they
found, in `data`, stays in the record as it came. An id is unique for one manager or node of a cluster, so
that is part of it.
Format: github.com/wazuh/wazuh at v4.9.2, src/analysisd/format/to_json.c.
"""

from typing import Any, Literal

from powertrip.ingest.base import BaseSource, first_text, inner
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.hids_alerts import flaw_of_alert, view_of_line
from powertrip.ingest.source import BySecret


class Wazuh4(BySecret, BaseSource):
    """Alerts of Wazuh 4."""

    type: Literal["wazuh4"]

    def read_body(self, request: IngestRequest) -> Reading:
        return self.reading(self.values(request), request, _view, flaw_of_alert)


def _view(alert: dict[str, Any]) -> dict[str, Any]:
    host = first_text(inner(alert, "predecoder", "hostname"), inner(alert, "agent", "name"))
    program = first_text(inner(alert, "predecoder", "program_name"))
    told = {"time": alert.get("timestamp"), "id": _id(alert)}
    return view_of_line(alert["full_log"], host=host, program=program) | told


def _id(alert: dict[str, Any]) -> str | None:
    node = first_text(inner(alert, "cluster", "node"), inner(alert, "manager", "name"))
    number = first_text(alert.get("id"))
    return f"{node}:{number}" if node and number else None
