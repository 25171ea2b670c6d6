"""The source type `journald`: entries of systemd's journal as `journalctl --output=json` writes them.

One object a line, all values text, the names that begin with an underscore set by journald itself.
Unprintable text is a list of byte numbers, a repeated field a list of texts, and what is longer than 4096
bytes is null unless journalctl was called with `--all` (journalctl(1)).
"""

from typing import Any, Literal

from powertrip.ingest.body import read_elements
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.finding import RecordKeys, as_paths
from powertrip.ingest.sample import HOST, PROGRAM, Sample, SampleLogin, json_sample
from powertrip.ingest.shipped import prepared
from powertrip.ingest.source import BySecret
from powertrip.ingest.writing import value_as_json

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

    @property
    def text_keys(self) -> tuple[str, ...]:
        return as_paths(_KEYS.message)

    def sample_body(self, login: SampleLogin) -> Sample:
        return json_sample(
            {
                "__CURSOR": login.token,
                "__REALTIME_TIMESTAMP": str(int(login.at.timestamp() * 1_000_000)),
                "_HOSTNAME": HOST,
                "_UID": "0",
                "_COMM": PROGRAM,
                "SYSLOG_IDENTIFIER": PROGRAM,
                "MESSAGE": login.line,
            }
        )

    def read_body(self, request: IngestRequest) -> Reading:
        entries: list[Any] = []
        elements, already_unread = read_elements(request)
        unread = list(already_unread)
        for entry in elements:
            # Nobody can judge an entry without its text.
            if isinstance(entry, dict) and entry.get("MESSAGE", "") is None:
                unread.append(Unread(body=value_as_json(entry).encode(), reason=_TOO_LONG))
            else:
                entries.append(entry)
        return Reading(
            records=self.records((prepared(entry, _KEYS) for entry in entries), request), unread=tuple(unread)
        )
