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
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from powertrip.domain.record import Record
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.auth import authorize
from powertrip.ingest.aws import of_log_event, of_object, of_text
from powertrip.ingest.body import GZIP_MAGIC, inflate
from powertrip.ingest.bounds import check_lines
from powertrip.ingest.contract import IngestAnswer, IngestRequest, Limits, Reading, Unread
from powertrip.ingest.parsing import parse_values
from powertrip.ingest.records import Verbatim
from powertrip.ingest.sample import Sample, SampleLogin, json_sample
from powertrip.ingest.source import SourceSection

ACCESS_KEY_HEADER = "X-Amz-Firehose-Access-Key"
REQUEST_ID_HEADER = "X-Amz-Firehose-Request-Id"
_BATCH = ("owner", "logGroup", "logStream")
"""The keys of a batch of CloudWatch Logs that are kept with each of its events."""

_BOMBS = 3
"""Records of a request that hold too much, behind which no other is looked into."""


class Firehose(SourceSection):
    """Amazon Data Firehose."""

    packs_parts: ClassVar = True
    type: Literal["firehose"]

    def authorize(self, request: IngestRequest) -> None:
        authorize(request, self.secret, ACCESS_KEY_HEADER)

    def sample(self, login: SampleLogin) -> Sample:
        sample = json_sample(
            {
                "requestId": login.token,
                "timestamp": int(login.at.timestamp() * 1000),
                "records": [{"data": base64.b64encode(login.line_of_syslog.encode()).decode()}],
            }
        )
        secret = {ACCESS_KEY_HEADER: self.secret.get_secret_value(), REQUEST_ID_HEADER: login.token}
        return Sample(body=sample.body, headers={**sample.headers, **secret})

    def read_body(self, request: IngestRequest) -> Reading:
        """Raises nothing: Firehose would give up."""
        request_id = (request.header(REQUEST_ID_HEADER) or "")[:100]
        # Firehose takes nothing else for success than its own id and a time in milliseconds.
        timestamp = int(request.received_at.timestamp() * 1000)
        answer = IngestAnswer(content={"requestId": request_id, "timestamp": timestamp})
        inflater = _Inflater(request.limits.inflated_bytes)
        try:
            packed = _packed_records(inflater.text(request.body), request.limits)
        except (Unreadable, BodyTooLarge) as refusal:
            return Reading(unread=(Unread(body=request.body, reason=str(refusal)),), answer=answer)
        records: list[Record] = []
        refused: list[Any] = []
        reasons: list[str] = []
        limit = request.limits.records
        bombs = 0
        for place, item in enumerate(packed):
            # Without a request id the records have ids of their own.
            item_id = f"{request_id}:{place}" if request_id else None
            made: list[Record] = []
            reason = ""
            try:
                if bombs < _BOMBS:
                    made = self.records(_values(item, item_id, inflater, request.limits), request)
                else:
                    reason = "others before it hold too much"
            except (Unreadable, BodyTooLarge) as refusal:
                reason = str(refusal)
                bombs += isinstance(refusal, BodyTooLarge)
            if len(records) + len(made) > limit:
                reason = f"the body holds more than {limit} records"
            if reason:
                refused.append(item)
                reasons.append(reason)
            else:
                records += made
        if not refused:
            return Reading(records=records, answer=answer)
        # As one body for the quarantine, for a request may hold thousands of records.
        summary = f"{len(refused)} of {len(packed)} records cannot be read, the first because {reasons[0]}"
        unread = Unread(body=json.dumps({"records": refused}).encode(), reason=summary)
        return Reading(records=records, unread=(unread,), answer=answer)


@dataclass(slots=True)
class _Inflater:
    """Inflates the parts of one request, which together may take `room` bytes."""

    room: int

    def text(self, body: bytes) -> str:
        """The body as text, inflated if it is gzip; raises Unreadable, BodyTooLarge."""
        if body.startswith(GZIP_MAGIC):
            body = inflate(body, self.room)
            self.room -= len(body)
        return body.decode("utf-8-sig", "replace")


def _packed_records(text: str, limits: Limits) -> list[Any]:
    """The records as the body has them; raises Unreadable."""
    [body, *others] = parse_values(text, limits)
    records = body.get("records") if isinstance(body, dict) else None
    if others or not isinstance(records, list):
        raise Unreadable("not a delivery of Firehose: expected an object with a list `records`")
    return records


def _values(item: Any, item_id: str | None, inflater: _Inflater, limits: Limits) -> Iterator[Verbatim]:
    """All values in one record of Firehose; raises Unreadable, BodyTooLarge."""
    data = item.get("data") if isinstance(item, dict) else None
    if not isinstance(data, str):
        raise Unreadable("a record has no `data`, or not as text")
    try:
        text = inflater.text(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unreadable("the `data` of a record is not base64") from error
    if text.lstrip().startswith("{"):
        parts = parse_values(text, limits)
    else:
        check_lines(text, limits.records)
        # No other break ends a line: whoever may have U+2028 logged must not forge one.
        parts = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    if not parts:
        raise Unreadable("a record is empty")
    for number, part in enumerate(parts):
        # The same however often the request is sent.
        own_id = f"{item_id}:{number}" if item_id else None
        if isinstance(part, str):
            yield of_text(part, id=own_id)
        elif not isinstance(part, dict):
            raise Unreadable("a record is JSON, and not an object")
        elif "messageType" not in part:
            yield of_object(part, id=own_id)
        elif part["messageType"] != "CONTROL_MESSAGE":
            events = part.get("logEvents")
            if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
                raise Unreadable("a batch of CloudWatch Logs has no list `logEvents` of objects")
            shared = {key: part[key] for key in _BATCH if key in part}
            for event in events:
                yield of_log_event(event, id_key="id", stream=shared.get("logStream"), beside=shared)
