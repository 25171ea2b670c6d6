"""The source type `loki`: Loki's push API in its JSON form, as fluent-bit and Vector can speak it.

Promtail and Alloy speak only the other form, protobuf compressed by snappy, which is refused with the way
out. Format: Loki's HTTP API, `POST /loki/api/v1/push`; its answer is 204.
"""

from typing import Any, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import Answer, IngestRequest, Reading
from powertrip.ingest.shipped import KEYS, lines_of_streams
from powertrip.ingest.source import BySecret

_ANSWER = Answer(status=204)
_PROTOBUF = (
    "this is Loki's protobuf, and Powertrip reads its JSON: in Vector set `compression: gzip`; fluent-bit's "
    "output `loki` sends JSON; Promtail and Alloy cannot, use another shipper as docs/sources.md tells"
)


class Loki(BySecret):
    """What clients push to Loki."""

    type: Literal["loki"]

    def read_body(self, request: IngestRequest) -> Reading:
        _refuse_protobuf(request)
        pushes = read_values(
            request, source=request.source, inflated_limit=request.tools.limits.inflated_bytes
        )
        lines = [line for push in pushes for line in lines_of_streams(_push(push))]
        return Reading(records=self.maker(KEYS, request).make_all(lines, request.received_at), answer=_ANSWER)


def _refuse_protobuf(request: IngestRequest) -> None:
    kind = (request.header("content-type") or "").lower()
    encoding = (request.header("content-encoding") or "").lower()
    if "protobuf" in kind or encoding == "snappy":
        raise Unreadable(_PROTOBUF)


def _push(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and isinstance(value.get("streams"), list):
        return value
    raise Unreadable("not a Loki push: expected an object with a list `streams`")
