"""The source type `papertrail`: the webhook of Papertrail's event-based alerts.

Papertrail posts a form whose field `payload` is JSON with `events`; tools that imitate it post that JSON
bare, or as `{"payload": {"events": [...]}}`. An event's `message` is the log line without its syslog
header, `program` the tag without its pid, and `received_at` carries a zone.
Format: github.com/papertrail/papertrail-services and help.papertrailapp.com/kb/how-it-works/web-hooks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from powertrip.errors import Unreadable
from powertrip.ingest import Gap, IngestRequest, Reading
from powertrip.sources.auth import authorize
from powertrip.sources.body import read_values
from powertrip.sources.papertrail_events import event_maker, read_id
from powertrip.sources.records import storable
from powertrip.sources.settings import Limits, SourceSettings

_log = structlog.get_logger(__name__)

_QUERY_LIMIT = 2000
"""Characters of a search that are sent back in an address; without a longer one all events are fetched."""


@dataclass(frozen=True, slots=True)
class PapertrailSource:
    """Reads Papertrail's webhook; calls `on_batch_cut` with its name where Papertrail left events out.

    What was left out becomes a gap if there is a token to fetch it with.
    """

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
        records = event_maker(self.name, self.limits).make_all(events, request.received_at)
        cut = [payload for payload in payloads if payload.get("reached_record_limit") is True]
        gaps = [self._gap(payload, request.received_at) for payload in cut]
        return Reading(records=records, gaps=tuple(gap for gap in gaps if gap is not None))

    def _gap(self, payload: dict[str, Any], received_at: datetime) -> Gap | None:
        """What Papertrail left out, said and counted; None where it cannot be fetched."""
        self.on_batch_cut(self.name)
        first, last = read_id(payload.get("min_id")), read_id(payload.get("max_id"))
        if self.settings.backfill_token is None or first is None or last is None or first > last:
            _log.warning(
                "papertrail_left_events_out",
                source=self.name,
                min_id=str(payload.get("min_id"))[:40],
                max_id=str(payload.get("max_id"))[:40],
                advice="make the saved search narrower or its alert more frequent, or set backfill_token",
            )
            return None
        _log.info("papertrail_left_events_out_to_be_fetched", source=self.name, min_id=first, max_id=last)
        return Gap(
            source=self.name,
            after_id=str(max(first - 1, 0)),
            until_id=str(last),
            query=_query(payload),
            noticed_at=received_at,
        )


def _query(payload: dict[str, Any]) -> str | None:
    search = payload.get("saved_search")
    query = search.get("query") if isinstance(search, dict) else None
    if not isinstance(query, str) or len(query) > _QUERY_LIMIT:
        return None
    return storable(query) or None


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
