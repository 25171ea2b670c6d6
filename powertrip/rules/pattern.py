"""Patterns of rules: compiled by google-re2 alone, refused with advice, recognised many at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import cast

import re2

from powertrip.config.regex import compile_re2, quiet_options

_TOO_LARGE = "the patterns of all rules together are too large for RE2; write fewer"
_ANY_TEXT = re.compile(r"\.(?:[*+]|\{[0-9]+,\})")
"""Any text of any length within a pattern."""
_LITERAL_END = re.compile(r"[*+)\]}]([A-Za-z0-9 ]+)\$\Z")
"""Behind a repetition, a group or a class, so that it is no part of an escape."""
_SENTINEL = "powertrip looks whether literals are found"
# Bytes that RE2 may use for the automaton of all patterns; it takes only what it needs.
_SET_MEMORY = 64 << 20

_BEGINS_ANCHORED = re.compile(r"(\(\?[a-zA-Z]+\))?(\^|\\A)")
# A backslash before the $ takes its meaning away, unless that one is escaped itself.
_ENDS_ANCHORED = re.compile(r"(?<!\\)(\\\\)*(\$|\\z|\\Z)\Z")
_GROUP_NAME = re.compile(r"(?<!\\)(?:\\\\)*\(\?P?<([^>=!]+)>")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """One compiled pattern; without `anchored` it may match anywhere inside a message."""

    text: str
    regex: "re2._Regexp[str]"
    anchored: bool
    groups: tuple[tuple[str, int], ...]
    """The captured fields and the numbers of their groups, in the order of the pattern."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that the pattern captures."""
        return tuple(name for name, _ in self.groups)

    def matches(self, message: bytes) -> bool:
        return self._find(message) is not None

    def find(self, message: bytes) -> "Found | None":
        """What the pattern finds in a message that it matches."""
        match = self._find(message)
        # By their places, for RE2's own way to a group's text takes as long as the match.
        return (
            None if match is None else Found(self, message, [match.span(number) for _, number in self.groups])
        )

    def capture(self, message: bytes) -> dict[str, str] | None:
        """The captured groups that took part in the match; None where the pattern does not match."""
        found = self.find(message)
        return None if found is None else found.captured()

    def _find(self, message: bytes) -> "re2._Match[bytes] | None":
        return self.regex.fullmatch(message) if self.anchored else self.regex.search(message)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the groups of a pattern are in a message that it matches."""

    pattern: Pattern
    message: bytes
    spans: Sequence[tuple[int, int]]
    """In the order of the pattern's groups; a group that took no part is at -1."""

    def captured(self) -> dict[str, str]:
        """The groups that took part in the match."""
        return {
            name: self.message[start:stop].decode("utf-8", "backslashreplace")
            for (name, _), (start, stop) in zip(self.pattern.groups, self.spans, strict=True)
            if start >= 0
        }

    def words(self) -> str:
        """The message without what is captured."""
        kept: list[bytes] = []
        end = 0
        for start, stop in sorted(self.spans):
            # One group may stand within another.
            if start >= end:
                kept.append(self.message[end:start])
                end = stop
        return b"\0".join([*kept, self.message[end:]]).decode("utf-8", "backslashreplace")


def compile_pattern(text: str, *, unanchored: bool) -> Pattern:
    """Compiles for RE2. Raises ValueError with all the things to write otherwise, one an argument."""
    problems = []
    names = _GROUP_NAME.findall(text)
    for name in sorted(set(names)):
        if not _FIELD_NAME.fullmatch(name):
            problems.append(
                f'the group name "{name}" is no field name; write it in lower case with underscores'
            )
        if names.count(name) > 1:
            problems.append(f'the group name "{name}" is used twice; write two patterns as a list instead')
    if not unanchored and not is_anchored(text):
        problems.append(
            "is not anchored, so text that an attacker puts inside a message would match; begin it with ^ "
            "and end it with $, or write `unanchored: true` in the rule"
        )
    try:
        regex = compile_re2(text)
    except ValueError as error:
        raise ValueError(*error.args, *problems) from error
    if problems:
        raise ValueError(*problems)
    groups = sorted(regex.groupindex.items(), key=itemgetter(1))
    return Pattern(text, regex, anchored=not unanchored, groups=tuple(groups))


def is_anchored(text: str) -> bool:
    """Whether the pattern by itself covers the whole message."""
    return bool(_BEGINS_ANCHORED.match(text) and _ENDS_ANCHORED.search(text))


class Recogniser:
    """Finds in one pass over a message which of many patterns may match it."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        """Raises ValueError if RE2 cannot hold all the patterns at once."""
        self._passes: list[tuple[re2.Set, list[int]]] = []
        apart = [number for number, pattern in enumerate(patterns) if _ANY_TEXT.search(pattern.text)]
        self._filter = _Filter(patterns, apart) if apart else None
        together = sorted({*range(len(patterns))} - {*apart})
        for make, anchored in ((re2.Set.FullMatchSet, True), (re2.Set.SearchSet, False)):
            numbers = [number for number in together if patterns[number].anchored is anchored]
            if not numbers:
                continue
            options = quiet_options()
            options.max_mem = _SET_MEMORY
            compiled = make(options)
            for number in numbers:
                compiled.Add(patterns[number].text)
            try:
                compiled.Compile()
            except re2.error as error:
                raise ValueError(_TOO_LARGE) from error
            self._passes.append((compiled, numbers))

    def recognise(self, message: bytes) -> list[int]:
        """The numbers of the patterns that match, ascending, and of some with `.*` that may not."""
        matching: list[int] = []
        for compiled, numbers in self._passes:
            # None rather than an empty list, whatever its types say, where nothing matches.
            if positions := cast("list[int] | None", compiled.Match(message)):
                matching += [numbers[position] for position in positions]
        if self._filter is not None:
            matching += self._filter.candidates(message)
        return sorted(matching)


class _Filter:
    """Patterns with `.*`, of which RE2 says by the literals in a message which of them may match it.

    In a Set each of them would double the states of its automaton, and a line that nobody has seen before
    would make a new one with every byte.
    """

    def __init__(self, patterns: Sequence[Pattern], numbers: Sequence[int]) -> None:
        self._numbers = numbers
        self._ends = [_ending(patterns[number]) for number in numbers]
        self._filter = re2.Filter()
        for number in numbers:
            self._filter.Add(patterns[number].text, quiet_options())
        self._filter.Add(_SENTINEL, quiet_options())
        self._filter.Compile()
        # RE2 says nothing where its memory is too small: it finds no literal in any message then.
        if len(numbers) not in self._positions(_SENTINEL.encode()):
            raise ValueError(_TOO_LARGE)

    def candidates(self, message: bytes) -> list[int]:
        """All that match are among them."""
        positions = self._positions(message)
        return (
            [
                self._numbers[position]
                for position in positions
                if position < len(self._numbers) and message.endswith(self._ends[position])
            ]
            if positions
            else []
        )

    def _positions(self, message: bytes) -> Sequence[int]:
        return cast("list[int] | None", self._filter.Match(message, potential=True)) or ()


def _ending(pattern: Pattern) -> bytes:
    """What every match of the pattern ends with; empty where that cannot be read off its text at once."""
    if not pattern.anchored or any(mark in pattern.text for mark in ("|", "\\Q", "(?i", "(?m", "(?s", "(?U")):
        return b""
    found = _LITERAL_END.search(pattern.text)
    return found[1].encode() if found else b""
