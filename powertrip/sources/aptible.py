"""The source type `aptible`: Aptible's HTTPS log drain, one JSON object a request.

What a person types and sees in `aptible ssh` also goes down the drain, a line at a time, with the operation
and its user beside it. Of that Powertrip keeps who and which session, once, and nothing of what was typed,
which may hold passwords; nor APTIBLE_USER_DOCUMENT, a credential that has expired.
Aptible's forwarder sends no credentials, so the secret is the end of the path; it retries only 503.
Format: aptible/gentlemanjerry and aptible/joecool.
"""

from typing import Any, ClassVar, Literal

from powertrip.ingest.body import read_elements
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.finding import RecordKeys
from powertrip.ingest.records import Verbatim
from powertrip.ingest.sample import HOST, Sample, SampleLogin, json_sample
from powertrip.ingest.source import BySecret
from powertrip.ingest.writing import value_as_json

_KEYS = RecordKeys(
    message="log",
    # The app's service before the app, and both before the container that they happen to run in.
    host=("service", "app", "host"),
    time=("time", "@timestamp"),
    id="session",
    program="source",
)
_SESSION_FIELDS = ("operation_id", "operation_user_email")
"""With both, a line is of a person's session."""
_KEPT_OF_SESSION = (
    *("operation_id", "operation_user_name", "operation_user_email", "time", "@timestamp"),
    *("host", "layer", "service", "app", "app_id", "source", "container", "type"),
)
_NEVER_KEPT = "APTIBLE_USER_DOCUMENT"


class Aptible(BySecret):
    """Aptible's log drains."""

    packs: ClassVar = ("aptible",)
    type: Literal["aptible"]

    def sample_body(self, login: SampleLogin) -> Sample:
        session = {"operation_id": str(int(login.at.timestamp())), "operation_user_email": login.user_name}
        own = {"time": login.at.isoformat(), "app": HOST, "container": login.token, "source": "app"}
        return json_sample({**session, **own, "log": "A test of the way to Powertrip"})

    def read_body(self, request: IngestRequest) -> Reading:
        lines: list[Any] = []
        elements, unread = read_elements(request)
        for line in elements:
            if not isinstance(line, dict):
                lines.append(line)
            elif all(isinstance(line.get(field), str | int) and line[field] for field in _SESSION_FIELDS):
                # All lines of a session are one record by this id.
                session = {"session": f"operation {line['operation_id']}"}
                kept = {key: line[key] for key in _KEPT_OF_SESSION if key in line} | session
                content = value_as_json([line[field] for field in _SESSION_FIELDS])
                lines.append(Verbatim(kept, value_as_json(kept), content))
            else:
                # `session` is a name of ours: a line that has one must not choose its id.
                left_out = (_NEVER_KEPT, "session")
                lines.append({key: part for key, part in line.items() if key not in left_out})
        return Reading(records=self.records(lines, request, _KEYS), unread=unread)
