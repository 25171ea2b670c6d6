"""The source type `firehose`: Amazon Data Firehose's HTTP endpoint, which also carries CloudWatch Logs.

Firehose sends anything but 200 again until it gives up, and takes 413 for "never": so what cannot be read
is answered 200 and kept in the quarantine, and the rest of its request is read. A record is gzip or plain,
and holds batches of CloudWatch Logs, other objects of JSON, or lines.
Format: Amazon Data Firehose developer guide, "HTTP endpoint delivery request and response specifications";
CloudWatch Logs user guide, "Real-time processing of log data with subscriptions".
"""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from powertrip.domain.record import Record
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.auth import authorize
from powertrip.ingest.aws import of_log_event, of_object, of_text
from powertrip.ingest.body import GZIP_MAGIC, inflate, parse_values
from powertrip.ingest.contract import Answer, IngestRequest, Reading, Unread
from powertrip.ingest.records import KEYS, RecordMaker, Verbatim
from powertrip.ingest.source import Source

ACCESS_KEY_HEADER = "X-Amz-Firehose-Access-Key"
REQUEST_ID_HEADER = "X-Amz-Firehose-Request-Id"
_BATCH = ("owner", "logGroup", "logStream")
"""What is kept of a batch of CloudWatch Logs with each of its events."""


class Firehose(Source):
    """Amazon Data Firehose."""

    type: Literal["firehose"]

    def authorize(self, request: IngestRequest) -> None:
        """See `powertrip.ingest.Source`."""
        authorize(request, self.secret, ACCESS_KEY_HEADER)

    def read_body(self, request: IngestRequest) -> Reading:
        """Raises nothing: Firehose would give up."""
        answer = _answer(request)
        delivery = _Delivery(
            request=request, maker=self.maker(KEYS, request), room=request.tools.limits.inflated_bytes
        )
        try:
            packed = delivery.packed_records()
        except (Unreadable, BodyTooLarge) as refusal:
            return Reading(unread=(Unread(body=request.body, reason=str(refusal)),), answer=answer)
        for place, record in enumerate(packed):
            delivery.take(record, place)
        return Reading(records=delivery.records, unread=delivery.unread(len(packed)), answer=answer)


@dataclass(slots=True)
class _Delivery:
    """One request while it is read: what came of it, and how many bytes may yet be inflated."""

    request: IngestRequest
    maker: RecordMaker
    room: int
    records: list[Record] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    first_reason: str = ""

    def packed_records(self) -> list[Any]:
        """The records as the body has them; raises Unreadable, BodyTooLarge."""
        [body, *others] = parse_values(self._plain(self.request.body))
        records = body.get("records") if isinstance(body, dict) else None
        if others or not isinstance(records, list):
            raise Unreadable("not a delivery of Firehose: expected an object with a list `records`")
        return records

    def take(self, packed: Any, place: int) -> None:
        """Read one record, or note it among those that cannot be."""
        try:
            self.records += self._made(packed, place)
        except (Unreadable, BodyTooLarge) as refusal:
            self.first_reason = self.first_reason or str(refusal)
            self.refused.append(packed)

    def unread(self, total: int) -> tuple[Unread, ...]:
        """What could not be read, as one delivery: a request may hold thousands of records."""
        if not self.refused:
            return ()
        body = json.dumps({"records": self.refused}).encode()
        reason = f"{len(self.refused)} of {total} records cannot be read, the first because "
        return (Unread(body=body, reason=reason + self.first_reason),)

    def _made(self, packed: Any, place: int) -> list[Record]:
        data = packed.get("data") if isinstance(packed, dict) else None
        if not isinstance(data, str):
            raise Unreadable("a record has no `data`, or not as text")
        try:
            text = self._plain(base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError) as error:
            raise Unreadable("the `data` of a record is not base64") from error
        made = self.maker.make_all(self._values(text, place), self.request.received_at)
        if len(self.records) + len(made) > self.maker.limits.records:
            raise BodyTooLarge(f"the body holds more than {self.maker.limits.records} records")
        return made

    def _plain(self, body: bytes) -> str:
        """The text; gzip is inflated as long as there is room left. Raises Unreadable, BodyTooLarge."""
        if body.startswith(GZIP_MAGIC):
            body = inflate(body, self.room)
            self.room -= len(body)
        return body.decode("utf-8-sig", "replace")

    def _values(self, text: str, place: int) -> Iterator[Verbatim]:
        request_id = _request_id(self.request)
        for number, part in enumerate(_parts(text)):
            # The same however often the request is sent.
            yield from _of_part(part, f"{request_id}:{place}:{number}" if request_id else None)


def _parts(text: str) -> list[Any]:
    """The objects of JSON in a record, or its lines; at least one."""
    if text.lstrip().startswith("{"):
        return parse_values(text)
    # No other break ends a line: whoever may have U+2028 logged must not forge one.
    lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    if not lines:
        raise Unreadable("a record is empty")
    return lines


def _of_part(part: Any, own_id: str | None) -> Iterator[Verbatim]:
    if isinstance(part, str):
        yield of_text(part, id=own_id)
    elif not isinstance(part, dict):
        raise Unreadable("a record is JSON, and not an object")
    elif "messageType" not in part:
        yield of_object(part, id=own_id)
    elif part["messageType"] != "CONTROL_MESSAGE":
        yield from _of_batch(part)


def _of_batch(batch: dict[str, Any]) -> Iterator[Verbatim]:
    events = batch.get("logEvents")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise Unreadable("a batch of CloudWatch Logs has no list `logEvents` of objects")
    shared = {key: batch[key] for key in _BATCH if key in batch}
    for event in events:
        yield of_log_event(event, id_key="id", stream=shared.get("logStream"), beside=shared)


def _request_id(request: IngestRequest) -> str:
    return (request.header(REQUEST_ID_HEADER) or "")[:100]


def _answer(request: IngestRequest) -> Answer:
    """What Firehose takes for success, and nothing else: its own id, and a time in milliseconds."""
    timestamp = int(request.received_at.timestamp() * 1000)
    return Answer(content={"requestId": _request_id(request), "timestamp": timestamp})
