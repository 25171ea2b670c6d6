"""What `bot.py rules test FILE` prints: which line is judged how, by which rule, with which fields."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rich.table import Column, Table
from rich.text import Text

from powertrip.cli.rules.lines import record_of_line
from powertrip.rules import ANY_SOURCE, Ignored, Match, Quarantined, RuleSet, Unmatched

VerdictName = Literal["match", "ignored", "quarantine", "unmatched"]

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
    """Why the record is in quarantine."""


def judge_lines(rules: RuleSet, lines: Iterable[str], *, source: str = ANY_SOURCE) -> Iterator[LineVerdict]:
    """Judge every line that is not blank, as if `source` had delivered it; lazily, in order.

    Lines may be syslog, JSON objects or bare messages, see `lines`. Where `source` is not given, rules judge
    whatever sources they name.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            record = record_of_line(line, number, source)
            yield _line_verdict(number, record.message, rules.judge(record))


def _line_verdict(
    number: int, message: str, verdict: Match | Ignored | Quarantined | Unmatched
) -> LineVerdict:
    match verdict:
        case Match(rule=rule, fields=fields):
            return LineVerdict(line=number, verdict="match", message=message, rule=rule.name, fields=fields)
        case Ignored(rule=rule, fields=fields):
            return LineVerdict(line=number, verdict="ignored", message=message, rule=rule.name, fields=fields)
        case Quarantined(rule=rule, reason=reason):
            name = rule.name if rule else None
            return LineVerdict(
                line=number, verdict="quarantine", message=message, rule=name, fields={}, reason=reason
            )
        case Unmatched():
            return LineVerdict(line=number, verdict="unmatched", message=message, fields={})


def as_json_line(verdict: LineVerdict) -> str:
    """One JSON object of ASCII characters: `line`, `verdict`, `rule`, `fields`, `reason`; no line break."""
    return json.dumps(
        {
            "line": verdict.line,
            "verdict": verdict.verdict,
            "rule": verdict.rule,
            "fields": dict(verdict.fields),
            "reason": verdict.reason,
        }
    )


def as_table(verdicts: Iterable[LineVerdict]) -> Table:
    """A table of all verdicts with their sum; what is not printable in them is shown as an escape."""
    table = Table("line", "verdict", "rule", Column("fields, or the message", overflow="fold"))
    counts: Counter[str] = Counter()
    for verdict in verdicts:
        counts[verdict.verdict] += 1
        table.add_row(
            str(verdict.line),
            Text(verdict.verdict, style=_STYLES[verdict.verdict]),
            verdict.rule or "",
            Text(_printable(_details(verdict))),
        )
    table.caption = ", ".join(f"{counts[name]} {name}" for name in _STYLES)
    return table


def _details(verdict: LineVerdict) -> str:
    if verdict.reason:
        return f"{verdict.reason}: {verdict.message}"
    fields = ", ".join(f"{name}={value}" for name, value in verdict.fields.items())
    return fields or verdict.message


def _printable(text: str) -> str:
    # A log line must not be able to steer the terminal that shows it.
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
