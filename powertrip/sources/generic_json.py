"""The source type `json`: records of any shape, with the config saying which keys hold what."""

from collections.abc import Iterator
from typing import Any, Literal

from powertrip.config.values import KeyPath
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.records import RecordKeys, find_list
from powertrip.ingest.source import BySecret, Zoned


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
        values = read_values(
            request, source=request.source, inflated_limit=request.tools.limits.inflated_bytes
        )
        maker = self.maker(self.keys, request)
        return Reading(records=maker.make_all(self._flat(values), request.received_at))

    def _flat(self, values: list[Any]) -> Iterator[Any]:
        """Every record: the elements of arrays and of the configured list, and all other values."""
        for value in values:
            for element in value if isinstance(value, list) else [value]:
                listed = find_list(element, self.events)
                yield from [element] if listed is None else listed
