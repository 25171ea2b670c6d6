"""Makes values for records of the texts that AWS's senders carry: JSON, or lines of a log.

A text stays as it came in `raw`, where the rules over JSON look; only the record's own fields are picked out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from powertrip.ingest.body import json_object
from powertrip.ingest.records import Verbatim, fields_of_line, value_as_json

_TIMES = ("time", "eventTime", "StateChangeTime", "timestamp")
"""EventBridge, CloudTrail, an alarm of CloudWatch, a log event."""
_TAKEN = ("message", "host", "program")


def of_text(text: str, **own: Any) -> Verbatim:
    """A value of a JSON object or of a line; `own` are fields that the sender states, and they win."""
    value = json_object(text)
    return Verbatim((fields_of_line(text) if value is None else _picked(value)) | own, text)


def of_object(value: dict[str, Any], **own: Any) -> Verbatim:
    """A value of an object; raises Unreadable if it nests too deeply to be written."""
    return Verbatim(_picked(value) | own, value_as_json(value))


def of_log_event(
    event: dict[str, Any], *, id_key: str, stream: object, beside: Mapping[str, Any] = MappingProxyType({})
) -> Verbatim:
    """A value of one event of CloudWatch Logs; the keys of `beside` go into `raw` with it."""
    text = event.get("message")
    fields = of_text(text).value if isinstance(text, str) else {}
    # A line that names no host is of the stream, which is where its agent is named.
    own = {"host": fields.get("host") or stream, "id": event.get(id_key), "time": event.get("timestamp")}
    return of_object({**event, **beside}, **({"message": text} | fields | own))


def _picked(value: dict[str, Any]) -> dict[str, Any]:
    times = [value[key] for key in _TIMES if value.get(key)]
    taken = {key: value[key] for key in _TAKEN if key in value}
    return taken | {"time": times[0]} if times else taken
