"""Compiles the patterns, paths and conditions of one entry, and collects all that cannot be compiled."""

import ipaddress
from collections.abc import Mapping

from powertrip.config.values import did_you_mean
from powertrip.errors import Mistake
from powertrip.rules.entry import LookupEntry, RawEntry, ValuePattern
from powertrip.rules.fields import Condition, Network, read_ip
from powertrip.rules.lookup import VALUE, Lookup, PathCondition
from powertrip.rules.paths import JsonPath, compile_path
from powertrip.rules.pattern import Pattern, compile_pattern


class Compiler:
    """Leaves out what has a mistake, and goes on, so that all mistakes are told at once."""

    def __init__(self, raw: RawEntry) -> None:
        self._raw = raw
        self.mistakes: list[Mistake] = []

    def mistake(self, problem: str, *at: str | int) -> None:
        self.mistakes.append(self._raw.mistake(problem, *at))

    def patterns(self, texts: list[str], *, unanchored: bool) -> tuple[Pattern, ...]:
        """The patterns of a rule on text."""
        compiled = [
            self._pattern(
                text, *(("pattern", number) if len(texts) > 1 else ("pattern",)), unanchored=unanchored
            )
            for number, text in enumerate(texts)
        ]
        return tuple(pattern for pattern in compiled if pattern)

    def path(self, text: str, *at: str | int) -> JsonPath | None:
        try:
            return compile_path(_joined(text))
        except ValueError as error:
            self.mistake(f'"{text}" {error}', *at)
            return None

    def lookups(self, name: str, entries: list[LookupEntry]) -> tuple[Lookup, ...]:
        """The places that the field may be taken from."""
        lookups = []
        for number, entry in enumerate(entries):
            at = ("fields", name, number)
            path = self.path(entry.path, *at, "path")
            pattern = (
                self._value_pattern(entry.pattern, *at, "pattern") if entry.pattern is not None else None
            )
            if path:
                lookups.append(Lookup(path, pattern))
        return tuple(lookups)

    def path_conditions(
        self, when: Mapping[str, list[str | None] | ValuePattern], *at: str
    ) -> tuple[PathCondition, ...]:
        """The conditions on JSON, those that are quick to test first."""
        conditions = []
        for text, wanted in when.items():
            path = self.path(text, *at, text)
            # A text that is empty counts as nothing there, in documents and so in conditions.
            values = frozenset() if isinstance(wanted, ValuePattern) else frozenset(v or None for v in wanted)
            pattern = None
            if isinstance(wanted, ValuePattern):
                pattern = self._value_pattern(wanted.pattern, *at, text, "pattern")
            if path:
                conditions.append(PathCondition(path, values, pattern))
        return tuple(sorted(conditions, key=lambda condition: condition.path.keys is None))

    def conditions(
        self, key: str, wanted: Mapping[str, list[str]], types: Mapping[str, str], known: set[str]
    ) -> tuple[Condition, ...]:
        """The conditions on fields under `where` or `unless`; `known` are the fields that the rule names."""
        conditions = []
        for name, values in wanted.items():
            if name not in known:
                self.mistake(did_you_mean(name, sorted(known), "field"), key, name)
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
    texts = [
        text for text in (patterns if isinstance(patterns, list) else [patterns]) if isinstance(text, str)
    ]
    compiler.patterns(texts, unanchored=raw.data.get("unanchored") is True)
    when = raw.data.get("when")
    for text in when if isinstance(when, dict) else ():
        if isinstance(text, str):
            compiler.path(text, "when", text)
    return compiler.mistakes


def _joined(text: str) -> str:
    # A pattern or path over several lines is one: a message has no line breaks to be meant by them.
    return "".join(text.splitlines())
