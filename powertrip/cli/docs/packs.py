"""Writes the table of all rule packs, docs/packs.md, from the packs themselves."""

from itertools import takewhile
from typing import get_args

from powertrip.config.schema import tag_of
from powertrip.polls import AnyPoll
from powertrip.rules.load import PACK_DIR, load_rules
from powertrip.sources import AnySource

_OPENING = """\
# Rule packs

A pack is a set of rules that comes with Powertrip: `- use: NAME` under `rules:` brings it. This page is
written from the packs by `make docs`.

- Packs over JSON judge the records of every source unless you name theirs, as in
  `- {use: cloudtrail, source: aws}`. Do name it: that is faster, and nobody who can write a line into another
  log can make up events.
- A record joins an open event that is equal in all that its card shows but for what "May vary", see
  [rules.md](rules.md). `message` is the log line itself, whose fields have to be equal all the same; of an
  object whose "ids and times" may vary, all other keys have to be equal.
- To quieten a rule, write an `ignore` rule of your own before it, see [rules.md](rules.md).
- "ignored" rules say what is knowingly not asked about; it is counted in the statistics.
"""


def reference() -> str:
    """The whole page as Markdown."""
    lines = [_OPENING]
    for path in sorted(PACK_DIR.glob("*.yaml")):
        # The comment that opens a pack is its documentation.
        opening = takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines())
        words = [line.removeprefix("#").removeprefix(" ") for line in opening]
        head = ["| Rule | What happened | Severity | May vary |", "| --- | --- | --- | --- |"]
        lines += [f"## {path.stem}", "", *words, "", _made_for(path.stem), "", *head]
        for rule in load_rules([{"use": path.stem}], lambda _: "a rule pack").rules:
            severity = "ignored" if rule.ignore else rule.severity.value
            may_vary = "" if rule.ignore else ", ".join(f"`{name}`" for name in rule.may_vary)
            if rule.keys_may_vary:
                may_vary += f"{', ' if may_vary else ''}ids and times in the object"
            if rule.strangers_may_vary:
                names = ", ".join(f"`{name}`" for name in rule.strangers_may_vary)
                may_vary += f"; of strangers from one address also {names}"
            lines.append(f"| `{rule.name}` | {rule.title} | {severity} | {may_vary} |")
        lines.append("")
    return "\n".join(lines)


def _made_for(pack: str) -> str:
    """Where the records come from that the pack is about."""
    sections = [*get_args(get_args(AnySource)[0]), *get_args(get_args(AnyPoll)[0])]
    types = [f"`{tag_of(section)}`" for section in sections if pack in section.packs]
    if not types:
        return "For any source or poll that carries such records."
    return f"For the type {' or '.join(types)}, and any other source that carries the same records."
