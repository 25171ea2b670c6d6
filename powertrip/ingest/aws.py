"""Makes values for records of the texts that AWS's senders carry: JSON, or lines of a log.

A text stays as it came in `raw`, where the rules over JSON look; only the record's own fields are picked out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from powertrip.ingest.parsing import object_or_flaw
from powertrip.ingest.records import FLAW, Verbatim
from powertrip.ingest.shipped import best_times, fields_of_line, fields_of_object, is_login_program
from powertrip.ingest.times import parse_time
from powertrip.ingest.writing import value_as_json

_TIMES = ("time", "eventTime", "StateChangeTime", "timestamp")
"""EventBridge, CloudTrail, an alarm of CloudWatch, a log event."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in for the time of arrival where a time must name its year."""
_DOCKERS = {"log", "stream"}
"""Docker's json-file, and what ships it."""
_TAKEN = ("message", "host", "program", "facility", "_UID", "_COMM")


def of_text(text: str, **own: Any) -> Verbatim:
    """A value of a JSON object or of a line; `own` are fields that the sender states, and they win."""
    value, flaw = object_or_flaw(text)
    fields = fields_of_line(text) if value is None else _picked(value)
    return Verbatim(fields | own | ({FLAW: flaw} if flaw else {}), text)


def of_object(value: dict[str, Any], **own: Any) -> Verbatim:
    """A value of an object; raises Unreadable if it nests too deeply to be written."""
    return Verbatim(_picked(value) | own, value_as_json(value))


def of_log_event(
    event: dict[str, Any], *, id_key: str, stream: object, beside: Mapping[str, Any] = MappingProxyType({})
) -> Verbatim:
    """A value of one event of CloudWatch Logs; the keys of `beside` go into `raw` with it."""
    text = event.get("message")
    value, flaw = object_or_flaw(text) if isinstance(text, str) else (None, None)
    fields: dict[str, Any] = {}
    if isinstance(text, str):
        fields = fields_of_line(text) if value is None else _picked(value)
    # The event's own time is when CloudWatch had it, which may be minutes after what CloudTrail tells of.
    own_time = value and _cloudtrail_time(value)
    times = (own_time,) if own_time else best_times(fields.get("time"), event.get("timestamp"))
    # A line that names no host is of the stream, which is where its agent is named.
    own: dict[str, Any] = {"host": fields.get("host") or stream, "id": event.get(id_key), "time": times}
    if flaw:
        own[FLAW] = flaw
    return of_object({**event, **beside}, **({"message": text} | fields | own))


def _picked(value: dict[str, Any]) -> dict[str, Any]:
    times = [_cloudtrail_time(value), *(value.get(key) for key in _TIMES)]
    time = next(filter(None, times), None)
    fields = fields_of_object(value)
    # A rule over JSON may look for an object in the message; only what is surely a log line replaces it.
    if "message" in value or value.keys() >= _DOCKERS or is_login_program(fields.get("program")):
        taken = {key: fields[key] for key in _TAKEN if key in fields}
        return taken | {"time": best_times(fields.get("time"), time)}
    taken = {key: value[key] for key in ("host", "program") if key in value}
    return taken | {"time": time} if time else taken


def _cloudtrail_time(value: dict[str, Any]) -> str | None:
    """When it happened, by CloudTrail's record in `value`, bare or in EventBridge's `detail`, if any."""
    detail = value.get("detail")
    record = detail if isinstance(detail, dict) else value
    time = record.get("eventTime")
    is_cloudtrail = isinstance(time, str) and "eventSource" in record and "eventName" in record
    # One that cannot be read must not take the place of the carrier's.
    return time if is_cloudtrail and parse_time(time, received_at=_EPOCH, zone=None) else None
