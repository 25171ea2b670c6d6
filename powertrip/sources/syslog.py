"""The source type `syslog`: what log shippers post, each in its own arrangement.

Read are JSON objects (one, an array, an object a line, concatenated), rsyslog's `kafkarest` and `lokirest`
batches, and lines of syslog text. A line break inside of a message ends a line of text, so whoever can log
one can forge a line of text; JSON has no such trouble.
Formats: rsyslog's contrib/omhttp, syslog-ng's modules/http, fluent-bit's out_http, Vector's http sink.
"""

import re
from typing import Any, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.batches import octet_frames, opened_batch
from powertrip.ingest.body import parse_values, read_text
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.keys import KEYS
from powertrip.ingest.records import as_paths
from powertrip.ingest.sample import Sample, SampleLogin, json_sample
from powertrip.ingest.shipped import lines_of_streams, prepared
from powertrip.ingest.source import BySecret, Zoned
from powertrip.ingest.views import opened

_BRACKETED_TIME = re.compile(r"\s*\[\s*(?:[0-9]{4}[-/]|[0-9]{1,9}\.[0-9]+\]|[A-Z][a-z]{2} )")
_COUNTED = re.compile(r"[0-9]{1,7} <[0-9]{1,3}>")


class Syslog(BySecret, Zoned):
    """Lines of syslog."""

    type: Literal["syslog"]

    @property
    def text_keys(self) -> tuple[str, ...]:
        return as_paths(KEYS.message)

    def sample_body(self, login: SampleLogin) -> Sample:
        return json_sample({**login.fields, "facility": "auth"})

    def read_body(self, request: IngestRequest) -> Reading:
        text = read_text(request)
        lines = _lines(text)
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
            elif _BRACKETED_TIME.match(text) or (is_plain and text.lstrip().startswith("[")):
                # A line may begin with a time in brackets.
                values = _prepared(lines)
            else:
                raise
        return Reading(records=self.records(values, request), unread=tuple(unread))


def _prepared(values: list[Any]) -> list[Any]:
    """The records, prepared, within the arrangements that shippers make."""
    records: list[Any] = []
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("streams"), list):
            records += lines_of_streams(value)
        else:
            records += (prepared(record) for item in opened([value]) for record in opened_batch(item))
    return records


def _lines(text: str) -> list[str]:
    """The lines, or the frames of RFC 6587, which may follow each other without a break."""
    if _COUNTED.match(text):
        frames, remainder = octet_frames(text.encode())
        if not remainder.strip():
            return [frame.decode("utf-8", "replace") for frame in frames]
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
