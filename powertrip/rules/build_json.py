"""The keys of a rule over JSON -> what it asks of a document, with every mistake in its paths."""

from collections.abc import Mapping
from dataclasses import dataclass

from powertrip.errors import Mistake
from powertrip.rules.entry import EventEntry, IgnoreEntry, LookupEntry, Path, RawEntry, ValuePattern
from powertrip.rules.lookup import VALUE, JsonTest, Lookup, PathCondition
from powertrip.rules.paths import Path as JsonPath
from powertrip.rules.paths import compile_path
from powertrip.rules.pattern import Pattern, compile_pattern, join_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonParts:
    """What the JSON keys of an entry come to; for a rule on text there is nothing."""

    test: JsonTest | None = None
    expected: tuple[PathCondition, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    @property
    def names(self) -> set[str]:
        """The fields that are looked up."""
        return set(self.test.lookups) if self.test else set()


def constants_of(entry: EventEntry | IgnoreEntry) -> dict[str, str]:
    """The fields that are given as text, rather than looked up."""
    return {name: given for name, given in entry.fields.items() if isinstance(given, str)}


def build_json(raw: RawEntry, entry: EventEntry | IgnoreEntry) -> JsonParts:
    """Compile all paths and patterns of the entry's JSON keys."""
    building = _Building(raw)
    looked_up = {name: given for name, given in entry.fields.items() if not isinstance(given, str)}
    lookups = {name: building.lookups(name, given) for name, given in looked_up.items()}
    if entry.when is None:
        mistakes = [
            raw.mistake(
                "looks into JSON, and the rule has no `when`; add it, or write a text", "fields", name
            )
            for name in looked_up
        ]
        return JsonParts(mistakes=tuple(mistakes))
    inside = [building.path(text, "inside") for text in entry.inside or []]
    when = building.conditions(entry.when, "when")
    expected = building.conditions((entry.expects and entry.expects.when) or {}, "expects", "when")
    test = JsonTest(inside=tuple(path for path in inside if path), when=when, lookups=lookups)
    return JsonParts(test=test, expected=expected, mistakes=tuple(building.mistakes))


def path_mistakes(raw: RawEntry) -> list[Mistake]:
    """What is wrong with the conditions' paths of an entry that has mistakes of shape too."""
    building = _Building(raw)
    given = raw.data.get("when")
    for text in given if isinstance(given, dict) else ():
        if isinstance(text, str):
            building.path(text, "when", text)
    return building.mistakes


class _Building:
    """Compiles, and notes what cannot be compiled."""

    def __init__(self, raw: RawEntry) -> None:
        self._raw = raw
        self.mistakes: list[Mistake] = []

    def path(self, text: str, *at: str | int) -> JsonPath | None:
        """The compiled path; None if there is a mistake in it."""
        try:
            return compile_path(join_lines(text))
        except ValueError as error:
            self.mistakes.append(self._raw.mistake(f'"{text}" {error}', *at))
            return None

    def pattern(self, text: str, *at: str | int) -> Pattern | None:
        """The compiled pattern, which has to be anchored; None if there is a mistake in it."""
        try:
            pattern = compile_pattern(join_lines(text), unanchored=False)
        except ValueError as error:
            self.mistakes += [self._raw.mistake(problem, *at) for problem in error.args]
            return None
        if unknown := sorted(set(pattern.names) - {VALUE}):
            problem = f'captures "{unknown[0]}"; what is taken from a value is captured as (?P<{VALUE}>...)'
            self.mistakes.append(self._raw.mistake(problem, *at))
        return pattern

    def conditions(
        self, when: Mapping[str, list[str | None] | ValuePattern], *at: str
    ) -> tuple[PathCondition, ...]:
        """The conditions, those with mistakes left out, and those that are quick to test first."""
        built = [self._condition(text, given, (*at, text)) for text, given in when.items()]
        return tuple(sorted(filter(None, built), key=lambda condition: condition.path.keys is None))

    def _condition(self, text: str, given: list[str | None] | ValuePattern, at: Path) -> PathCondition | None:
        path = self.path(text, *at)
        if isinstance(given, ValuePattern):
            pattern = self.pattern(given.pattern, *at, "pattern")
            return PathCondition(path, frozenset(), pattern) if path and pattern else None
        # A text that is empty counts as nothing there, in documents and so in conditions.
        return PathCondition(path, frozenset(value or None for value in given)) if path else None

    def lookups(self, name: str, given: list[LookupEntry]) -> tuple[Lookup, ...]:
        """The places for one field, those with mistakes left out."""
        built = [self._lookup(entry, ("fields", name, place)) for place, entry in enumerate(given)]
        return tuple(lookup for lookup in built if lookup)

    def _lookup(self, entry: LookupEntry, at: Path) -> Lookup | None:
        path = self.path(entry.path, *at, "path")
        pattern = self.pattern(entry.pattern, *at, "pattern") if entry.pattern is not None else None
        return Lookup(path, pattern) if path else None
