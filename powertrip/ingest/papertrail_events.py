"""Papertrail's events, which its webhook and its search API write alike: an event is one record in both."""

from typing import Any

from powertrip.ingest.contract import Limits
from powertrip.ingest.records import RecordKeys, RecordMaker

# An event without a hostname still has the name that Papertrail's users gave its sender. A login without a
# host would fold with logins on other hosts, and its counterpart of a HIDS would not be found.
_HOST = ("hostname", "source_name")
_KEYS = RecordKeys(message="message", host=_HOST, time="received_at", id="id", program="program")
_ID_DIGITS = 20
"""Ids are of 64 bits."""


def event_maker(source: str, limits: Limits) -> RecordMaker:
    """Makes records of events, under the source's name and with Papertrail's ids; their times have zones."""
    return RecordMaker(source=source, keys=_KEYS, limits=limits, zone=None)


def read_id(value: Any) -> int | None:
    """An id, which Papertrail writes as text or as a number; None for anything else."""
    text = str(value) if isinstance(value, str) or type(value) is int else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS else None
