"""`bot.py events`: lists, shows and exports events straight from the database."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from powertrip.errors import StoreError, StoreUnavailable, UnknownEvent
from powertrip.event import Event
from powertrip.ports import EventQuery
from powertrip.settings import Config
from powertrip.store import audit, events, pairing, sightings
from powertrip.store.database import UNAVAILABLE, open_database, pending_migrations
from powertrip.store.models import QuarantineRow, database
from powertrip.workflow import parse_reference

PAGE = 500
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
)


class Reader:
    """Reads the events of the open database."""

    def each(self, query: EventQuery) -> Iterator[Event]:
        """Every event that fits, newest first, a page at a time."""
        left, offset = query.limit, query.offset
        before: set[str] = set()
        while left > 0:
            page, _ = events.find(_at(query, min(PAGE, left), offset))
            # Events that come in meanwhile push those already seen onto the next page.
            yield from (event for event in page if event.id not in before)
            if len(page) < PAGE:
                return
            before = {event.id for event in page}
            left, offset = left - len(page), offset + len(page)

    def count(self, query: EventQuery) -> int:
        """How many fit."""
        return min(events.find(_at(query, 1, 0))[1], query.limit)


@contextmanager
def reading(config: Config) -> Iterator[Reader]:
    """Read access to the database; raises StoreError where it cannot be read, or was never set up."""
    opened = open_database(config.database.url.get_secret_value())
    database.initialize(opened)
    try:
        with opened.connection_context():
            if pending_migrations(opened):
                raise StoreError("the database is not set up; run: python bot.py migrate")
            yield Reader()
    except UNAVAILABLE as error:
        raise StoreUnavailable(f"database.url: the database cannot be read: {error}") from error


def _at(query: EventQuery, limit: int, offset: int) -> EventQuery:
    return replace(query, limit=limit, offset=offset)


def as_table(found: Iterator[Event], title: str) -> Table:
    """A table for a terminal."""
    table = Table(title=title, title_justify="left")
    for heading in ("id", "status", "when (UTC)", "what", "who", "where", "from", "times"):
        table.add_column(heading, no_wrap=heading == "id")
    for event in found:
        cells = (
            event.ref,
            event.status,
            f"{event.occurred_at:%Y-%m-%d %H:%M:%S}",
            event.title,
            event.user_name,
            event.host_name,
            event.source_ip,
            str(event.occurrences),
        )
        table.add_row(*(printable(cell or "-") for cell in cells))
    return table


def printable(text: str) -> str:
    """Text from outside for a terminal: control characters visible, markup off."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown.replace("[", r"\[")


def show(console: Console, event_id: str) -> None:
    """Everything about one event: its fields, occurrences, decisions and history."""
    event = events.get(event_id)
    for name, value in asdict(event).items():
        if name not in ("decisions", "fold_key", "origins") and value not in (None, "", {}):
            console.print(f"[bold]{name}[/bold]  {printable(str(value))}")
    for occurrence in events.occurrences(event_id):
        console.print(f"occurrence {occurrence.revision}: {printable(occurrence.message)}")
    _show_origins(console, event)
    for line in audit.lines(event_id):
        detail = printable(json.dumps(line.detail, sort_keys=True))
        console.print(f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.action}  {line.actor_id or ''}  {detail}")


def _show_origins(console: Console, event: Event) -> None:
    for standing in event.origins:
        at = f" {standing.at:%Y-%m-%d %H:%M:%S}Z" if standing.at else ""
        why = f" ({standing.why})" if standing.why else ""
        console.print(f"origin {printable(standing.origin)}: {standing.state}{at}{printable(why)}")
    for row in sightings.of_event(event.id):
        side = "log pipeline, late" if row.state == pairing.LATE else row.origin
        console.print(f"seen by {printable(side)} as {printable(row.record_id)}: {printable(row.message)}")


def show_quarantine(console: Console, limit: int) -> None:
    """What the quarantine holds, newest first."""
    table = Table("id", "at (UTC)", "source", "rule", "reason", "record")
    for row in QuarantineRow.select().order_by(QuarantineRow.id.desc()).limit(limit):
        cells = (
            str(row.id),
            f"{row.at:%Y-%m-%d %H:%M:%S}",
            row.source,
            row.rule or "-",
            row.reason,
            row.message,
        )
        table.add_row(*(printable(cell) for cell in cells))
    console.print(table)


def export(reader: Reader, query: EventQuery, kind: str, path: Path | None) -> int:
    """Write every event that fits as `csv` or `jsonl`; returns how many. A file is replaced whole.

    Raises StoreError where the file cannot be written.
    """
    if path is None:
        return _write(reader.each(query), kind, sys.stdout, lambda: None)
    try:
        return _write_file(reader, query, kind, path)
    except OSError as error:
        raise StoreError(f"--output: {path} cannot be written: {error.strerror}") from error


def _write_file(reader: Reader, query: EventQuery, kind: str, path: Path) -> int:
    partial = path.with_suffix(path.suffix + ".partial")
    with (
        partial.open("w", newline="", encoding="utf-8") as file,
        Progress(console=Console(stderr=True)) as bar,
    ):
        task = bar.add_task("events", total=reader.count(query))
        count = _write(reader.each(query), kind, file, lambda: bar.advance(task))
    partial.replace(path)
    return count


def _write(found: Iterator[Event], kind: str, file: TextIO, on_each: Callable[[], None]) -> int:
    writer = csv.writer(file) if kind == "csv" else None
    if writer:
        writer.writerow(COLUMNS)
    count = 0
    for event in found:
        count += 1
        row = _flat(event)
        if writer:
            writer.writerow([_cell(row[name]) for name in COLUMNS])
        else:
            file.write(json.dumps(row | _nested(event), default=_plain) + "\n")
        on_each()
    return count


def _flat(event: Event) -> dict[str, Any]:
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
    }
    return {name: _plain(value) for name, value in row.items()}


def _nested(event: Event) -> dict[str, Any]:
    """What only JSON can hold."""
    return {
        "fields": dict(event.fields),
        "decisions": _trail(event),
        "facts": asdict(event.facts) if event.facts else None,
        "past": asdict(event.past) if event.past else None,
    }


def _trail(event: Event) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in asdict(item).items()} for item in event.decisions]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(value: Any) -> str:
    """A spreadsheet takes a cell that begins like a formula for one; the quote keeps it text."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def find_or_explain(event_id: str) -> Event:
    """The event of an id as a list or a card shows it, or UnknownEvent with what to do."""
    try:
        return events.get(parse_reference(event_id).event_id)
    except UnknownEvent as error:
        raise UnknownEvent(f"{error} List them: python bot.py events list") from error
