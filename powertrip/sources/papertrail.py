"""The source type `papertrail`: the webhook of Papertrail's event-based alerts.

Papertrail posts a form whose field `payload` is JSON with `events`; tools that imitate it post that JSON
bare, or as `{"payload": {"events": [...]}}`. An event's `message` is the log line without its syslog
header, `program` the tag without its pid, and `received_at` carries a zone.
Format: github.com/papertrail/papertrail-services and help.papertrailapp.com/kb/how-it-works/web-hooks.
"""

from typing import Any, ClassVar, Literal

import structlog
from pydantic import ValidationInfo, field_validator

from powertrip.config.values import Secret, Url
from powertrip.domain.record import Gap
from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.finding import storable
from powertrip.ingest.papertrail_events import event_records, read_id
from powertrip.ingest.sample import HOST, PROGRAM, Sample, SampleLogin, json_sample
from powertrip.ingest.source import BySecret
from powertrip.ingest.views import inner

_log = structlog.get_logger(__name__)

_NO_EVENTS = "not a Papertrail webhook: expected an object with a list `events`"
_ONLY_COUNTS = (
    "the payload holds only counts, no log lines; in Papertrail, set the alert of this saved "
    "search to send the events rather than only their counts"
)
_QUERY_LIMIT = 2000
"""Characters of a search that are sent back in an address; without a longer one all events are fetched."""


class Papertrail(BySecret):
    """Papertrail's webhooks."""

    log: ClassVar = "papertrail"
    type: Literal["papertrail"]
    backfill_token: Secret | None = None
    """The API token by which Powertrip fetches what a webhook leaves out."""
    backfill_url: Url | None = None
    """Another server than https://papertrailapp.com to fetch that from."""

    @property
    def text_keys(self) -> tuple[str, ...]:
        return ("message",)

    @field_validator("backfill_url")
    @classmethod
    def _needs_token(cls, url: str | None, other: ValidationInfo) -> str | None:
        if url and other.data.get("backfill_token", ...) is None:
            raise ValueError("needs backfill_token, for without it nothing is fetched")
        return url

    def sample_body(self, login: SampleLogin) -> Sample:
        number = str(int(login.at.timestamp() * 1_000_000))
        event = {
            "id": int(number),
            "received_at": login.at.isoformat(),
            "source_name": HOST,
            "hostname": HOST,
            "facility": "Auth",
            "program": PROGRAM,
            "message": login.line,
        }
        return json_sample({"events": [event], "min_id": number, "max_id": number})

    def read_body(self, request: IngestRequest) -> Reading:
        events: list[Any] = []
        gaps: list[Gap | None] = []
        for value in read_values(request):
            payload = value.get("payload", value) if isinstance(value, dict) else None
            listed = payload.get("events") if isinstance(payload, dict) else None
            if not isinstance(payload, dict) or not isinstance(listed, list):
                has_counts = isinstance(payload, dict) and "counts" in payload
                raise Unreadable(_ONLY_COUNTS if has_counts else _NO_EVENTS)
            events += listed
            if payload.get("reached_record_limit") is True:
                gaps.append(self._gap(payload, request))
        records = event_records(
            events, source=request.source, received_at=request.received_at, limits=request.limits
        )
        to_fetch = tuple(gap for gap in gaps if gap is not None)
        return Reading(records=records, gaps=to_fetch, is_cut=bool(gaps))

    def _gap(self, payload: dict[str, Any], request: IngestRequest) -> Gap | None:
        """The events that Papertrail left out, logged; None where they cannot be fetched."""
        first, last = read_id(payload.get("min_id")), read_id(payload.get("max_id"))
        if self.backfill_token is None or first is None or last is None or first > last:
            _log.warning(
                "papertrail left events out",
                source=request.source,
                min_id=str(payload.get("min_id"))[:40],
                max_id=str(payload.get("max_id"))[:40],
                advice="make the saved search narrower or its alert more frequent, or set backfill_token",
            )
            return None
        _log.info(
            "papertrail left events out, fetching them", source=request.source, min_id=first, max_id=last
        )
        query = inner(payload, "saved_search", "query")
        is_usable = isinstance(query, str) and len(query) <= _QUERY_LIMIT
        return Gap(
            source=request.source,
            # The search begins after its `min_id`.
            after_id=str(max(first - 1, 0)),
            until_id=str(last),
            query=(storable(query) or None) if is_usable else None,
            noticed_at=request.received_at,
        )
