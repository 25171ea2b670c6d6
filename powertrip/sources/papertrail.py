"""The source type `papertrail`: the webhook of Papertrail's event-based alerts.

Papertrail posts a form whose field `payload` is JSON with `events`; tools that imitate it post that JSON
bare, or as `{"payload": {"events": [...]}}`. An event's `message` is the log line without its syslog
header, `program` the tag without its pid, and `received_at` carries a zone.
Format: github.com/papertrail/papertrail-services and help.papertrailapp.com/kb/how-it-works/web-hooks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from powertrip.errors import Unreadable
from powertrip.ingest import IngestRequest, Reading
from powertrip.sources.auth import authorize
from powertrip.sources.body import read_values
from powertrip.sources.records import RecordMaker
from powertrip.sources.settings import Limits, RecordKeys, SourceSettings

_log = structlog.get_logger(__name__)

_KEYS = RecordKeys(message="message", host="hostname", time="received_at", id="id", program="program")


@dataclass(frozen=True, slots=True)
class PapertrailSource:
    """Reads Papertrail's webhook; calls `on_batch_cut` with its name where Papertrail left events out."""

    settings: SourceSettings
    limits: Limits
    on_batch_cut: Callable[[str], None]

    @property
    def name(self) -> str:
        """The source's name in the config."""
        return self.settings.name

    def authorize(self, request: IngestRequest) -> None:
        """See `powertrip.ingest.Source`."""
        authorize(request, self.settings.secret, self.settings.auth_header)

    def read(self, request: IngestRequest) -> Reading:
        """See `powertrip.ingest.Source`."""
        self.authorize(request)
        values = read_values(request, source=self.name, inflated_limit=self.limits.inflated_bytes)
        payloads = [_payload(value) for value in values]
        events = [event for payload in payloads for event in _events(payload)]
        maker = RecordMaker(source=self.name, keys=_KEYS, limits=self.limits, zone=self.settings.time_zone)
        records = maker.make_all(events, request.received_at)
        for payload in payloads:
            self._say_if_cut(payload)
        return Reading(records=records)

    def _say_if_cut(self, payload: dict[str, Any]) -> None:
        if payload.get("reached_record_limit") is True:
            _log.warning(
                "papertrail_left_events_out",
                source=self.name,
                min_id=str(payload.get("min_id"))[:40],
                max_id=str(payload.get("max_id"))[:40],
                advice="make the saved search narrower or its alert more frequent",
            )
            self.on_batch_cut(self.name)


def _payload(value: Any) -> dict[str, Any]:
    payload = value.get("payload", value) if isinstance(value, dict) else None
    if not isinstance(payload, dict):
        raise Unreadable("not a Papertrail webhook: expected an object with `events`")
    return payload


def _events(payload: dict[str, Any]) -> list[Any]:
    events = payload.get("events")
    if isinstance(events, list):
        return events
    if "counts" in payload:
        raise Unreadable(
            "the payload holds only counts, no log lines; in Papertrail, set the alert of this saved "
            "search to send the events rather than only their counts"
        )
    raise Unreadable("not a Papertrail webhook: expected a list `events`")
