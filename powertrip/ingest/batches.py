"""The arrangements that shippers and relays make of several records in one body."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from powertrip.errors import BodyTooLarge
from powertrip.ingest.contract import DEFAULT_LIMITS, Limits, too_many
from powertrip.ingest.parsing import json_object

_LISTS = ("records", "metrics", "events")
"""rsyslog's kafkarest, Telegraf's batches, Papertrail's events: each alone in its object."""
_PUSH = {"message", "subscription", "deliveryAttempt"}
_LENGTH = re.compile(rb"([0-9]{1,9}) ")


def opened_batch(value: Any) -> Iterator[Any]:
    """The records within an arrangement, or the value itself."""
    if not isinstance(value, dict):
        yield value
        return
    if (of_collector := _of_collector(value)) is not None:
        yield from of_collector
        return
    payload = value.get("payload")
    holder = payload if len(value) == 1 and isinstance(payload, dict) else value
    listed = next((holder[key] for key in _LISTS if isinstance(holder.get(key), list)), None)
    if listed is not None and len(holder) == 1:
        # kafkarest wraps each record, and each has a `value`.
        yield from (item.get("value", item) if isinstance(item, dict) else item for item in listed)
    else:
        yield _pushed_by_pubsub(value)


def unwrapped(value: Any) -> Iterator[Any]:
    """The records that a service puts into an envelope: Papertrail's payload, or what Pub/Sub pushes."""
    of_collector = _of_collector(value) if isinstance(value, dict) else None
    payload = value.get("payload") if isinstance(value, dict) and len(value) == 1 else None
    events = payload.get("events") if isinstance(payload, dict) else None
    if of_collector is not None:
        yield from of_collector
    elif isinstance(events, list):
        yield from events
    else:
        yield _pushed_by_pubsub(value)


def _of_collector(value: dict[str, Any]) -> list[Any] | None:
    """The log records that OpenTelemetry's collector sends (OTLP as JSON), each with its attributes.

    None for any other object, and for one of which a part has another form: it stays whole.
    """
    if value.keys() != {"resourceLogs"}:
        return None
    records: list[Any] = []
    # What a resource says of itself is said of each of its records.
    room = DEFAULT_LIMITS.values
    try:
        for of_resource in value["resourceLogs"]:
            resource = _attributes(of_resource.get("resource", {}))
            for of_scope in of_resource["scopeLogs"]:
                for record in of_scope["logRecords"]:
                    body = _plain(record["body"])
                    inside = body if isinstance(body, dict) else {"body": body}
                    room -= len(inside) + len(resource)
                    if room < 0:
                        raise BodyTooLarge(f"more than {DEFAULT_LIMITS.values} values, with what they share")
                    # The collector itself names the resource; the attributes may be read from the text.
                    records.append(
                        {"timestamp": record.get("timeUnixNano"), **inside, **_attributes(record), **resource}
                    )
    except (AttributeError, KeyError, TypeError, RecursionError):
        return None
    return records or None


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {part["key"]: _plain(part["value"]) for part in holder.get("attributes", [])}


def _plain(value: dict[str, Any]) -> Any:
    """What a value of OTLP holds, which names its type: `{"stringValue": "x"}`."""
    if "kvlistValue" in value:
        return {part["key"]: _plain(part["value"]) for part in value["kvlistValue"]["values"]}
    if "arrayValue" in value:
        return [_plain(part) for part in value["arrayValue"].get("values", [])]
    return next(iter(value.values()), None)


def _pushed_by_pubsub(value: Any) -> Any:
    """What Google Pub/Sub pushes in an envelope: an object, or a line; any other value as it is."""
    message = value.get("message") if isinstance(value, dict) else None
    data = message.get("data") if isinstance(message, dict) and value.keys() <= _PUSH else None
    if not isinstance(data, str):
        return value
    try:
        text = base64.b64decode(data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return value
    return json_object(text) or text.strip() or value


def octet_frames(body: bytes, limits: Limits) -> tuple[list[bytes], bytes]:
    """The frames, each behind its length in bytes, and the bytes from the first wrong or unmet length on.

    Raises BodyTooLarge.
    """
    frames: list[bytes] = []
    position = 0
    while length := _LENGTH.match(body, position):
        end = length.end() + int(length[1])
        if end > len(body):
            break
        frames.append(body[length.end() : end])
        if len(frames) > limits.records:
            raise BodyTooLarge(too_many(limits.records))
        position = end
    return frames, body[position:]
