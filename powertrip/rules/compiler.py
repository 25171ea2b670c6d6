"""Compiles the patterns, paths and conditions of one entry, and collects all that cannot be compiled."""

import ipaddress
from collections.abc import Mapping

from powertrip.config.values import did_you_mean
from powertrip.errors import Mistake
from powertrip.rules.entry import EventEntry, IgnoreEntry, RawEntry, ValuePattern
from powertrip.rules.fields import Condition, Network, read_ip
from powertrip.rules.judgements import Expectation
from powertrip.rules.lookup import VALUE, JsonTest, Lookup, PathCondition
from powertrip.rules.paths import JsonPath, compile_path
from powertrip.rules.pattern import Pattern, compile_pattern


class Compiler:
    """Leaves out what has a mistake, and goes on, so that all mistakes are reported at once."""

    def __init__(self, raw: RawEntry) -> None:
        self._raw = raw
        self.mistakes: list[Mistake] = []

    def mistake(self, problem: str, *at: str | int) -> None:
        self.mistakes.append(self._raw.mistake(problem, *at))

    def patterns(self, texts: list[str], *, unanchored: bool) -> tuple[Pattern, ...]:
        compiled = []
        for number, text in enumerate(texts):
            at = ("pattern", number) if len(texts) > 1 else ("pattern",)
            compiled.append(self._pattern(text, *at, unanchored=unanchored))
        return tuple(pattern for pattern in compiled if pattern)

    def json_test(self, entry: EventEntry | IgnoreEntry) -> JsonTest | None:
        """What a rule over JSON asks of a document; None for a rule on text."""
        lookups: dict[str, tuple[Lookup, ...]] = {}
        for name, places in entry.fields.items():
            if isinstance(places, str):
                continue
            if entry.when is None:
                problem = "looks into JSON, and the rule has no `when`; add it, or write a text"
                self.mistake(problem, "fields", name)
            for number, place in enumerate(places):
                at = ("fields", name, number)
                path, pattern = self.path(place.path, *at, "path"), None
                if place.pattern is not None:
                    pattern = self._value_pattern(place.pattern, *at, "pattern")
                if path:
                    lookups[name] = (*lookups.get(name, ()), Lookup(path, pattern))
        if entry.when is None:
            return None
        inside = [self.path(text, "inside") for text in entry.inside or ()]
        return JsonTest(
            inside=tuple(path for path in inside if path),
            when=self._path_conditions(entry.when, "when"),
            lookups=lookups,
        )

    def expectations(self, entry: EventEntry | IgnoreEntry) -> tuple[Expectation, ...]:
        """Which records the rule must be able to judge; of the same programs, where it names no others."""
        written = entry.expects or []
        return tuple(
            Expectation(
                programs=tuple(expects.program or entry.program or ()),
                prefix=expects.prefix or "",
                contains=tuple(expects.contains or ()),
                when=self._path_conditions(
                    expects.when or {}, "expects", *((number,) if len(written) > 1 else ()), "when"
                ),
            )
            for number, expects in enumerate(written)
        )

    def path(self, text: str, *at: str | int) -> JsonPath | None:
        try:
            return compile_path(_joined(text))
        except ValueError as error:
            self.mistake(f'"{text}" {error}', *at)
            return None

    def conditions(
        self,
        key: str,
        wanted: Mapping[str, list[str] | ValuePattern],
        types: Mapping[str, str],
        known: set[str],
    ) -> tuple[Condition, ...]:
        """The conditions on fields under `where` or `unless`; `known` are the fields that the rule names."""
        conditions = []
        for name, values in wanted.items():
            if name not in known:
                self.mistake(did_you_mean(name, sorted(known), "field"), key, name)
            elif isinstance(values, ValuePattern):
                pattern = self._value_pattern(values.pattern, key, name, "pattern")
                conditions.append(Condition(name, frozenset(), pattern=pattern))
            elif types.get(name) != "ip":
                conditions.append(Condition(name, frozenset(values)))
            else:
                try:
                    addresses = frozenset(read_ip(value) for value in values if "/" not in value)
                    networks: tuple[Network, ...] = tuple(
                        ipaddress.ip_network(value) for value in values if "/" in value
                    )
                    conditions.append(Condition(name, addresses, networks))
                except ValueError as error:
                    self.mistake(f"is not an address or a network: {error}", key, name)
        return tuple(conditions)

    def _path_conditions(
        self, when: Mapping[str, list[str | None] | ValuePattern], *at: str | int
    ) -> tuple[PathCondition, ...]:
        conditions = []
        for text, wanted in when.items():
            path = self.path(text, *at, text)
            values: frozenset[str | None] = frozenset()
            pattern = None
            if isinstance(wanted, ValuePattern):
                pattern = self._value_pattern(wanted.pattern, *at, text, "pattern")
            else:
                # A text that is empty counts as nothing there, in documents and so in conditions.
                values = frozenset(value or None for value in wanted)
            if path:
                conditions.append(PathCondition(path, values, pattern))
        # Those that are quick to test come first: most records are of no rule, and fail at one of them.
        return tuple(sorted(conditions, key=lambda condition: condition.path.keys is None))

    def _value_pattern(self, text: str, *at: str | int) -> Pattern | None:
        """A pattern on a value in JSON, which has to be anchored."""
        pattern = self._pattern(text, *at, unanchored=False)
        if pattern and (unknown := sorted(set(pattern.names) - {VALUE})):
            self.mistake(
                f'captures "{unknown[0]}"; what is taken from a value is captured as (?P<{VALUE}>...)', *at
            )
        return pattern

    def _pattern(self, text: str, *at: str | int, unanchored: bool) -> Pattern | None:
        try:
            return compile_pattern(_joined(text), unanchored=unanchored)
        except ValueError as error:
            for problem in error.args:
                self.mistake(problem, *at)
            return None


def mistakes_within(raw: RawEntry) -> list[Mistake]:
    """What is wrong with patterns and conditions' paths in an entry that has mistakes of shape too."""
    compiler = Compiler(raw)
    patterns = raw.data.get("pattern", [])
    if not isinstance(patterns, list):
        patterns = [patterns]
    texts = [text for text in patterns if isinstance(text, str)]
    compiler.patterns(texts, unanchored=raw.data.get("unanchored") is True)
    when = raw.data.get("when")
    for text in when if isinstance(when, dict) else ():
        if isinstance(text, str):
            compiler.path(text, "when", text)
    return compiler.mistakes


def _joined(text: str) -> str:
    # Written over several lines it is still one: a message has no line breaks that could be meant.
    return "".join(text.splitlines())
