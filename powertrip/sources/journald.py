"""The source type `journald`: entries of systemd's journal as `journalctl --output=json` writes them.

One object a line, all values text, the names that begin with an underscore set by journald itself.
Unprintable text is a list of byte numbers, a repeated field a list of texts, and what is longer than 4096
bytes is null unless journalctl was called with `--all` (journalctl(1)).
"""

from collections.abc import Iterator
from typing import Any, Literal

from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.records import RecordKeys, value_as_json
from powertrip.ingest.source import BySecret

_KEYS = RecordKeys(
    message="MESSAGE",
    host="_HOSTNAME",
    time="__REALTIME_TIMESTAMP",
    id="__CURSOR",
    program=("SYSLOG_IDENTIFIER", "_COMM"),
)
_TOO_LONG = "the entry's MESSAGE was left out for its length; call journalctl with --all"


class Journald(BySecret):
    """Entries of systemd's journal."""

    type: Literal["journald"]

    def read_body(self, request: IngestRequest) -> Reading:
        values = read_values(
            request, source=request.source, inflated_limit=request.tools.limits.inflated_bytes
        )
        entries = list(_entries(values))
        whole = [entry for entry in entries if not _lacks_its_message(entry)]
        unread = [
            Unread(body=value_as_json(entry).encode(), reason=_TOO_LONG)
            for entry in entries
            if _lacks_its_message(entry)
        ]
        records = self.maker(_KEYS, request).make_all(whole, request.received_at)
        return Reading(records=records, unread=tuple(unread))


def _entries(values: list[Any]) -> Iterator[Any]:
    for value in values:
        yield from value if isinstance(value, list) else [value]


def _lacks_its_message(entry: Any) -> bool:
    """Whether the message is null: what nobody can read, nobody could be asked about."""
    return isinstance(entry, dict) and "MESSAGE" in entry and entry["MESSAGE"] is None
