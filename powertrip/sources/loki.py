"""The source type `loki`: Loki's push API in its JSON form, as fluent-bit and Vector can speak it.

Promtail and Alloy speak only the other form, protobuf compressed by snappy, which is refused with the way
out. Format: Loki's HTTP API, `POST /loki/api/v1/push`; its answer is 204.
"""

from itertools import chain
from typing import Literal

from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestAnswer, IngestRequest, Reading
from powertrip.ingest.finding import as_paths
from powertrip.ingest.keys import KEYS
from powertrip.ingest.records import bounded
from powertrip.ingest.sample import HOST, PROGRAM, Sample, SampleLogin, json_sample
from powertrip.ingest.shipped import apart, lines_of_streams
from powertrip.ingest.source import BySecret

_ANSWER = IngestAnswer(status=204)
_PROTOBUF = (
    "this is Loki's protobuf, and Powertrip reads its JSON: in Vector set `compression: gzip`; fluent-bit's "
    "output `loki` sends JSON; Promtail and Alloy cannot, use another shipper as docs/sources.md tells"
)


class Loki(BySecret):
    """What clients push to Loki."""

    type: Literal["loki"]

    @property
    def text_keys(self) -> tuple[str, ...]:
        return as_paths(KEYS.message)

    def sample_body(self, login: SampleLogin) -> Sample:
        entry = [str(int(login.at.timestamp() * 1e6) * 1000), login.line]
        return json_sample({"streams": [{"stream": {"host": HOST, "program": PROGRAM}, "values": [entry]}]})

    def read_body(self, request: IngestRequest) -> Reading:
        content_type = (request.header("content-type") or "").lower()
        encoding = (request.header("content-encoding") or "").lower()
        if "protobuf" in content_type or encoding == "snappy":
            raise Unreadable(_PROTOBUF)
        pushes = read_values(request)
        for push in pushes:
            if not (isinstance(push, dict) and isinstance(push.get("streams"), list)):
                raise Unreadable("not a Loki push: expected an object with a list `streams`")
        pushed = chain.from_iterable(map(lines_of_streams, pushes))
        sound, unread = apart(bounded(pushed, request.limits))
        return Reading(records=self.records(sound, request), unread=tuple(unread), answer=_ANSWER)
