"""What a rule over JSON asks of a document: conditions on what paths find, and fields to take from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from powertrip.rules.document import Document, RecordJson
from powertrip.rules.paths import Path, as_text
from powertrip.rules.pattern import Pattern

VALUE = "value"
"""The group of a lookup's pattern that is taken; without it, all that the pattern matches."""
_TESTED = 8192
"""Characters of a value that a pattern is applied to."""


@dataclass(frozen=True, slots=True)
class PathCondition:
    """What the path finds is one of these values or matches the pattern; of a list, any element does."""

    path: Path
    values: frozenset[str | None]
    """As `as_text` writes them; None stands for nothing there."""
    pattern: Pattern | None = None

    def holds(self, document: Document) -> bool:
        """Whether the condition is met."""
        found = document.find(self.path)
        values = found if isinstance(found, list) and found else [found]
        return any(self._fits(as_text(value)) for value in values)

    def _fits(self, text: str | None) -> bool:
        if self.pattern is None:
            return text in self.values
        return text is not None and self.pattern.matches(text[:_TESTED].encode())


@dataclass(frozen=True, slots=True)
class Lookup:
    """One place that a field's value may be taken from."""

    path: Path
    pattern: Pattern | None = None

    def read(self, document: Document) -> str | None:
        """The value; None if there is none, or one that the pattern does not match."""
        text = as_text(document.find(self.path))
        if text is None or self.pattern is None:
            return text
        encoded = text.encode()
        if VALUE in self.pattern.names:
            return self.pattern.capture(encoded).get(VALUE) or None
        return text if self.pattern.matches(encoded) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonTest:
    """The part of a rule that stands in place of a pattern where records are JSON."""

    inside: tuple[Path, ...]
    """Where in the record the object may stand; the record itself where none of them holds one."""
    when: tuple[PathCondition, ...]
    """All must hold."""
    lookups: Mapping[str, tuple[Lookup, ...]]
    """For each field the places that its value may be taken from; the first that has one wins."""

    def read(self, record: RecordJson, *, of_message: bool) -> dict[str, str] | None:
        """The fields if all conditions hold, else None."""
        document = record.document(self.inside, of_message=of_message)
        if document is None or not all(condition.holds(document) for condition in self.when):
            return None
        return dict(self._fields(document))

    def _fields(self, document: Document) -> Iterator[tuple[str, str]]:
        for name, lookups in self.lookups.items():
            values = (lookup.read(document) for lookup in lookups)
            value = next((value for value in values if value is not None), None)
            if value is not None:
                yield name, value


def all_hold(when: tuple[PathCondition, ...], inside: tuple[Path, ...], record: RecordJson) -> bool:
    """Whether the conditions hold for the record or for its message."""
    documents = (record.document(inside, of_message=of_message) for of_message in (False, True))
    return any(
        document is not None and all(condition.holds(document) for condition in when)
        for document in documents
    )
