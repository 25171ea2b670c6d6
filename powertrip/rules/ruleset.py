"""Which rule judges a record.

Where several rules recognise one record, the config's own `ignore` rules come first, then the rules that make
events, in the order they are written, then the `ignore` rules of packs: what comes with Powertrip can never
hide a login. The first of them that matches in full (types, conditions) decides.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from powertrip.domain.record import Record
from powertrip.rules.document import RecordJson, begins_as_json
from powertrip.rules.fields import READERS, unvis
from powertrip.rules.judgements import ANY_SOURCE, MESSAGE, Ignored, Match, Quarantined, Rule, Unmatched
from powertrip.rules.lacking import is_wanted, lacks_message, why_lacking
from powertrip.rules.net import reads_like
from powertrip.rules.paths import shortened
from powertrip.rules.pattern import Found, Pattern, Recogniser
from powertrip.rules.unmatched import PassedOver, Reasons

_ENDS = " \t\r\n\0\ufeff"
_REPEATED = "message repeated "
MESSAGE_LIMIT = 8192
"""Characters of a message that are judged; sshd writes at most 500 bytes, sudo about 1000 a line."""


def cut_message(text: str) -> tuple[str, int]:
    """The message as far as it is judged, and how many characters were cut off."""
    return text[:MESSAGE_LIMIT], max(0, len(text) - MESSAGE_LIMIT)


def _once(message: str) -> str:
    """The message that rsyslog wrote once for several equal ones in a row ("RepeatedMsgReduction")."""
    if not message.startswith(_REPEATED):
        return message
    count, found, repeated = message.removeprefix(_REPEATED).partition(" times: [")
    if not found or not count.isdigit() or not repeated.endswith("]"):
        return message
    return repeated.removesuffix("]").removeprefix(" ")


class RuleSet:
    """All rules of a config, in its order, ready to judge."""

    def __init__(self, rules: Sequence[Rule], texts: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """`texts` are the sources of log lines, with the keys where each looks for one.

        Raises ValueError if RE2 cannot hold all the patterns at once.
        """
        self.rules = tuple(rules)
        self._texts = texts or {}
        self._has_own_patterns = any(rule.pack is None and rule.patterns for rule in self.rules)
        self._covered_of: dict[str, frozenset[str]] = {}
        own_ignores = [rule for rule in rules if rule.ignore and rule.pack is None]
        events = self.makers
        pack_ignores = [rule for rule in rules if rule.ignore and rule.pack is not None]
        self._ranked = [*own_ignores, *events, *pack_ignores]
        self._positions: dict[Pattern, list[int]] = {}
        for position, rule in enumerate(self._ranked):
            for pattern in rule.patterns:
                # A rule narrowed by an ignore rule shares its patterns with it; each is recognised once.
                self._positions.setdefault(pattern, []).append(position)
        self._patterns = list(self._positions)
        self._recogniser = Recogniser(self._patterns)
        # Each rule over JSON has to be tried on each record, so those of other sources are sorted out before.
        over_json = [(position, rule) for position, rule in enumerate(self._ranked) if rule.json]
        named = {source for _, rule in over_json for source in rule.sources}
        self._over_json = {
            source: [position for position, rule in over_json if rule.is_for(source)]
            for source in (*named, ANY_SOURCE)
        }
        self._over_json_of_all = [position for position, rule in over_json if not rule.sources]
        self._expecting = [rule for rule in self.rules if rule.expects]
        self._reasons = Reasons(self.rules)

    @property
    def makers(self) -> list[Rule]:
        """Those that make events, as they are written."""
        return [rule for rule in self.rules if not rule.ignore]

    def judge(self, record: Record) -> Match | Ignored | Quarantined | Unmatched:
        judgement = self._judge(record)
        if record.flaw is None or (isinstance(judgement, Ignored) and judgement.rule.pack is None):
            return judgement
        # Only a rule of the config's own says that nobody wants to hear of it.
        return Quarantined(rule=None, reason=record.flaw)

    def _judge(self, record: Record) -> Match | Ignored | Quarantined | Unmatched:
        # Line breaks around a message are its transport's: docker's json-file keeps them, and no pattern's
        # end would fit. rsyslog's %msg% keeps the blank that follows the tag.
        message, _ = cut_message(record.message.strip("\r\n").removeprefix(" "))
        documents = RecordJson(record)
        passed_over = PassedOver()
        # A pattern may want the blanks around a message, so without them it is only tried afterwards.
        texts = tuple(dict.fromkeys(map(_once, (message, message.strip(_ENDS)))))
        for text in (*texts, *self._whole_line(record, texts)):
            for rule, read in self._recognised(record, text, documents, passed_over):
                # A pack knows messages; a line with its header could be made to read like another.
                if text not in texts and rule.pack:
                    continue
                if judgement := _judgement(rule, record, read):
                    return judgement
                passed_over.by_conditions.append(rule)
        for rule in self._expecting:
            if rule.should_judge(record, texts, documents):
                reason = f"should be judged by {rule.name}, which does not match it"
                lacking = self._lacking(record, documents)
                return Quarantined(rule=rule, reason="; ".join(filter(None, (lacking, reason))))
        if documents.problem:
            # Nobody's, where only the `expects` of a rule for other programs asked for the document.
            asked = next((rule for rule in self._ranked if rule.json and rule.may_judge(record)), None)
            return Quarantined(rule=asked, reason=f"the record {documents.problem}")
        why = reads_like(record, self._covered(record.source)) or self._lacking(record, documents)
        if why:
            return Quarantined(rule=None, reason=why)
        return Unmatched(self._reasons.reason(record, passed_over))

    def _whole_line(self, record: Record, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The line as it came, for rules of the config that want what was taken for its header too."""
        if not self._has_own_patterns or begins_as_json(record.raw):
            return ()
        line, _ = cut_message(record.raw.strip(_ENDS))
        return () if line in texts else (line,)

    def _covered(self, source: str) -> frozenset[str]:
        """The programs whose lines of this source make events."""
        if source not in self._covered_of:
            events = (rule for rule in self.makers if rule.is_for(source))
            self._covered_of[source] = frozenset(program for rule in events for program in rule.programs)
        return self._covered_of[source]

    def _lacking(self, record: Record, documents: RecordJson) -> str | None:
        keys = self._texts.get(record.source)
        if not keys or not lacks_message(record) or is_wanted(self.rules, record, documents):
            return None
        return why_lacking(record, keys)

    def _recognised(
        self, record: Record, message: str, documents: RecordJson, passed_over: PassedOver
    ) -> Iterator[tuple[Rule, "_Read"]]:
        """The rules that recognise the record, by rank, each with what it reads from it.

        Those that recognise its text, and are for other sources or programs, are kept in `passed_over`.
        """
        encoded = message.encode("utf-8", "backslashreplace")
        numbers = self._recogniser.recognise(encoded)
        over_json = self._over_json.get(record.source, self._over_json_of_all)
        if not numbers and not over_json:
            return
        patterns = [self._patterns[number] for number in numbers]
        positions = {position for pattern in patterns for position in self._positions[pattern]}
        if over_json and begins_as_json(record.raw):
            positions.update(over_json)
        ways = [(position, False) for position in sorted(positions)]
        # What a message holds comes last: whoever wrote it must not outshine the record around it.
        if over_json and begins_as_json(record.message):
            ways += [(position, True) for position in over_json]
        captures = _Captures(encoded, patterns)
        for position, of_message in ways:
            rule = self._ranked[position]
            if not rule.may_judge(record):
                if not rule.json and captures.match_any(rule):
                    passed_over.by_origin.append(rule)
                continue
            fields = _looked_up(rule, documents, of_message=of_message) if rule.json else None
            words = partial(_compared, rule, documents, message, of_message=of_message)
            read = captures.read(rule) if fields is None else _Read(fields, words)
            if read is not None:
                yield rule, read


