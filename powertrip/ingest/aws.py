"""What AWS's senders share: how a text that they carry, JSON or a line of a log, becomes a record.

The text is kept as it came in `raw`, where the rules over JSON look; only what a record itself wants to
know is picked out of it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from powertrip.domain.syslog import parse_line
from powertrip.errors import Unreadable
from powertrip.ingest.body import parse_values
from powertrip.ingest.records import Verbatim, value_as_json

_TIMES = ("time", "eventTime", "StateChangeTime", "timestamp")
"""EventBridge, CloudTrail, an alarm of CloudWatch, a log event."""
_TAKEN = ("message", "host", "program")


def of_text(text: str, **own: Any) -> Verbatim:
    """A value of a text that is an object of JSON or else a line; `own` is what its sender says itself."""
    found = json_object(text)
    return Verbatim((_of_line(text) if found is None else _picked(found)) | own, text)


def of_object(value: dict[str, Any], **own: Any) -> Verbatim:
    """A value of an object; raises Unreadable if it nests too deeply to be written."""
    try:
        return Verbatim(_picked(value) | own, value_as_json(value))
    except RecursionError as error:
        raise Unreadable("the body nests lists or objects too deeply") from error


def of_log_event(
    event: dict[str, Any], *, id_key: str, stream: object, beside: Mapping[str, Any] = MappingProxyType({})
) -> Verbatim:
    """A value of one event of CloudWatch Logs; what its sender says `beside` it goes into `raw` too.

    A line that names no host is of the stream, which is where its agent is named.
    """
    text = event.get("message")
    said = of_text(text).value if isinstance(text, str) else {}
    own = {"host": said.get("host") or stream, "id": event.get(id_key), "time": event.get("timestamp")}
    return of_object({**event, **beside}, **({"message": text} | said | own))


def json_object(text: str) -> dict[str, Any] | None:
    """The one object that the text is; None for any other text."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        [value] = parse_values(text)
    except (Unreadable, ValueError):  # not JSON, or several values
        return None
    return value if isinstance(value, dict) else None


def _picked(value: dict[str, Any]) -> dict[str, Any]:
    times = [value[key] for key in _TIMES if value.get(key)]
    taken = {key: value[key] for key in _TAKEN if key in value}
    return taken | {"time": times[0]} if times else taken


def _of_line(text: str) -> dict[str, Any]:
    line = parse_line(text.encode("utf-8", "replace").decode())
    parts = {"message": line.message, "host": line.host, "program": line.program}
    parts |= {"time": line.time, "facility": line.facility}
    return {key: part for key, part in parts.items() if part is not None}
