"""What the sources of services share: a name, the check of the secret, and records of JSON as it came.

A service's JSON is kept whole in `raw`, where the rules over JSON look. What becomes the record's own
fields is said by a *view*: a function from the JSON to a dict with some of `message`, `host`, `time`, `id`
and `program`. Where it names no message, the JSON is the message.
"""

from collections.abc import Callable, Iterable
from typing import Any

from powertrip.domain.record import Record
from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.records import KEYS, Verbatim, value_as_json
from powertrip.ingest.source import Source

View = Callable[[Any], dict[str, Any]]
Flaw = Callable[[Any], str | None]
"""Why a value cannot be read, and what to do; None if it can."""


class BaseSource(Source):
    """A source that keeps a service's JSON whole, and sees its fields by a view."""

    def values(self, request: IngestRequest) -> list[Any]:
        """All JSON values of the body, the elements of arrays one by one; see `read_values`."""
        return opened(
            read_values(request, source=request.source, inflated_limit=request.tools.limits.inflated_bytes)
        )

    def records(self, values: Iterable[Any], request: IngestRequest, view: View) -> list[Record]:
        """A record for each value; raises BodyTooLarge and Unreadable as `RecordMaker` does."""
        maker = self.maker(KEYS, request)
        seen = [Verbatim(view(value), _as_json(value)) for value in values]
        return maker.make_all(seen, request.received_at)

    def reading(self, values: list[Any], request: IngestRequest, view: View, flaw: Flaw) -> Reading:
        """Records of the values without a flaw, the others as parts that cannot be read.

        Raises Unreadable where all have one: then the sender is told.
        """
        flaws = [(value, flaw(value)) for value in values]
        sound = [value for value, reason in flaws if reason is None]
        if flaws and not sound:
            raise Unreadable(str(flaws[0][1]))
        unread = [Unread(body=_as_json(value).encode(), reason=reason) for value, reason in flaws if reason]
        return Reading(records=self.records(sound, request, view), unread=tuple(unread))


def _as_json(value: Any) -> str:
    try:
        return value_as_json(value)
    except RecursionError as error:
        raise Unreadable("the body nests lists or objects too deeply") from error


def opened(values: list[Any]) -> list[Any]:
    """The elements of arrays, and all other values as they are."""
    lists = (value if isinstance(value, list) else [value] for value in values)
    return [element for elements in lists for element in elements]


def inner(value: Any, *path: str) -> Any:
    """What stands under the keys of `path`, one inside the other; None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def first_text(*values: Any) -> str | None:
    """The first that is text and not empty."""
    return next((value for value in values if isinstance(value, str) and value), None)
