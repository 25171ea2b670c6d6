"""Why no rule took a record: told by the rules alone, for a record's text is whatever its writer wants."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from powertrip.domain.record import Record
from powertrip.rules.document import begins_as_json
from powertrip.rules.judgements import Rule

_NAMED = 3
"""Sources, programs and rules that a reason names; the others are left out."""


@dataclass(slots=True)
class PassedOver:
    """Rules that recognise a record's text and do not take it."""

    by_conditions: list[Rule] = field(default_factory=list)
    """Their conditions on fields do not hold."""
    by_origin: list[Rule] = field(default_factory=list)
    """They are for other sources or programs."""


class Reasons:
    """Finds the reason that helps most to mend a rule or a source."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._of_sources: dict[str, _OfSource] = {}

    def reason(self, record: Record, passed_over: PassedOver) -> str:
        """One sentence without its full stop."""
        if passed_over.by_conditions:
            recognising = _listed([rule.name for rule in passed_over.by_conditions], "and")
            return f"{recognising} recognises it, but its conditions (where, unless) do not hold"
        if passed_over.by_origin:
            rule = passed_over.by_origin[0]
            is_source = not rule.is_for(record.source)
            kind, names = ("source", rule.sources) if is_source else ("program", rule.programs)
            return f"{rule.name} recognises it, but is for the {kind} {_listed(names, 'or')}"
        return (
            self._none_recognises(record)
            if self._rules
            else "no rule is in use; write `use: ssh` under `rules`"
        )

    def _none_recognises(self, record: Record) -> str:
        rules = self._of_source(record.source)
        over_json = rules.over_json and (begins_as_json(record.raw) or begins_as_json(record.message))
        if not rules.over_text:
            if over_json:
                return "no rule over JSON fits the record, and none over text is for this source"
            return "no rule is for this source; use the pack that knows what it sends"
        if record.program is None:
            reason = "no rule fits its text"
        elif record.program in rules.programs:
            reason = "no rule for this program fits its text"
        else:
            reason = "no rule is for this program"
        return f"{reason}, and none over JSON fits the record" if over_json else reason

    def _of_source(self, source: str) -> "_OfSource":
        # Sources are named in the configuration, so that there are few.
        if source not in self._of_sources:
            rules = [rule for rule in self._rules if rule.is_for(source)]
            self._of_sources[source] = _OfSource(
                over_text=any(rule.patterns for rule in rules),
                over_json=any(rule.json for rule in rules),
                programs=frozenset(program for rule in rules if rule.patterns for program in rule.programs),
            )
        return self._of_sources[source]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfSource:
    """The rules that may judge the records of one source."""

    over_text: bool
    over_json: bool
    programs: frozenset[str]
    """Those that rules over text name."""


def _listed(names: Sequence[str], word: str) -> str:
    shown = list(dict.fromkeys(names))[:_NAMED]
    return f" {word} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
