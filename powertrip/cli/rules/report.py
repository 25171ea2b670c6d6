"""What `bot.py rules test FILE` prints: how each line is judged, by which rule, with which fields."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from rich.text import Text

from powertrip.cli.rules.lines import records_of_line
from powertrip.domain.record import Record
from powertrip.html import visible
from powertrip.ingest.contract import Unread
from powertrip.ingest.source import SourceSection
from powertrip.rules import ANY_SOURCE, Ignored, Match, Quarantined, RuleSet, Unmatched

VerdictName = Literal["match", "ignored", "quarantine", "unmatched"]

VERDICTS: Mapping[str, VerdictName] = {
    "match": "match",
    "ignored": "ignored",
    "quarantine": "quarantine",
    "quarantined": "quarantine",
    "unmatched": "unmatched",
}
"""As people write them, and as they are printed."""

_STYLES: Mapping[VerdictName, str] = {
    "match": "green",
    "ignored": "blue",
    "quarantine": "bold red",
    "unmatched": "dim",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVerdict:
    """How one line of a file was judged."""

    line: int
    """Counted from 1."""
    verdict: VerdictName
    message: str
    rule: str | None = None
    fields: Mapping[str, str]
    reason: str | None = None
    """Why the record is in quarantine, or no rule took it."""
    time: datetime | None = None
    """When it happened, by the line."""


def judge_lines(
    rules: RuleSet,
    lines: Iterable[str],
    *,
    source: str = ANY_SOURCE,
    section: SourceSection | None = None,
) -> Iterator[LineVerdict]:
    """Judge every line that is not blank, as if `source` had delivered it; lazily, in order.

    Lines may be syslog, JSON objects or bare messages, see `lines`; `section` is what the config says of the
    source. Where `source` is not given, rules judge whatever sources they name.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        yield from judge_line(rules, line, number, source=source, section=section)


def judge_line(
    rules: RuleSet, line: str, number: int, *, source: str, section: SourceSection | None
) -> Iterator[LineVerdict]:
    """A verdict for each record that the line holds."""
    for found in records_of_line(line, source, section):
        yield _judged(rules, found, number)


def _judged(rules: RuleSet, found: Record | Unread, number: int) -> LineVerdict:
    if isinstance(found, Unread):
        message = found.body.decode("utf-8", "backslashreplace")
        return LineVerdict(line=number, verdict="quarantine", message=message, fields={}, reason=found.reason)
    verdict = partial(LineVerdict, line=number, message=found.message, time=found.occurred_at)
    match rules.judge(found):
        case Match(rule=rule, fields=fields):
            return verdict(verdict="match", rule=rule.name, fields=fields)
        case Ignored(rule=rule, fields=fields):
            return verdict(verdict="ignored", rule=rule.name, fields=fields)
        case Quarantined(rule=nearest, reason=reason):
            name = nearest.name if nearest else None
            return verdict(verdict="quarantine", rule=name, fields={}, reason=reason)
        case Unmatched(reason=reason):
            return verdict(verdict="unmatched", fields={}, reason=reason)


def as_json_line(verdict: LineVerdict) -> str:
    """One JSON object of ASCII on a line: `line`, `verdict`, `rule`, `fields`, `reason`, `time`."""
    return json.dumps(
        {
            "line": verdict.line,
            "verdict": verdict.verdict,
            "rule": verdict.rule,
            "fields": dict(verdict.fields),
            "reason": verdict.reason,
            "time": verdict.time.isoformat() if verdict.time else None,
        }
    )


def as_row(verdict: LineVerdict) -> Text:
    """One row of the table for a terminal."""
    begin, name, rest = _cells(verdict)
    return Text(begin).append(name, style=_STYLES[verdict.verdict]).append(rest)


def as_plain_row(verdict: LineVerdict) -> str:
    """One row of the table as text."""
    return "".join(_cells(verdict))


def _cells(verdict: LineVerdict) -> tuple[str, str, str]:
    """Line, verdict, and the rule with its fields or, where there are none, the message."""
    shown = ", ".join(f"{name}={value}" for name, value in verdict.fields.items()) or verdict.message
    if verdict.reason:
        shown = f"{verdict.reason}: {verdict.message}"
    return f"{verdict.line:>7}  ", f"{verdict.verdict:<10}", f"  {verdict.rule or '-':<24}  {visible(shown)}"


HEAD = Text(f"{'line':>7}  {'verdict':<10}  {'rule':<24}  fields, or the message", style="bold")


class Tally:
    """How many lines were judged how, by which rule."""

    def __init__(self) -> None:
        self._verdicts: Counter[VerdictName] = Counter()
        self._by_rule: dict[str, Counter[VerdictName]] = {}

    def count(self, verdict: LineVerdict) -> None:
        """Add a verdict."""
        self._verdicts[verdict.verdict] += 1
        if verdict.rule:
            self._by_rule.setdefault(verdict.rule, Counter())[verdict.verdict] += 1

    def lines(self) -> Iterator[str]:
        """The summary: all verdicts, and then those of each rule, the most frequent rule first."""
        yield ", ".join(f"{self._verdicts[name]} {name}" for name in _STYLES)
        for rule, verdicts in sorted(self._by_rule.items(), key=lambda item: (-item[1].total(), item[0])):
            yield f"  {rule}: {', '.join(f'{verdicts[name]} {name}' for name in _STYLES if verdicts[name])}"
