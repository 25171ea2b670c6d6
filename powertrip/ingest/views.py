"""A source that keeps a service's JSON whole in `raw`, where the rules over JSON look."""

from abc import abstractmethod
from typing import Any, final

from powertrip.errors import Unreadable
from powertrip.ingest.body import read_elements
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.records import Verbatim
from powertrip.ingest.source import SourceSection
from powertrip.ingest.writing import value_as_json


class ViewedSource(SourceSection):
    """A source whose types map a value to the fields of its record."""

    @abstractmethod
    def view(self, value: Any) -> dict[str, Any]:
        """Some of `message`, `host`, `time`, `id`, `program`; without a message the JSON is the message."""

    def content(self, value: Any) -> str | None:  # noqa: ARG002 (for types that tell of one thing repeatedly)
        """What makes a value another record than one with the same id; None for all of it."""
        return None

    def flaw(self, value: Any) -> str | None:  # noqa: ARG002 (for types that have one)
        """Why a value cannot be read, and what to do; None if it can."""
        return None

    def read_body(self, request: IngestRequest) -> Reading:
        return self.reading(*read_elements(request), request=request)

    @final
    def reading(
        self, values: list[Any], already_unread: tuple[Unread, ...] = (), *, request: IngestRequest
    ) -> Reading:
        """Records of the values without a flaw, the others as parts that cannot be read.

        Raises Unreadable where all have one.
        """
        sound: list[Verbatim] = []
        unread = list(already_unread)
        for value in values:
            raw = value_as_json(value)
            if reason := self.flaw(value):
                unread.append(Unread(body=raw.encode(), reason=reason))
            else:
                sound.append(Verbatim(self.view(value), raw, self.content(value)))
        # With a record beside them they are accepted, for a refusal would lose that record too.
        if unread and not sound:
            raise Unreadable(unread[0].reason)
        return Reading(records=self.records(sound, request), unread=tuple(unread))


def inner(value: Any, *path: str) -> Any:
    """The value under nested keys; None where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def first_text(*values: Any) -> str | None:
    """The first that is text and not empty."""
    return next((value for value in values if isinstance(value, str) and value), None)