@dataclass(frozen=True, slots=True)
class _Read:
    """What a rule reads from a record."""

    fields: dict[str, str]
    words: Callable[[], str]
    """The log line without the fields that are read from it."""


class _Captures:
    """What the recognised patterns capture of one message, each extracted once, if asked for."""

    def __init__(self, message: bytes, recognised: Collection[Pattern]) -> None:
        """`recognised` may match the message, and no other pattern does."""
        self._message = message
        self._recognised = frozenset(recognised)
        self._found: dict[Pattern, Found | None] = {}

    def of(self, pattern: Pattern) -> Found | None:
        """What a pattern finds; None where it does not match."""
        if pattern not in self._recognised:
            return None
        if pattern not in self._found:
            self._found[pattern] = pattern.find(self._message)
        return self._found[pattern]

    def match_any(self, rule: Rule) -> bool:
        """Whether one of the rule's patterns matches."""
        return any(self.of(pattern) is not None for pattern in rule.patterns)

    def read(self, rule: Rule) -> _Read | None:
        """The fields by the first pattern whose values are of their types; None if there is none."""
        for pattern in rule.patterns:
            found = self.of(pattern)
            if found is None:
                continue
            captured = found.captured()
            if rule.unescape == "vis":
                captured = {name: unvis(value) for name, value in captured.items()}
            if (typed := _typed(captured, rule.types)) is not None:
                return _Read(typed, found.words)
        return None


