"""Reads a line of a log file as the records that a source makes of it, for trying rules on it.

With a source of the config, the line is read as if that source had been sent it. What its sender wraps lines
in is not in a log file; so where a source reads only that, as without any source, the line is taken for what
stands within.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from powertrip.domain.record import Record
from powertrip.domain.syslog import SyslogLine, parse_line
from powertrip.domain.tags import facility_name, plain_program
from powertrip.errors import IngestRefused
from powertrip.ingest.contract import DEFAULT_LIMITS, IngestRequest, Unread
from powertrip.ingest.finding import name_of, storable
from powertrip.ingest.parsing import KeyTwice, json_object
from powertrip.ingest.records import KEYS, bare, make_records
from powertrip.ingest.shipped import prepared
from powertrip.ingest.source import SourceSection
from powertrip.ingest.times import HeaderTime, parse_time
from powertrip.net import utc_now
from powertrip.rules.document import begins_as_json

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
    zone = None if section is None else section.zone
    if len(readable) <= DEFAULT_LIMITS.message_characters and not begins_as_json(readable):
        parsed = parse_line(storable(bare(readable)))
        if not begins_as_json(parsed.message):
            yield _record(parsed, readable, source, received_at, zone)
            return
    # A hostile line may nest deeper than the parser goes; it is judged as a bare message.
    try:
        value = json_object(readable)
    except KeyTwice as refusal:
        yield Unread(body=readable.encode(), reason=str(refusal))
        return
    given = prepared(readable if value is None else value)
    yield from make_records([given], source=source, keys=KEYS, received_at=received_at, zone=zone)


def _record(parsed: SyslogLine, line: str, source: str, received_at: datetime, zone: tzinfo | None) -> Record:
    """What `make_records` makes of a short line without JSON, in half the time; but it has no id."""
    time, program = parsed.time, name_of((parsed.program,))
    return Record(
        source=source,
        record_id="",
        message=bare(parsed.message),
        raw=storable(line),
        received_at=received_at,
        occurred_at=parse_time(HeaderTime(time), received_at=received_at, zone=zone) if time else None,
        host_name=name_of((parsed.host,)),
        program=plain_program(program) if program else None,
        facility=facility_name(parsed.facility) if parsed.facility else None,
    )
