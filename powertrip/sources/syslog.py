"""The source type `syslog`: what log shippers post, each in its own arrangement.

Read are JSON objects (one, an array, an object a line, concatenated), rsyslog's `kafkarest` and `lokirest`
batches, and lines of syslog text. A line break inside of a message ends a line of text, so whoever can log
one can forge a line of text; JSON has no such trouble.
Formats: rsyslog's contrib/omhttp, syslog-ng's modules/http, fluent-bit's out_http, Vector's http sink.
"""

from typing import Any, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.body import parse_values, read_text
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.keys import KEYS
from powertrip.ingest.records import as_paths
from powertrip.ingest.shipped import lines_of_streams, prepared
from powertrip.ingest.source import BySecret, Zoned
from powertrip.ingest.views import opened


class Syslog(BySecret, Zoned):
    """Lines of syslog."""

    type: Literal["syslog"]

    @property
    def text_keys(self) -> tuple[str, ...]:
        return as_paths(KEYS.message)

    def read_body(self, request: IngestRequest) -> Reading:
        text = read_text(request)
        lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
        if not lines:
            raise Unreadable("the body is empty")
        is_plain = (request.header("content-type") or "").startswith("text/plain")
        values: list[Any] = []
        unread: list[Unread] = []
        try:
            is_json = text.lstrip()[:1] in ("{", "[")
            values = _prepared(parse_values(text) if is_json else lines)
        except Unreadable:
            if len(lines) > 1 and all(line.startswith("{") for line in lines):
                # Objects, one a line, of which some cannot be read: the others are not lost with them.
                for line in lines:
                    try:
                        values += _prepared(parse_values(line))
                    except Unreadable as refusal:
                        unread.append(Unread(body=line.encode("utf-8", "replace"), reason=str(refusal)))
            elif is_plain and text.lstrip().startswith("["):
                # A line may begin with a time in brackets.
                values = _prepared(lines)
            else:
                raise
        return Reading(records=self.records(values, request), unread=tuple(unread))


def _prepared(values: list[Any]) -> list[Any]:
    """The records, prepared, within the arrangements that shippers make."""
    records: list[Any] = []
    for value in values:
        batch = value.get("records") if isinstance(value, dict) and len(value) == 1 else None
        if isinstance(value, dict) and isinstance(value.get("streams"), list):
            records += lines_of_streams(value)
        elif isinstance(batch, list):
            # kafkarest wraps each record, and each has a `value`.
            unwrapped = (item.get("value", item) if isinstance(item, dict) else item for item in batch)
            records += map(prepared, unwrapped)
        else:
            records += map(prepared, opened([value]))
    return records
