"""The sources and polls that can carry a line or an object, each as its sender wraps it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest.mock import patch

from powertrip.cli.rules.lines import records_of_line
from powertrip.domain.record import Record
from powertrip.errors import IngestRefused
from powertrip.ingest.contract import PollRequest, Unread
from powertrip.polls.cloudwatch_logs import CloudWatchPoll
from powertrip.polls.papertrail_search import PapertrailPoll
from powertrip.polls.section import PollSection
from powertrip.polls.wazuh_indexer import WazuhPoll
from powertrip.sources.firehose import ACCESS_KEY_HEADER
from tests.polls.api import Api
from tests.shapes.forms import NOW, WHEN
from tests.sources.posting import SECRET, request, source, take
from tests.sources.sns import TOPIC, SnsFetcher, body, signed
from tests.sources.test_firehose import delivery, packed, plain

_MILLISECONDS = int(WHEN.timestamp() * 1000)
_ISO = WHEN.isoformat()
Found = list[Record | Unread]
Carry = Callable[[Any], Found]


@dataclass(frozen=True)
class Carrier:
    """A way to Powertrip; what the envelope says where the line says nothing."""

    name: str
    carry: Carry
    host: str | None = None
    when: datetime | None = None


def posted(kind: str, wrap: Callable[[Any], Any] = lambda value: value, **settings: Any) -> Carry:
    """What a source makes of a body; what it refuses is quarantined by the endpoint."""
    section = source(kind, **settings)

    def carry(value: Any) -> Found:
        posting = wrap(value)
        headers = {ACCESS_KEY_HEADER: SECRET, "Authorization": f"Bearer {SECRET}"}
        try:
            reading = take(section, request(posting, headers, now=NOW, fetcher=SnsFetcher()))
        except IngestRefused as refusal:
            return [Unread(body=b"", reason=str(refusal))]
        return [*reading.records, *reading.unread]

    return carry


def polled(section: PollSection, wrap: Callable[[Any], Any]) -> Carry:
    """What a poll makes of an answer of its API."""

    def carry(value: Any) -> Found:
        api = Api([wrap(value)])
        asking = PollRequest(name="it", client=api.http(), cursor=None, since=WHEN, now=NOW)
        with patch.object(CloudWatchPoll, "_ask", lambda *_: wrap(value)):
            return list(asyncio.run(section.fetch(asking)).records)

    return carry


def tried(kind: str | None, **settings: Any) -> Carry:
    """What `rules test` makes of a line."""
    section = source(kind, **settings) if kind else None

    def carry(value: Any) -> Found:
        text = value if isinstance(value, str) else json.dumps(value)
        return list(records_of_line(text, "it", section, now=NOW))

    return carry


def _sns(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return body(signed(Message=text, Timestamp="2026-11-05T10:00:00.000Z"))


def _log_event(value: Any) -> dict[str, Any]:
    text = value if isinstance(value, str) else json.dumps(value)
    return {
        "id": "1",
        "eventId": "1",
        "timestamp": _MILLISECONDS,
        "message": text,
        "logStreamName": "stream-1",
    }


def _batch(value: Any) -> bytes:
    return delivery(
        packed({"messageType": "DATA_MESSAGE", "logStream": "stream-1", "logEvents": [_log_event(value)]})
    )


def _stream(value: Any) -> dict[str, Any]:
    text = value if isinstance(value, str) else json.dumps(value)
    return {"streams": [{"stream": {"job": "auth"}, "values": [[str(_MILLISECONDS * 1_000_000), text]]}]}


def _framed(value: str) -> bytes:
    frame = value.encode()
    return str(len(frame)).encode() + b" " + frame


def _papertrail(value: str) -> dict[str, Any]:
    return {
        "events": [{"id": 1, "message": value, "received_at": _ISO, "source_name": None}],
        "max_id": "1",
        "reached_end": True,
    }


def _alert(value: str) -> dict[str, Any]:
    return {
        "rule": {"id": "5715"},
        "agent": {"name": "agent-1"},
        "full_log": value,
        "timestamp": _ISO,
        "id": "1.1",
    }


def _hits(value: str) -> dict[str, Any]:
    return {"hits": {"hits": [{"_id": "1", "_source": _alert(value), "sort": [1, "1"]}]}}


_CLOUDWATCH = CloudWatchPoll(type="cloudwatch_logs", log_group="auth", region="eu-central-1")
_PAPERTRAIL = PapertrailPoll.model_validate({"type": "papertrail_search", "token": "a-token"})
_WAZUH = WazuhPoll.model_validate(
    {
        "type": "wazuh_indexer",
        "url": "https://api.example.com",
        "username": "powertrip",
        "password": "a-password",
    }
)

OF_LINES = (
    Carrier("syslog, text", posted("syslog")),
    Carrier("syslog, UTF-16", posted("syslog", lambda text: text.encode("utf-16"))),
    Carrier("syslog, message", posted("syslog", lambda text: {"message": text})),
    Carrier("syslog, log", posted("syslog", lambda text: [{"log": f"{text}\n", "stream": "stdout"}])),
    Carrier("json, message", posted("json", lambda text: {"message": text})),
    Carrier("json, msg", posted("json", lambda text: {"msg": text})),
    Carrier("json, own key", posted("json", lambda text: {"a": {"b": text}}, keys={"message": "a.b"})),
    Carrier("json, text", posted("json", lambda text: [text])),
    Carrier("journald", posted("journald", lambda text: {"MESSAGE": text})),
    Carrier("journald, bytes", posted("journald", lambda text: {"MESSAGE": list(text.encode())})),
    Carrier("loki", posted("loki", _stream), when=WHEN),
    Carrier("firehose", posted("firehose", lambda text: delivery(plain(text)))),
    Carrier("firehose, CloudWatch", posted("firehose", _batch), host="stream-1", when=WHEN),
    Carrier("sns", posted("sns", _sns, topics=TOPIC), when=WHEN),
    Carrier("papertrail", posted("papertrail", _papertrail), when=WHEN),
    Carrier("heroku", posted("heroku", _framed)),
    Carrier("wazuh4", posted("wazuh4", _alert), host="agent-1", when=WHEN),
    Carrier("wazuh5, text", posted("wazuh5")),
    Carrier("wazuh5, JSON", posted("wazuh5", lambda text: {"event": {"original": text}})),
    Carrier(
        "ossec",
        posted("ossec", lambda text: {"rule": {"level": 3}, "full_log": text, "TimeStamp": _MILLISECONDS}),
        when=WHEN,
    ),
    Carrier("poll of Papertrail", polled(_PAPERTRAIL, _papertrail), when=WHEN),
    Carrier(
        "poll of CloudWatch",
        polled(_CLOUDWATCH, lambda text: {"events": [_log_event(text)]}),
        host="stream-1",
        when=WHEN,
    ),
    Carrier("poll of Wazuh's indexer", polled(_WAZUH, _hits), host="agent-1", when=WHEN),
    Carrier("rules test", tried(None)),
    Carrier("rules test as syslog", tried("syslog")),
    Carrier("rules test as json", tried("json")),
    Carrier("rules test as papertrail", tried("papertrail")),
)
OF_OBJECTS = (
    Carrier("syslog", posted("syslog")),
    Carrier("syslog, array", posted("syslog", lambda value: [value])),
    Carrier("syslog, records", posted("syslog", lambda value: {"records": [{"value": value}]})),
    Carrier("json", posted("json")),
    Carrier("json, events", posted("json", lambda value: {"events": [value]}, events="events")),
    Carrier("loki", posted("loki", _stream), when=WHEN),
    Carrier("firehose", posted("firehose", lambda value: delivery(plain(json.dumps(value))))),
    Carrier("sns", posted("sns", _sns, topics=TOPIC), when=WHEN),
    Carrier(
        "poll of CloudWatch",
        polled(_CLOUDWATCH, lambda value: {"events": [_log_event(value)]}),
        host="stream-1",
        when=WHEN,
    ),
    Carrier("rules test", tried(None)),
    Carrier("rules test as syslog", tried("syslog")),
    Carrier("rules test as json", tried("json")),
)
