"""Which rule judges a record.

Where several rules recognise one record, the config's own `ignore` rules come first, then the rules that make
events, in the order they are written, then the `ignore` rules of packs: what comes with Powertrip can never
hide a login. The first of them that matches in full (types, conditions) decides.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from powertrip.domain.event import Severity
from powertrip.domain.record import Record
from powertrip.rules.document import RecordJson, begins_as_json
from powertrip.rules.fields import READERS, unvis
from powertrip.rules.net import NO_RULE_TOOK_LOGIN, reads_like_login
from powertrip.rules.pattern import Pattern, Recogniser
from powertrip.rules.verdicts import Ignored, Match, Quarantined, Rule, Unmatched

_Judged: TypeAlias = Match | Ignored | Quarantined

MESSAGE_LIMIT = 8192
"""Characters of a message that are judged; sshd writes at most 500 bytes, sudo about 1000 a line."""


def cut_message(text: str) -> tuple[str, int]:
    """The message as far as it is judged, and how many characters were cut off."""
    return text[:MESSAGE_LIMIT], max(0, len(text) - MESSAGE_LIMIT)


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """What people are told of a rule."""

    name: str
    title: str
    action: str
    severity: Severity
    sources: tuple[str, ...]
    """Empty: every source."""
    ignore: bool


class RuleSet:
    """All rules of a config, ready to judge."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Raises ValueError if RE2 cannot hold all the patterns at once."""
        self.rules = tuple(rules)
        self._ranked = sorted(self.rules, key=_rank)
        # A rule narrowed by an ignore rule shares its patterns with it; each is recognised once.
        self._patterns = list(dict.fromkeys(p for rule in self._ranked for p in rule.patterns))
        self._recogniser = Recogniser(self._patterns)
        self._positions = self._rules_by_pattern()
        self._over_json: dict[str, list[int]] = {}
        """By source, as far as asked for: the positions of the rules over JSON that may judge its records."""
        self._expecting = [rule for rule in self.rules if rule.expects]

    def judge(self, record: Record) -> Match | Ignored | Quarantined | Unmatched:
        """What the rules say of the record."""
        message = _judged_text(record)
        encoded = message.encode("utf-8", "backslashreplace")
        captures = _Captures(encoded, [self._patterns[n] for n in self._recogniser.recognise(encoded)])
        documents = RecordJson(record)
        # What a message holds comes last: whoever wrote it must not outshine the record around it.
        return (
            _first(
                _judge_by(rule, record, captures, documents) for rule in self._candidates(record, captures)
            )
            or _first(
                _judge_message(rule, record, documents) for rule in self._candidates_for_message(record)
            )
            or self._unjudged(record, message, documents)
        )

    def describe(self) -> list[RuleSummary]:
        """Every rule, in the order of the config."""
        return [
            RuleSummary(rule.name, rule.title, rule.action, rule.severity, rule.sources, rule.ignore)
            for rule in self.rules
        ]

    def _rules_by_pattern(self) -> dict[Pattern, list[int]]:
        positions: dict[Pattern, list[int]] = {pattern: [] for pattern in self._patterns}
        for position, rule in enumerate(self._ranked):
            for pattern in rule.patterns:
                positions[pattern].append(position)
        return positions

    def _candidates(self, record: Record, captures: "_Captures") -> Iterator[Rule]:
        positions = {position for pattern in captures.recognised for position in self._positions[pattern]}
        if begins_as_json(record.raw):
            positions.update(self._rules_over_json(record.source))
        return (self._ranked[position] for position in sorted(positions))

    def _candidates_for_message(self, record: Record) -> Iterator[Rule]:
        positions = self._rules_over_json(record.source) if begins_as_json(record.message) else ()
        return (self._ranked[position] for position in positions)

    def _rules_over_json(self, source: str) -> list[int]:
        if source not in self._over_json:
            positions = enumerate(self._ranked)
            self._over_json[source] = [n for n, rule in positions if rule.json and rule.is_for(source)]
        return self._over_json[source]

    def _unjudged(self, record: Record, message: str, documents: RecordJson) -> Quarantined | Unmatched:
        for rule in self._expecting:
            if rule.should_judge(record, message, documents):
                return Quarantined(
                    rule=rule, reason=f"should be judged by {rule.name}, which does not match it"
                )
        if documents.problem:
            asked = next(rule for rule in self._ranked if rule.json and rule.may_judge(record))
            return Quarantined(rule=asked, reason=f"the record {documents.problem}")
        if reads_like_login(record):
            return Quarantined(rule=None, reason=NO_RULE_TOOK_LOGIN)
        return Unmatched()


