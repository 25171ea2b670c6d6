"""How to post to each source type as a stranger or a broken sender may: what test_hostile.py goes through.

A new type is one entry in `TYPES`.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from powertrip.ingest.contract import IngestRequest, Limits
from powertrip.ingest.source import SourceSection
from powertrip.sources.pam import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tests.sources import posting, sns
from tests.sources.posting import github_headers, grafana_headers, tailscale_headers

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECRET = "a-secret-that-is-long-enough"
WRONG = "another-secret-of-some-length"
LIMITS = Limits(inflated_bytes=16 << 20)

Seal = Callable[[bytes, str], Mapping[str, str]]
"""Makes the headers with which a sender who holds the secret proves itself for a body."""
Wrap = Callable[[bytes, int], bytes]
"""Makes a body of the bytes within a JSON string, as they are, and a number that is the record's id."""


def bearer(_body: bytes, secret: str) -> dict[str, str]:
    """The headers of a sender that simply tells the secret."""
    return {"Authorization": f"Bearer {secret}"}


@dataclass(frozen=True, kw_only=True)
class HostileType:
    """How to post to one source type."""

    wrap: Wrap
    seal: Seal = bearer
    packings: tuple[Callable[[bytes], bytes], ...] = (gzip.compress,)
    """Each way in which this type takes compressed data."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further settings of the source."""


def source_of(kind: str) -> SourceSection:
    """A source of a type."""
    return posting.source(kind, secret=SECRET, **TYPES[kind].settings)


def request_of(kind: str, body: bytes, secret: str = SECRET) -> IngestRequest:
    """A request by somebody who holds `secret`."""
    seal = TYPES[kind].seal
    return posting.request(body, seal(body, secret), name=kind, limits=LIMITS, fetcher=sns.SnsFetcher())


def _signed_by_pam(body: bytes, secret: str) -> dict[str, str]:
    timestamp = str(int(NOW.timestamp()))
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(secret, timestamp, body)}


def _papertrail(line: bytes, number: int) -> bytes:
    return b'{"events": [{"id": %d, "message": "%s"}]}' % (number, line)


def _json(line: bytes, number: int) -> bytes:
    return b'{"event_id": %d, "timestamp": 1768478400, "message": "%s"}' % (number, line)


def _pam(line: bytes, number: int) -> bytes:
    return b'{"program": "powertrip-login", "id": "%d", "user": "%s"}' % (number, line)


def _alert(line: bytes, number: int) -> bytes:
    labels = b'"labels": {"alertname": "%s"}, "startsAt": "2026-01-15T11:59:00Z"' % line
    return b'{"alerts": [{"status": "firing", "fingerprint": "%d", %s}]}' % (number, labels)


def _wazuh(line: bytes, number: int) -> bytes:
    return b'{"rule": {}, "manager": {"name": "m"}, "id": "%d", "full_log": "%s"}' % (number, line)


def _line(line: bytes, number: int) -> bytes:
    return b"Jan 15 11:59:58 bastion-1 sshd[%d]: %s" % (number, line)


def _member(line: bytes, number: int) -> bytes:
    return b'{"action": "added", "member": {"id": %d, "login": "%s"}}' % (number, line)


def _hook(line: bytes, number: int) -> bytes:
    return b'{"data": {"events": [{"uuid": "%d", "displayMessage": "%s"}]}}' % (number, line)


def _node(line: bytes, number: int) -> bytes:
    return b'[{"type": "nodeCreated", "message": "%s", "data": {"nodeID": %d}}]' % (line, number)


def _audited(line: bytes, number: int) -> bytes:
    return b'{"event": "exec", "uid": "%d", "command": "%s"}' % (number, line)


def _delivered(body: bytes, secret: str) -> dict[str, str]:
    return github_headers(body, delivery=hashlib.sha256(body).hexdigest(), secret=secret)


def _sns(line: bytes, number: int) -> bytes:
    """Signed, unless the line is none that SNS could have carried."""
    try:
        # Decoded first: the parser takes bytes that begin with a zero for UTF-16.
        text = json.loads(f'"{line.decode()}"', strict=False)
        return sns.body(sns.signed(MessageId=str(number), Message=text, Timestamp=NOW.isoformat()))
    except UnicodeError:
        return b'{"Type": "Notification", "Message": "%s"}' % line


def _log_events(line: bytes, number: int) -> bytes:
    event = b'{"id": "%d", "timestamp": 1768478400000, "message": "%s"}' % (number, line)
    return b'{"messageType": "DATA_MESSAGE", "logStream": "i-1", "logEvents": [%s]}' % event


def _delivery(data: bytes) -> bytes:
    return b'{"requestId": "r", "records": [{"data": "%s"}]}' % base64.b64encode(data)


def _eventbridge(line: bytes, number: int) -> bytes:
    return b'{"id": "%d", "source": "aws.signin", "detail": {"note": "%s"}}' % (number, line)


def _syslog(line: bytes, number: int) -> bytes:
    return b'{"id": %d, "timestamp": 1768478400, "message": "%s"}' % (number, line)


def _journald(line: bytes, number: int) -> bytes:
    return b'{"__CURSOR": "s=1;i=%d", "MESSAGE": "%s"}' % (number, line)


def _loki(line: bytes, number: int) -> bytes:
    return b'{"streams": [{"stream": {"id": "%d"}, "values": [["1768478400000000000", "%s"]]}]}' % (
        number,
        line,
    )


def _heroku(line: bytes, number: int) -> bytes:
    frame = b"<190>1 2026-01-15T12:00:00+00:00 host app web.%d - %s" % (number, line)
    return b"%d %s" % (len(frame), frame)


def _aptible(line: bytes, number: int) -> bytes:
    return b'{"time": "2026-01-15T12:00:00Z", "offset": "%d", "log": "%s"}' % (number, line)


def in_json(text: str) -> bytes:
    """The text as the bytes within a JSON string."""
    return json.dumps(text).encode()[1:-1]


TYPES = {
    "papertrail": HostileType(wrap=_papertrail),
    "json": HostileType(wrap=_json),
    "pam": HostileType(wrap=_pam, seal=_signed_by_pam),
    "alertmanager": HostileType(wrap=_alert),
    "grafana": HostileType(wrap=_alert, seal=grafana_headers),
    "wazuh4": HostileType(wrap=_wazuh),
    "wazuh5": HostileType(wrap=_line),
    "ossec": HostileType(wrap=_wazuh),
    "github": HostileType(wrap=_member, seal=_delivered),
    "okta": HostileType(wrap=_hook),
    "tailscale": HostileType(wrap=_node, seal=tailscale_headers),
    "teleport": HostileType(wrap=_audited),
    "sns": HostileType(wrap=_sns, packings=(), settings={"topics": [sns.TOPIC]}),
    "firehose": HostileType(
        wrap=lambda line, number: _delivery(gzip.compress(_log_events(line, number))),
        seal=lambda _body, secret: {"X-Amz-Firehose-Access-Key": secret},
        packings=(gzip.compress, lambda data: _delivery(gzip.compress(data))),
    ),
    "eventbridge": HostileType(wrap=_eventbridge),
    "syslog": HostileType(wrap=_syslog),
    "journald": HostileType(wrap=_journald),
    "loki": HostileType(wrap=_loki),
    "heroku": HostileType(wrap=_heroku),
    "aptible": HostileType(wrap=_aptible),
}
