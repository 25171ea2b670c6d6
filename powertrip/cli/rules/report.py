"""What `bot.py rules test FILE` prints: how each line is judged, by which rule, with which fields."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from rich.table import Column, Table
from rich.text import Text

from powertrip.cli.rules.lines import records_of_line
from powertrip.cli.shared import visible
from powertrip.domain.record import Record
from powertrip.ingest.contract import Unread
from powertrip.ingest.source import SourceSection
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
        case Unmatched():
            return verdict(verdict="unmatched", fields={})


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
