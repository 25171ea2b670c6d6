"""What a rule over JSON asks of a document: conditions on what paths find, and fields to take from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from powertrip.rules.document import Document, RecordJson
from powertrip.rules.paths import JsonPath, as_text
from powertrip.rules.pattern import Pattern

VALUE = "value"
"""The group of a lookup's pattern that is taken; without it, all that the pattern matches."""
# Characters of a value that a pattern is applied to, as of a message: a single value may be a megabyte.
_TESTED = 8192


@dataclass(frozen=True, slots=True)
class PathCondition:
    """What the path finds is one of these values or matches the pattern; of a list, any element does."""

    path: JsonPath
    values: frozenset[str | None]
    """As `as_text` writes them; None stands for nothing there."""
    pattern: Pattern | None = None

    def holds(self, document: Document) -> bool:
        value = document.find(self.path)
        texts = map(as_text, value if isinstance(value, list) and value else [value])
        if self.pattern is None:
            return any(text in self.values for text in texts)
        return any(text is not None and self.pattern.matches(text[:_TESTED].encode()) for text in texts)


@dataclass(frozen=True, slots=True)
class Lookup:
    """One place that a field's value may be taken from."""

    path: JsonPath
    pattern: Pattern | None = None

    def read(self, document: Document) -> str | None:
        """The value; None if there is none, or one that the pattern does not match."""
        text = as_text(document.find(self.path))
        if text is not None and self.pattern is not None:
            tested = text[:_TESTED].encode()
            if VALUE in self.pattern.names:
                text = (self.pattern.capture(tested) or {}).get(VALUE)
            elif not self.pattern.matches(tested):
                return None
        return text or None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonTest:
    """The part of a rule that stands in place of a pattern where records are JSON."""

    inside: tuple[JsonPath, ...]
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
        fields = {}
        for name, lookups in self.lookups.items():
            values = (lookup.read(document) for lookup in lookups)
            value = next((value for value in values if value is not None), None)
            if value is not None:
                fields[name] = value
        return fields


def all_hold(when: tuple[PathCondition, ...], inside: tuple[JsonPath, ...], record: RecordJson) -> bool:
    """Whether the conditions hold for the record or for its message."""
    documents = (record.document(inside, of_message=of_message) for of_message in (False, True))
    return any(
        document is not None and all(condition.holds(document) for condition in when)
        for document in documents
    )
