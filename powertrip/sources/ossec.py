"""The source type `ossec`: alerts of OSSEC 3, as it writes them to alerts.json, in one flat object each.

The message is `full_log` without its syslog header, as with Wazuh. OSSEC's own ids say nothing of which
server gave them, so the id is a hash of the whole alert.
Format: github.com/ossec/ossec-hids, src/analysisd/format/to_json.c.
"""

from typing import Any, Literal

from powertrip.ingest.hids_alerts import HidsAlerts, view_of_line
from powertrip.ingest.views import first_text


class Ossec(HidsAlerts):
    """Alerts of OSSEC."""

    type: Literal["ossec"]

    def view(self, value: Any) -> dict[str, Any]:
        host, program = first_text(value.get("hostname")), first_text(value.get("program_name"))
        view = view_of_line(value["full_log"], host=host, program=program)
        return view | {"time": value.get("TimeStamp")}
