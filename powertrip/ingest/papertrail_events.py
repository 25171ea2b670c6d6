"""Papertrail's events, which its webhook and its search API write alike: an event is one record in both."""

from datetime import datetime
from typing import Any

from powertrip.domain.record import Record
from powertrip.ingest.contract import DEFAULT_LIMITS, Limits
from powertrip.ingest.finding import RecordKeys
from powertrip.ingest.records import KEYS, make_records
from powertrip.ingest.shipped import prepared

# An event without a hostname still has the name that Papertrail's users gave its sender. A login without a
# host would fold with logins on other hosts, and the HIDS's alert of it would not be found.
_HOST = ("hostname", "source_name")
_KEYS = RecordKeys(host=_HOST, time="received_at")
_ID_DIGITS = 20
"""Ids are of 64 bits."""


def event_records(
    events: list[Any], *, source: str, received_at: datetime, limits: Limits = DEFAULT_LIMITS
) -> list[Record]:
    """Records of events, with Papertrail's ids, and times that have zones; raises as `make_records`."""
    values = (prepared(event, _KEYS) for event in events)
    return make_records(
        values,
        source=source,
        keys=KEYS,
        received_at=received_at,
        zone=None,
        limits=limits,
        # The webhook writes ids as numbers and the search as text, and each may add keys of its own.
        by_parts=True,
    )


def read_id(value: Any) -> int | None:
    """An id, which Papertrail writes as text or as a number; None for anything else."""
    text = str(value) if isinstance(value, str) or type(value) is int else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS else None
