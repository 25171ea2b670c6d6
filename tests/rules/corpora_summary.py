"""What all packs make of real audit logs; `python -m tests.rules.corpora_summary FOLDER` prints it."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from powertrip.domain.record import Record
from powertrip.rules import Quarantined, RuleSet
from powertrip.rules.load import PACK_DIR
from tests.rules.support import rules_of
from tests.sources.posting import read

FILES = (
    "panther/aws_cloudtrail.jsonl",
    "panther/okta_systemlog.jsonl",
    "panther/github_audit.jsonl",
    "panther/teleport.jsonl",
    "panther/tailscale.jsonl",
    "plaso/aws_cloudtrail.jsonl",
    "aws-docs/cloudtrail_console_signin.json",
    "aws-docs/cloudtrail_log_file_examples.json",
    "aws-docs/cloudtrail_user_identity.json",
    "aws-docs/eventbridge_cloudtrail_events.json",
)
_LABELLED = {"panther": "log", "cloudtrail_console_signin.json": "event"}
"""For a folder or a file whose rows carry labels: the key of the record itself."""


def all_packs() -> RuleSet:
    """Every pack at once, as a team that uses all of these services would have them."""
    return rules_of("\n".join(f"- use: {path.stem}" for path in sorted(PACK_DIR.glob("*.yaml"))))


def rows(file: Path) -> list[Any]:
    """The records of a file, labels taken off."""
    text = file.read_text()
    values = json.loads(text) if file.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    key = _LABELLED.get(file.name) or _LABELLED.get(file.parent.name)
    return [value[key] for value in values] if key else list(values)


def records(file: Path) -> list[Record]:
    """The records as the source type `json` makes them of one request."""
    body = "\n".join(json.dumps(value) for value in rows(file))
    return read("json", body, events="Records", keys={"time": "timestamp"}).records


def summary(file: Path, rules: RuleSet) -> Counter[str]:
    """How many records of a file had which verdict, and why those in quarantine are there."""
    counts: Counter[str] = Counter()
    for record in records(file):
        verdict = rules.judge(record)
        counts[type(verdict).__name__.lower()] += 1
        if isinstance(verdict, Quarantined):
            counts[f"  {verdict.reason}"] += 1
    return counts


def lines(folder: Path) -> Iterator[str]:
    """The summary of all files, to be read."""
    rules = all_packs()
    for name in FILES:
        counts = summary(folder / name, rules)
        yield f"{name}: " + ", ".join(f"{number} {what}" for what, number in counts.items())


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines(Path(sys.argv[1])))
