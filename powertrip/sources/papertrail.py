"""The source type `papertrail`: the webhook of Papertrail's event-based alerts.

Papertrail posts a form whose field `payload` is JSON with `events`; tools that imitate it post that JSON
bare, or as `{"payload": {"events": [...]}}`. An event's `message` is the log line without its syslog
header, `program` the tag without its pid, and `received_at` carries a zone.
Format: github.com/papertrail/papertrail-services and help.papertrailapp.com/kb/how-it-works/web-hooks.
"""

from typing import Any, Literal

import structlog
from pydantic import ValidationInfo, field_validator

from powertrip.config.values import Secret, Url
from powertrip.domain.record import Gap
from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.papertrail_events import event_maker, read_id
from powertrip.ingest.records import storable
from powertrip.ingest.source import BySecret

_log = structlog.get_logger(__name__)

_QUERY_LIMIT = 2000
"""Characters of a search that are sent back in an address; without a longer one all events are fetched."""


class Papertrail(BySecret):
    """Papertrail's webhooks."""

    type: Literal["papertrail"]
    backfill_token: Secret | None = None
    """The API token by which Powertrip fetches what a webhook leaves out."""
    backfill_url: Url | None = None
    """Another server than https://papertrailapp.com to fetch that from."""

    @field_validator("backfill_url")
    @classmethod
    def _needs_token(cls, url: str | None, other: ValidationInfo) -> str | None:
        if url and other.data.get("backfill_token", ...) is None:
            raise ValueError("needs backfill_token, for without it nothing is fetched")
        return url

    def read_body(self, request: IngestRequest) -> Reading:
        values = read_values(
            request, source=request.source, inflated_limit=request.tools.limits.inflated_bytes
        )
        payloads = [_payload(value) for value in values]
        events = [event for payload in payloads for event in _events(payload)]
        records = event_maker(request.source, request.tools.limits).make_all(events, request.received_at)
        cut = [payload for payload in payloads if payload.get("reached_record_limit") is True]
        gaps = [self._gap(payload, request) for payload in cut]
        return Reading(records=records, gaps=tuple(gap for gap in gaps if gap is not None), is_cut=bool(cut))

    def _gap(self, payload: dict[str, Any], request: IngestRequest) -> Gap | None:
        """What Papertrail left out, said and counted; None where it cannot be fetched."""
        first, last = read_id(payload.get("min_id")), read_id(payload.get("max_id"))
        if self.backfill_token is None or first is None or last is None or first > last:
            _log.warning(
                "papertrail_left_events_out",
                source=request.source,
                min_id=str(payload.get("min_id"))[:40],
                max_id=str(payload.get("max_id"))[:40],
                advice="make the saved search narrower or its alert more frequent, or set backfill_token",
            )
            return None
        _log.info(
            "papertrail_left_events_out_to_be_fetched", source=request.source, min_id=first, max_id=last
        )
        return Gap(
            source=request.source,
            after_id=str(max(first - 1, 0)),
            until_id=str(last),
            query=_query(payload),
            noticed_at=request.received_at,
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
