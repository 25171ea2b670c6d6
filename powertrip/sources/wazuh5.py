"""The source type `wazuh5`: Wazuh 5's notifications to a custom webhook, with a body of the operator's.

Best is a body of text that holds nothing but the finding's `event.original`, the log line: the template
does not escape quotes, so JSON made of one breaks at the first quote in a line. JSON is read too: a finding
with the line at `event.original`.
Format: Wazuh 5's migration guide and OpenSearch's notifications; 5.0 was not released when this was written.
"""

from typing import Any, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.body import read_text
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.hids_alerts import view_of_line
from powertrip.ingest.parsing import opened, parse_values
from powertrip.ingest.sample import OF_HIDS, NoSample, Sample, SampleLogin
from powertrip.ingest.source import BySecret, Zoned
from powertrip.ingest.views import ViewedSource, first_text, inner


class Wazuh5(BySecret, Zoned, ViewedSource):
    """Alerts of Wazuh 5."""

    type: Literal["wazuh5"]

    def read_body(self, request: IngestRequest) -> Reading:
        text = read_text(request).strip()
        if not text:
            raise Unreadable("the body is empty; fill the notification's template, see docs/sources.md")
        # A line may begin with a time in brackets.
        values = opened(parse_values(text, request.limits)) if text.startswith(("{", "[{")) else [text]
        return self.reading(values, request=request)

    def sample_body(self, login: SampleLogin) -> Sample:  # noqa: ARG002
        raise NoSample(OF_HIDS)

    def flaw(self, value: Any) -> str | None:
        if _original(value) is None and inner(value, "wazuh") is not None:
            return "the finding holds no log line at `event.original`"
        return None

    def view(self, value: Any) -> dict[str, Any]:
        line = value if isinstance(value, str) else _original(value)
        if line is None:
            return {"time": inner(value, "@timestamp")}
        agent = first_text(inner(value, "wazuh", "agent", "name"), inner(value, "wazuh.agent.name"))
        view = view_of_line(line, host=agent)
        return view | {"time": inner(value, "@timestamp") or view["time"]}


def _original(finding: Any) -> str | None:
    return first_text(inner(finding, "event", "original"), inner(finding, "event.original"))