def _rank(rule: Rule) -> int:
    if not rule.ignore:
        return 1
    return 0 if rule.pack is None else 2


def _judged_text(record: Record) -> str:
    # Line breaks around a message are its transport's: docker's json-file keeps them, and no pattern's end
    # would fit. rsyslog's %msg% keeps the blank that follows the tag.
    return cut_message(record.message.strip("\r\n").removeprefix(" "))[0]


def _first(verdicts: Iterable[_Judged | None]) -> _Judged | None:
    return next((verdict for verdict in verdicts if verdict), None)


class _Captures:
    """What the recognised patterns capture of one message, each extracted once, if asked for."""

    def __init__(self, message: bytes, recognised: list[Pattern]) -> None:
        self.recognised = recognised
        self._message = message
        self._captured: dict[Pattern, dict[str, str]] = {}

    def of(self, pattern: Pattern) -> dict[str, str]:
        if pattern not in self._captured:
            self._captured[pattern] = pattern.capture(self._message)
        return self._captured[pattern]


def _judge_by(rule: Rule, record: Record, captures: _Captures, documents: RecordJson) -> _Judged | None:
    if not rule.may_judge(record):
        return None
    fields = _read(rule, documents, of_message=False) if rule.json else _captured(rule, captures)
    return None if fields is None else _verdict(rule, record, fields)


def _judge_message(rule: Rule, record: Record, documents: RecordJson) -> _Judged | None:
    if not rule.may_judge(record):
        return None
    fields = _read(rule, documents, of_message=True)
    return None if fields is None else _verdict(rule, record, fields)


def _verdict(rule: Rule, record: Record, named: dict[str, str]) -> _Judged | None:
    fields = _completed(named, rule, record)
    if not rule.accepts(fields):
        return None
    if reason := _reason_for_distrust(rule, record):
        return None if rule.ignore else Quarantined(rule=rule, reason=reason)
    if rule.ignore:
        return Ignored(rule=rule, fields=fields)
    return Match(rule=rule, fields=fields, fold_key=_fold_key(rule, record, fields))


def _captured(rule: Rule, captures: _Captures) -> dict[str, str] | None:
    """The fields by the first pattern whose values are of their types; None if there is no such pattern."""
    for pattern in rule.patterns:
        if pattern in captures.recognised:
            captured = captures.of(pattern)
            if rule.unescape == "vis":
                captured = {name: unvis(value) for name, value in captured.items()}
            if (typed := _typed(captured, rule.types)) is not None:
                return typed
    return None


def _read(rule: Rule, documents: RecordJson, *, of_message: bool) -> dict[str, str] | None:
    """The fields that a rule over JSON looks up; a value that is not of its type is not there."""
    found = rule.json.read(documents, of_message=of_message) if rule.json else None
    if found is None:
        return None
    typed = {name: _typed({name: value}, rule.types) for name, value in found.items()}
    return {name: value for one in typed.values() if one for name, value in one.items()}


def _typed(captured: dict[str, str], types: Mapping[str, str]) -> dict[str, str] | None:
    try:
        return {
            name: READERS[types[name]](value) if name in types else value for name, value in captured.items()
        }
    except ValueError:
        return None


def _completed(fields: dict[str, str], rule: Rule, record: Record) -> dict[str, str]:
    """The fields with the record's host and the rule's constants; a constant lacking a field is left out."""
    if record.host_name and "host_name" not in fields:
        fields = fields | {"host_name": record.host_name}
    constants = {
        name: template.substitute(fields)
        for name, template in rule.constants.items()
        if set(template.get_identifiers()) <= fields.keys()
    }
    return fields | constants


def _reason_for_distrust(rule: Rule, record: Record) -> str | None:
    stated = {"facility": record.facility, **record.trusted}
    for name, allowed in rule.trust.items():
        value = stated.get(name)
        if value is not None and value not in allowed:
            claim = f"has {name} {value[:40]!r}, not {' or '.join(allowed)}"
            return f"looks like {rule.name} but {claim}: another program may have written it"
    return None


def _fold_key(rule: Rule, record: Record, fields: Mapping[str, str]) -> str:
    values = [rule.name, record.source, *(fields.get(name) for name in rule.fold_by)]
    if "user_name" in rule.fold_by and "user_name" not in fields:
        # Two records that name nobody may be of two people, and each has to be asked about.
        values.append(record.record_id)
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