def _looked_up(rule: Rule, documents: RecordJson, *, of_message: bool) -> dict[str, str] | None:
    """The fields that a rule over JSON looks up; a value that is not of its type is not there."""
    values = rule.json.read(documents, of_message=of_message) if rule.json else None
    if values is None:
        return None
    fields: dict[str, str] = {}
    for name, value in values.items():
        fields |= _typed({name: value}, rule.types) or {}
    return fields


def _compared(rule: Rule, documents: RecordJson, message: str, *, of_message: bool) -> str:
    """What has to be equal of the record beside its fields, for a rule over JSON."""
    document = documents.document(rule.json.inside, of_message=of_message) if rule.json else None
    if document is None or not rule.keys_may_vary:
        return message
    try:
        return document.without(rule.keys_may_vary)
    except RecursionError:
        return message


def _typed(captured: dict[str, str], types: Mapping[str, str]) -> dict[str, str] | None:
    try:
        return {
            name: READERS[types[name]](value) if name in types else value for name, value in captured.items()
        }
    except ValueError:
        return None


def _judgement(rule: Rule, record: Record, read: _Read) -> Match | Ignored | Quarantined | None:
    """What a rule that recognises the record makes of it; None where a condition of the rule fails."""
    fields = read.fields
    if record.host_name and "host_name" not in fields:
        fields = fields | {"host_name": record.host_name}
    constants = {
        name: template.substitute(fields)
        for name, template in rule.constants.items()
        # One that names a field which this record lacks is left out.
        if set(template.get_identifiers()) <= fields.keys()
    }
    fields = fields | constants
    if not rule.accepts(fields):
        return None
    if reason := rule.distrusts(record):
        return None if rule.ignore else Quarantined(rule=rule, reason=reason)
    if rule.ignore:
        return Ignored(rule=rule, fields=fields)
    # Its card says how often.
    repeated = record.message if _once(record.message) != record.message else ""
    told = [rule.name, record.source, repeated.partition(": [")[0]]
    alone = record.record_id if rule.stands_alone(record, fields) else None
    fold_key = _fold_key(told, fields, read, alone, may_vary=rule.may_vary)
    stranger_key = None
    # Only the address says that one stranger sent them; what was cut off, nobody can compare.
    if rule.strangers_may_vary and "source_ip" in fields and not record.cut:
        may_vary = (*rule.may_vary, *rule.strangers_may_vary)
        stranger_key = _fold_key(told, fields, read, "of strangers", may_vary=may_vary)
    if rule.json:
        # Only now, for two values may differ in what is cut.
        fields = {name: shortened(value) for name, value in fields.items()}
    return Match(rule=rule, fields=fields, fold_key=fold_key, stranger_key=stranger_key)


# `json.dumps` makes an encoder at each call.
_as_json = json.JSONEncoder(sort_keys=True).encode


def _fold_key(
    told: Sequence[str],
    fields: Mapping[str, str],
    read: _Read,
    apart: str | None,
    *,
    may_vary: Sequence[str],
) -> str:
    # A click covers what the card shows: whatever differs in anything else is asked about anew.
    equal = {name: value for name, value in fields.items() if name not in may_vary}
    words = "" if MESSAGE in may_vary else read.words()
    rule, source, repeated = told
    values = [rule, source, equal, words, repeated, apart]
    return hashlib.sha256(_as_json(values).encode()).hexdigest()
