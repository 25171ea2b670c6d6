"""The source type `wazuh4`: alerts that Wazuh 4's integratord hands to contrib/wazuh/custom-powertrip.

The message is `full_log` without its syslog header, to be judged by Powertrip's own rules: Wazuh's decoders
give no user where the name holds a blank, and rule 5715 also fires for lines that are no login. What they
found, in `data`, stays in the record as it came. An id is unique for one manager or node of a cluster, so
that is part of it.
Format: github.com/wazuh/wazuh at v4.9.2, src/analysisd/format/to_json.c.
"""

from typing import Any, Literal

from powertrip.ingest.hids_alerts import HidsAlerts, view_of_line
from powertrip.ingest.views import first_text, inner


class Wazuh4(HidsAlerts):
    """Alerts of Wazuh 4."""

    type: Literal["wazuh4"]

    def view(self, value: Any) -> dict[str, Any]:
        host = first_text(inner(value, "predecoder", "hostname"), inner(value, "agent", "name"))
        program = first_text(inner(value, "predecoder", "program_name"))
        node = first_text(inner(value, "cluster", "node"), inner(value, "manager", "name"))
        number = first_text(value.get("id"))
        own = {"time": value.get("timestamp"), "id": f"{node}:{number}" if node and number else None}
        return view_of_line(value["full_log"], host=host, program=program) | own
