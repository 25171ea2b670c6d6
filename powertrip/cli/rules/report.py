"""What `bot.py rules test FILE` prints: how each line is judged, by which rule, with which fields."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from rich.table import Column, Table
from rich.text import Text

from powertrip.cli.rules.lines import record_of_line
from powertrip.cli.shared import visible
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
        if not line.strip():
            continue
        record = record_of_line(line, number, source)
        verdict = partial(LineVerdict, line=number, message=record.message)
        match rules.judge(record):
            case Match(rule=rule, fields=fields):
                yield verdict(verdict="match", rule=rule.name, fields=fields)
            case Ignored(rule=rule, fields=fields):
                yield verdict(verdict="ignored", rule=rule.name, fields=fields)
            case Quarantined(rule=nearest, reason=reason):
                name = nearest.name if nearest else None
                yield verdict(verdict="quarantine", rule=name, fields={}, reason=reason)
            case Unmatched():
                yield verdict(verdict="unmatched", fields={})


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
    """A table of all verdicts, with how many there are of each below it."""
    table = Table("line", "verdict", "rule", Column("fields, or the message", overflow="fold"))
    counts: Counter[str] = Counter()
    for verdict in verdicts:
        counts[verdict.verdict] += 1
        shown = ", ".join(f"{name}={value}" for name, value in verdict.fields.items()) or verdict.message
        if verdict.reason:
            shown = f"{verdict.reason}: {verdict.message}"
        table.add_row(
            str(verdict.line),
            Text(verdict.verdict, style=_STYLES[verdict.verdict]),
            verdict.rule or "",
            Text(visible(shown)),
        )
    table.caption = ", ".join(f"{counts[name]} {name}" for name in _STYLES)
    return table
