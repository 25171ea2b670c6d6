"""The source type `json`: records of any shape, whose keys the config names."""

from typing import Any, Literal

from powertrip.config.values import KeyPath
from powertrip.errors import Unreadable
from powertrip.ingest.body import read_text, read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.records import RecordKeys, find_list
from powertrip.ingest.source import BySecret, Zoned
from powertrip.ingest.views import opened


class Keys(RecordKeys):
    """Where the parts of a record stand in a JSON object; `null` for a part that it lacks."""

    message: KeyPath = "message"
    """The log line."""
    host: KeyPath | None = "host"
    """The host that wrote it."""
    time: KeyPath | None = "time"
    """When it was written."""
    id: KeyPath | None = None
    """The sender's own id, by which a repeated record is known. Without it, a hash of the record."""
    program: KeyPath | None = "program"
    """The program that wrote it, such as `sshd`."""


class Json(BySecret, Zoned):
    """JSON of any shape."""

    type: Literal["json"]
    keys: Keys = Keys()
    """Where the parts of a record stand."""
    events: KeyPath | None = None
    """The list of records within the body, where it is not the body itself."""

    def read_body(self, request: IngestRequest) -> Reading:
        values: list[Any] = []
        try:
            read = read_values(request)
        except Unreadable as error:
            if read_text(request).lstrip()[:1] in ("{", "[", '"', ""):
                raise
            raise Unreadable(f"{error}; for lines of syslog, give the source the type syslog") from error
        for value in opened(read):
            listed = find_list(value, self.events)
            values += [value] if listed is None else listed
        return Reading(records=self.records(values, request, self.keys))
