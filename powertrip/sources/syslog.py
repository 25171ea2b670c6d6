"""The source type `syslog`: what log shippers post, each in its own arrangement.

Read are JSON objects (one, an array, an object a line, concatenated), rsyslog's `kafkarest` and `lokirest`
batches, and lines of syslog text. A line break inside of a message ends a line of text, so whoever can log
one can forge a line of text; JSON has no such trouble.
Formats: rsyslog's contrib/omhttp, syslog-ng's modules/http, fluent-bit's out_http, Vector's http sink.
"""

from collections.abc import Iterator
from typing import Any, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.body import parse_values, read_text
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.shipped import KEYS, lines_of_streams, prepared
from powertrip.ingest.source import BySecret, Zoned


class Syslog(BySecret, Zoned):
    """Lines of syslog."""

    type: Literal["syslog"]

    def read_body(self, request: IngestRequest) -> Reading:
        text = read_text(request, source=request.source, inflated_limit=request.tools.limits.inflated_bytes)
        values, unread = _values(text, request.header("content-type") or "")
        return Reading(records=self.maker(KEYS, request).make_all(values, request.received_at), unread=unread)


def _values(text: str, content_type: str) -> tuple[list[Any], tuple[Unread, ...]]:
    """Every record of the body, prepared, and the lines that hold none."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise Unreadable("the body is empty")
    if text.lstrip()[:1] not in ("{", "["):
        return _lines_of_text(lines), ()
    try:
        return list(_records_in(parse_values(text))), ()
    except Unreadable:
        if len(lines) > 1 and all(line.startswith("{") for line in lines):
            return _each_line(lines)
        if content_type.startswith("text/plain") and text.lstrip().startswith("["):
            return _lines_of_text(lines), ()
        raise


def _lines_of_text(lines: list[str]) -> list[Any]:
    return [prepared(line.removesuffix("\r")) for line in lines]


def _each_line(lines: list[str]) -> tuple[list[Any], tuple[Unread, ...]]:
    """Objects, one a line, of which some cannot be read: the others are not lost with them."""
    values: list[Any] = []
    unread: list[Unread] = []
    for line in lines:
        try:
            values += _records_in(parse_values(line))
        except Unreadable as refusal:
            unread.append(Unread(body=line.encode("utf-8", "replace"), reason=str(refusal)))
    return values, tuple(unread)


def _records_in(values: list[Any]) -> Iterator[Any]:
    """The records, prepared, within the arrangements that shippers make."""
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("streams"), list):
            yield from lines_of_streams(value)
        else:
            yield from map(prepared, _opened(value))


def _opened(value: Any) -> list[Any]:
    records = value.get("records") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(records, list):
        return [record.get("value", record) if isinstance(record, dict) else record for record in records]
    return value if isinstance(value, list) else [value]
