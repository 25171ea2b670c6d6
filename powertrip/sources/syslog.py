"""The source type `syslog`: what log shippers post, each in its own arrangement.

Read are JSON objects (one, an array, an object a line, concatenated), rsyslog's `kafkarest` and `lokirest`
batches, and lines of syslog text. A line break inside of a message ends a line of text, so whoever can log
one can forge a line of text; JSON has no such trouble.
Formats: rsyslog's contrib/omhttp, syslog-ng's modules/http, fluent-bit's out_http, Vector's http sink.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from typing import Any, Literal

from powertrip.config.section import Section
from powertrip.config.values import KeyPath
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.batches import octet_frames, opened_batch
from powertrip.ingest.body import read_text
from powertrip.ingest.bounds import check_lines
from powertrip.ingest.contract import IngestRequest, Limits, Reading, Unread, too_many
from powertrip.ingest.finding import RecordKeys, as_paths
from powertrip.ingest.keys import KEYS
from powertrip.ingest.parsing import parse_elements
from powertrip.ingest.records import bounded
from powertrip.ingest.sample import Sample, SampleLogin, json_sample
from powertrip.ingest.shipped import apart, lines_of_streams, prepared
from powertrip.ingest.source import BySecret, Zoned


class SyslogKeys(Section):
    """Where the parts of a record stand, other than where shippers put them."""

    id: KeyPath | None = None
    """The sender's own id of each record, such as `__CURSOR`, by which a repeated record is known; only where
    no two records share it. Without it, a hash of the record."""

    @cached_property
    def found_by(self) -> RecordKeys:
        """This key, with those of all known shippers."""
        return KEYS.model_copy(update={"id": self.id})


_BRACKETED_TIME = re.compile(r"\s*\[\s*(?:[0-9]{4}[-/]|[0-9]{1,9}\.[0-9]+\]|[A-Z][a-z]{2} )")
_COUNTED = re.compile(r"[0-9]{1,7} <[0-9]{1,3}>")


class Syslog(BySecret, Zoned):
    """Lines of syslog."""

    type: Literal["syslog"]
    keys: SyslogKeys = SyslogKeys()
    """Where the parts of a record stand."""

    @property
    def text_keys(self) -> tuple[str, ...]:
        return as_paths(KEYS.message)

    def sample_body(self, login: SampleLogin) -> Sample:
        return json_sample({**login.fields, "facility": "auth"})

    def read_body(self, request: IngestRequest) -> Reading:
        text = read_text(request)
        lines = _lines(text, request.limits)
        if not lines:
            raise Unreadable("the body is empty")
        is_plain = (request.header("content-type") or "").startswith("text/plain")
        keys = self.keys.found_by
        values: list[Any] = []
        unread: list[Unread] = []
        try:
            is_json = text.lstrip()[:1] in ("{", "[")
            elements, twice = parse_elements(text, request.limits) if is_json else (lines, ())
            values, unread = _prepared(elements, keys, request.limits), list(twice)
        except Unreadable:
            if len(lines) > 1 and all(line.startswith("{") for line in lines):
                # Objects, one a line, of which some cannot be read: the others are not lost with them.
                for line in lines:
                    try:
                        elements, twice = parse_elements(line, request.limits)
                        values += _prepared(elements, keys, request.limits)
                        unread += twice
                    except Unreadable as refusal:
                        unread.append(Unread(body=line.encode("utf-8", "replace"), reason=str(refusal)))
                    if len(values) > request.limits.records:
                        raise BodyTooLarge(too_many(request.limits.records)) from None
            elif _BRACKETED_TIME.match(text) or (is_plain and text.lstrip().startswith("[")):
                # A line may begin with a time in brackets.
                values = _prepared(lines, keys, request.limits)
            else:
                raise
        sound, others = apart(values)
        return Reading(records=self.records(sound, request), unread=(*unread, *others))


def _prepared(values: list[Any], keys: RecordKeys, limits: Limits) -> list[Any]:
    """The records, prepared, within the arrangements that shippers make; raises BodyTooLarge."""

    def of(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and isinstance(value.get("streams"), list):
            return lines_of_streams(value)
        return (prepared(record, keys) for record in opened_batch(value))

    return list(bounded(chain.from_iterable(map(of, values)), limits))


def _lines(text: str, limits: Limits) -> list[str]:
    """The lines, or the frames of RFC 6587, which may follow each other without a break."""
    if _COUNTED.match(text):
        frames, remainder = octet_frames(text.encode(), limits)
        if not remainder.strip():
            return [frame.decode("utf-8", "replace") for frame in frames]
    check_lines(text, limits.records)
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
