"""Events as CSV or JSON lines, to a file or to standard output."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rich.progress import Progress

from powertrip.cli.events import Format, reading
from powertrip.cli.outputs import replacing
from powertrip.cli.shared import complaints
from powertrip.domain.event import Event, EventQuery
from powertrip.html import visible

COLUMNS = (
    "id",
    "status",
    "occurred_at",
    "received_at",
    "rule",
    "title",
    "severity",
    "severity_reason",
    "risk",
    "risk_score",
    "as_number",
    "country",
    "source",
    "user_name",
    "host_name",
    "source_ip",
    "occurrences",
    "subject_kind",
    "subject_slack_id",
    "decided_by",
    "decided_at",
    "reason",
    "actor_kind",
    "agent_name",
    "proof",
    "unsure",
)
FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What a formula begins with, the wide forms included that East Asian spreadsheets take for the same:
https://owasp.org/www-community/attacks/CSV_Injection."""
# Also where a cell would begin for a spreadsheet that splits at something else than commas.
_AT_FORMULA = re.compile(rf"(?:^|(?<=[;|\t\r\n]))(?=[{re.escape(FORMULA)}])")


def export(query: EventQuery, kind: Format, path: Path | None) -> int:
    """Write every event that fits as `kind`; returns how many. A file is replaced whole.

    Raises StoreError where the file cannot be written.
    """
    if path is None:
        return _write(reading.find_all(query), kind, sys.stdout, lambda: None)
    with replacing(path) as file, Progress(console=complaints) as bar:
        task = bar.add_task("events", total=reading.count(query))
        return _write(reading.find_all(query), kind, file, lambda: bar.advance(task))


def _write(events: Iterator[Event], kind: Format, file: TextIO, on_each: Callable[[], None]) -> int:
    writer = csv.writer(file) if kind is Format.CSV else None
    # A file keeps what was logged; a terminal would act on it.
    shown = visible if file.isatty() else str
    if writer:
        writer.writerow(COLUMNS)
    count = 0
    for event in events:
        count += 1
        row = _row(event)
        if writer:
            cells = ["" if row[name] is None else shown(str(row[name])) for name in COLUMNS]
            # A spreadsheet runs a cell that begins like a formula, as a hostile user name may.
            writer.writerow([_AT_FORMULA.sub("'", cell) for cell in cells])
        else:
            row |= {
                "fields": dict(event.fields),
                "decisions": [asdict(decision) for decision in event.decisions],
                "doubts": [asdict(doubt) for doubt in event.doubts],
                "facts": asdict(event.facts) if event.facts else None,
                "past": asdict(event.past) if event.past else None,
            }
            file.write(json.dumps(row, default=_plain) + "\n")
        on_each()
    return count


def _row(event: Event) -> dict[str, Any]:
    """The columns: those that are fields of the event by the same name, and those looked up within it."""
    last = event.decisions[-1] if event.decisions else None
    network = event.facts.network if event.facts else None
    place = event.facts.place if event.facts else None
    row: dict[str, Any] = {name: getattr(event, name) for name in COLUMNS if hasattr(event, name)}
    row |= {
        "risk": event.risk.level,
        "risk_score": event.risk.score,
        "as_number": network.as_number if network else None,
        "country": place.country_code if place else None,
        "subject_kind": event.subject.kind,
        "subject_slack_id": event.subject.slack_id,
        "decided_by": last.actor_id if last else None,
        "decided_at": last.at if last else None,
        "reason": last.reason if last else None,
        "actor_kind": last.actor_kind if last else None,
        "agent_name": last.agent_name if last else None,
        "proof": last.proof if last else None,
        # Member ids, so that a name cannot look like two.
        "unsure": " ".join(doubt.actor_id for doubt in event.doubts) or None,
    }
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
