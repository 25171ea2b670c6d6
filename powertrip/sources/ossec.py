"""The source type `ossec`: alerts of OSSEC 3, as it writes them to alerts.json, in one flat object each.

The message is `full_log` without its syslog header, as with Wazuh. OSSEC's own ids say nothing of which
server gave them, so the id is a hash of the whole alert.
Format: github.com/ossec/ossec-hids, src/analysisd/format/to_json.c.
"""

from typing import Any, Literal

from powertrip.ingest.base import BaseSource, first_text
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.hids_alerts import flaw_of_alert, view_of_line
from powertrip.ingest.source import BySecret


class Ossec(BySecret, BaseSource):
    """Alerts of OSSEC."""

    type: Literal["ossec"]

    def read_body(self, request: IngestRequest) -> Reading:
        return self.reading(self.values(request), request, _view, flaw_of_alert)


def _view(alert: dict[str, Any]) -> dict[str, Any]:
    host, program = first_text(alert.get("hostname")), first_text(alert.get("program_name"))
    return view_of_line(alert["full_log"], host=host, program=program) | {"time": alert.get("TimeStamp")}
