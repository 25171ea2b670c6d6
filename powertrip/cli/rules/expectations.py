"""Lines with the verdicts that are expected of them, so that a team's rules are tested where they are kept.

A YAML list; each case has a `line`, or a record as `json`, and says in `expect` what becomes of it: `match`,
`ignored`, `quarantined` or `unmatched`, and a rule behind it where that matters.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from powertrip.cli.rules.report import VERDICTS, LineVerdict, VerdictName, judge_line
from powertrip.config.values import did_you_mean, quoted
from powertrip.config.yamlfile import YamlDocument, parse_yaml
from powertrip.errors import ConfigError, Mistake
from powertrip.ingest.source import SourceSection
from powertrip.rules import RuleSet

_KEYS = ("line", "json", "source", "expect", "fields")
_SHORTEST = "write for example `- {line: 'Accepted password for alice …', expect: match ssh_login}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line, and what is expected of it."""

    where: str
    """File and line of the case."""
    line: str
    source: str
    verdict: VerdictName
    rule: str | None
    """None where any will do."""
    fields: Mapping[str, str | None]
    """Those that count; None for one that may not be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A case, and how it differs from what became of it."""

    case: Case
    differences: list[str] = field(default_factory=list)
    """What was expected, behind a minus, and what was found, behind a plus."""


def read_cases(
    text: str,
    name: str,
    rules: RuleSet,
    sources: Mapping[str, SourceSection | None],
    *,
    default_source: str,
) -> list[Case]:
    """The cases of a file of this name; raises ConfigError with every mistake in them."""
    document = parse_yaml(text, name)
    if not isinstance(document.data, list) or not document.data:
        raise ConfigError([Mistake(document.where(()), "", f"must be a list of cases; {_SHORTEST}")])
    mistakes: list[Mistake] = []
    cases: list[Case] = []
    for number, data in enumerate(document.data):
        problems = list(_problems(data, rules, sources))
        mistakes += [
            Mistake(
                document.where((number, *key.split())), f"{number}.{key}" if key else str(number), problem
            )
            for key, problem in problems
        ]
        if not problems:
            cases.append(_case(data, document, number, default_source))
    if mistakes:
        raise ConfigError(mistakes)
    return cases


def _problems(
    data: Any, rules: RuleSet, sources: Mapping[str, SourceSection | None]
) -> Iterator[tuple[str, str]]:
    """The key of each mistake in a case, and what it is."""
    if not isinstance(data, dict):
        yield "", f"must hold `line` or `json`, and `expect`; {_SHORTEST}"
        return
    for key in data:
        if key not in _KEYS:
            yield str(key), did_you_mean(str(key), [*_KEYS], "key")
    if ("line" in data) == ("json" in data):
        yield "", "has to have one of `line`, a line of a log, and `json`, a record"
    if "line" in data and not isinstance(data["line"], str):
        yield "line", "must be text; put it in single quotes"
    if "source" in data and data["source"] not in sources:
        yield "source", did_you_mean(str(data["source"]), [*sources], "source")
    verdict, _, rule = str(data.get("expect", "")).partition(" ")
    if verdict not in VERDICTS:
        yield "expect", f"write match, ignored, quarantined or unmatched, not {quoted(verdict)}"
    elif rule and verdict == "unmatched":
        yield "expect", "is unmatched by any rule; leave the rule out"
    elif rule and rule not in (known := [rule.name for rule in rules.rules]):
        yield "expect", did_you_mean(rule, known, "rule")
    fields = data.get("fields", {})
    if not isinstance(fields, dict):
        yield "fields", "must be names with values, such as {user_name: alice}"
    elif fields and VERDICTS.get(verdict) not in ("match", "ignored"):
        yield "fields", f"are none where a line is {verdict}; leave them out"


def _case(data: dict[str, Any], document: YamlDocument, number: int, default_source: str) -> Case:
    verdict, _, rule = str(data["expect"]).partition(" ")
    fields = {
        # Numbers need no quotes; fields are text.
        str(name): None if value is None else str(value)
        for name, value in data.get("fields", {}).items()
    }
    return Case(
        where=document.where((number,)),
        line=data["line"] if "line" in data else json.dumps(data["json"], default=str),
        source=data.get("source", default_source),
        verdict=VERDICTS[verdict],
        rule=rule or None,
        fields=fields,
    )


def try_case(case: Case, rules: RuleSet, sources: Mapping[str, SourceSection | None]) -> Outcome:
    """What becomes of the line, as far as it is not what is expected."""
    section = sources.get(case.source)
    found = list(judge_line(rules, case.line, 1, source=case.source, section=section))
    if len(found) != 1:
        return Outcome(case=case, differences=[f"- one record, + {len(found)}: give each a case of its own"])
    return Outcome(case=case, differences=list(_differences(case, found[0])))


def _differences(case: Case, found: LineVerdict) -> Iterator[str]:
    expected, became = case.verdict, found.verdict
    if case.verdict != found.verdict or (case.rule and case.rule != found.rule):
        yield f"- {' '.join(filter(None, (expected, case.rule)))}"
        reason = f" ({found.reason})" if found.reason else ""
        yield f"+ {' '.join(filter(None, (became, found.rule)))}{reason}"
    for name, value in case.fields.items():
        actual = found.fields.get(name)
        if actual != value and found.verdict == case.verdict:
            yield f"- {name}: {'nothing' if value is None else value}"
            yield f"+ {name}: {'nothing' if actual is None else actual}"
