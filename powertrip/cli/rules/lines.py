"""Reads a line of a log file as the records that a source makes of it, for trying rules on it.

With a source of the config, the line is read as if that source had been sent it. What its sender wraps lines
in is not in a log file; so where a source reads only that, as without any source, the line is taken for what
stands within.
"""

from collections.abc import Iterator
from datetime import datetime

from powertrip.domain.record import Record
from powertrip.errors import IngestRefused
from powertrip.ingest.contract import IngestRequest, Unread
from powertrip.ingest.parsing import KeyTwice, json_object
from powertrip.ingest.records import KEYS, make_records
from powertrip.ingest.shipped import prepared
from powertrip.ingest.source import SourceSection
from powertrip.net import utc_now

_TAKE_ANY_OBJECT = ("syslog", "json", "journald")
"""Types whose senders post the objects as they are: one that they refuse would be refused."""


def records_of_line(
    line: str, source: str, section: SourceSection | None = None, *, now: datetime | None = None
) -> Iterator[Record | Unread]:
    """What `line` holds, as the source `section` reads it; undecodable characters become visible."""
    readable = line.rstrip("\r\n")
    if not readable.isascii():
        readable = readable.encode("utf-8", "backslashreplace").decode()
    received_at = now or utc_now()
    if section is not None:
        request = IngestRequest(headers={}, body=readable.encode(), received_at=received_at, source=source)
        try:
            reading = section.read_body(request)
        except IngestRefused as refusal:
            if section.type in _TAKE_ANY_OBJECT and readable.lstrip().startswith(("{", "[{")):
                yield Unread(body=request.body, reason=str(refusal))
                return
        else:
            if reading.records:
                yield from reading.records
                yield from reading.unread
                return
    # A hostile line may nest deeper than the parser goes; it is judged as a bare message.
    try:
        value = json_object(readable)
    except KeyTwice as refusal:
        yield Unread(body=readable.encode(), reason=str(refusal))
        return
    given = prepared(readable if value is None else value)
    zone = None if section is None else section.zone
    yield from make_records([given], source=source, keys=KEYS, received_at=received_at, zone=zone)
