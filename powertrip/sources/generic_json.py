"""The source type `json`: records of any shape, with the config saying which keys hold what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from powertrip.ingest import IngestRequest, Reading
from powertrip.sources.body import read_values
from powertrip.sources.by_secret import SourceBySecret
from powertrip.sources.records import find_list


@dataclass(frozen=True, slots=True)
class JsonSource(SourceBySecret):
    """Reads an object, an array, newline-delimited or concatenated objects."""

    def read(self, request: IngestRequest) -> Reading:
        """See `powertrip.ingest.Source`."""
        self.authorize(request)
        values = read_values(request, source=self.name, inflated_limit=self.limits.inflated_bytes)
        maker = self.maker(self.settings.keys)
        return Reading(records=maker.make_all(self._flat(values), request.received_at))

    def _flat(self, values: list[Any]) -> Iterator[Any]:
        """Every record: the elements of arrays and of the configured list, and all other values."""
        for value in values:
            for element in value if isinstance(value, list) else [value]:
                listed = find_list(element, self.settings.records_key)
                yield from [element] if listed is None else listed
