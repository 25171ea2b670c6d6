"""Writes the table of all rule packs, docs/packs.md, from the packs themselves."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from powertrip.rules.judgements import Rule
from powertrip.rules.load import PACK_DIR, load_rules

_OPENING = """\
# Rule packs

A pack is a set of rules that comes with Powertrip: `- use: NAME` under `rules:` brings it. This page is
written from the packs by `make docs`.

- Packs over JSON judge the records of every source unless you name theirs, as in
  `- {use: cloudtrail, source: aws}`. Do name it: that is faster, and nobody who can write a line into another
  log can make up events.
- An event joins an open one that is equal in all the fields of "One event for", in rule and in source.
- To quieten a rule, write an `ignore` rule of your own before it, see [rules.md](rules.md).
- "ignored" rules say what is knowingly not asked about; it is counted in the statistics.
"""


def reference() -> str:
    """The whole page as Markdown."""
    return "\n".join([_OPENING, *(_section(path) for path in sorted(PACK_DIR.glob("*.yaml")))])


def _section(path: Path) -> str:
    rules = load_rules([{"use": path.stem}], lambda _: path.name).rules
    head = "| Rule | What happened | Severity | One event for |\n| --- | --- | --- | --- |"
    return "\n".join([f"## {path.stem}", "", *_words(path), "", head, *map(_row, rules), ""])


def _words(path: Path) -> Iterator[str]:
    """The comment that opens the pack."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in takewhile(lambda line: line.startswith("#"), lines):
        yield line.removeprefix("#").removeprefix(" ")


def _row(rule: Rule) -> str:
    severity = "ignored" if rule.ignore else rule.severity.value
    fold_by = "" if rule.ignore else ", ".join(f"`{name}`" for name in rule.fold_by)
    return f"| `{rule.name}` | {rule.title} | {severity} | {fold_by} |"
