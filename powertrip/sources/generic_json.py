"""The source type `json`: records of any shape, whose keys the config names."""

from functools import cached_property
from typing import Any, Literal

from powertrip.config.values import KeyPath
from powertrip.errors import Unreadable
from powertrip.ingest.batches import unwrapped
from powertrip.ingest.body import read_elements, read_text
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.finding import RecordKeys, as_paths, find_list
from powertrip.ingest.keys import KEYS
from powertrip.ingest.records import Verbatim, bounded
from powertrip.ingest.sample import Sample, SampleLogin, json_sample
from powertrip.ingest.shipped import fields_of_line, prepared
from powertrip.ingest.source import BySecret, Zoned
from powertrip.ingest.writing import value_as_json


class Keys(RecordKeys):
    """Where the parts of a record stand in a JSON object; `null` for a part that it lacks.

    A part whose key is not written is found by the keys of all usual shippers: see docs/sources.md.
    """

    message: KeyPath = "message"
    """The log line. A part without a key of its own here is found by those of all usual shippers."""
    host: KeyPath | None = "host"
    """The host that wrote it."""
    time: KeyPath | None = "time"
    """When it was written."""
    id: KeyPath | None = None
    """The sender's own id, by which a repeated record is known. Without it, a hash of the record."""
    program: KeyPath | None = "program"
    """The program that wrote it, such as `sshd`."""

    @cached_property
    def found_by(self) -> RecordKeys:
        """These keys, with those of all known shippers for each that the config does not name."""
        named = {name: getattr(self, name) for name in self.model_fields_set | {"id"}}
        return KEYS.model_copy(update=named)


class Json(BySecret, Zoned):
    """JSON of any shape."""

    type: Literal["json"]
    keys: Keys = Keys()
    """Where the parts of a record stand, where they are not the keys of a usual shipper."""
    events: KeyPath | None = None
    """The list of records within the body, where it is not the body itself."""

    @property
    def text_keys(self) -> tuple[str, ...]:
        return as_paths(self.keys.found_by.message)

    def sample_body(self, login: SampleLogin) -> Sample:
        record: dict[str, Any] = {}
        for name, value in {**login.fields, "id": login.token}.items():
            if (path := getattr(self.keys, name)) is not None:
                _put(record, path, value)
        if self.keys.program is None and self.keys.message is not None:
            # Without a program's key, its name is in the header of the line.
            _put(record, self.keys.message, login.line_of_syslog)
        body: dict[str, Any] = {}
        if self.events is not None:
            _put(body, self.events, [record])
        return json_sample(body or record)

    def read_body(self, request: IngestRequest) -> Reading:
        values: list[Any] = []
        try:
            elements, unread = read_elements(request)
        except Unreadable as error:
            if read_text(request).lstrip()[:1] in ("{", "[", '"', ""):
                raise
            raise Unreadable(f"{error}; for lines of syslog, give the source the type syslog") from error
        # Without a list of its own in the config, what senders wrap records in is known.
        opened = elements if self.events else (part for item in elements for part in unwrapped(item))
        for value in bounded(opened, request.limits):
            listed = find_list(value, self.events) if self.events else None
            if listed is None:
                values.append(value)
            else:
                values += listed
        keys = self.keys.found_by
        # A text within JSON is a line; as it came it is JSON.
        made = (
            Verbatim(fields_of_line(value), value_as_json(value))
            if isinstance(value, str)
            else prepared(value, keys)
            for value in values
        )
        return Reading(records=self.records(made, request), unread=unread)


def _put(value: dict[str, Any], path: str, part: Any) -> None:
    """Put `part` where `path` leads, with the objects on the way."""
    *outer, last = path.split(".")
    for key in outer:
        value = value.setdefault(key, {})
    value[last] = part
