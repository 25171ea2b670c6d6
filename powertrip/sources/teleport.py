"""The source type `teleport`: Teleport's audit events, as its event handler sends them by way of Fluentd.

One object, an array, or one object a line; an event's id is its `uid`.
Format: goteleport.com/docs, audit events and the Event Handler plugin.
"""

from typing import Any, Literal

from powertrip.ingest.base import BaseSource, inner
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.source import BySecret


class Teleport(BySecret, BaseSource):
    """Teleport's audit events, by its event handler."""

    type: Literal["teleport"]

    def read_body(self, request: IngestRequest) -> Reading:
        return self.reading(self.values(request), request, _view, _flaw)


def _flaw(event: Any) -> str | None:
    is_event = isinstance(inner(event, "event"), str)
    return None if is_event else "not an audit event of Teleport: expected an object with `event`"


def _view(event: Any) -> dict[str, Any]:
    return {"id": inner(event, "uid"), "time": inner(event, "time")}
