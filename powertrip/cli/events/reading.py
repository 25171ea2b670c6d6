"""Reads events straight from the database, and shows them on a terminal; Powertrip need not run."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

from rich.console import Console
from rich.table import Table

from powertrip.cli.shared import printable
from powertrip.domain.event import Event, EventQuery
from powertrip.errors import UnknownEvent
from powertrip.pipeline.decide import parse_reference
from powertrip.store import audit, events, rows
from powertrip.store.hids import alerts
from powertrip.store.hids.tables import SightingState

PAGE = 500


def find_all(query: EventQuery) -> Iterator[Event]:
    """Every event that fits, newest first, read a page at a time."""
    left, offset = query.limit, query.offset
    last_page: set[str] = set()
    while left > 0:
        page, _ = events.find(replace(query, limit=min(PAGE, left), offset=offset))
        # Events that come in meanwhile push those of the last page onto this one.
        yield from (event for event in page if event.id not in last_page)
        if len(page) < PAGE:
            return
        last_page = {event.id for event in page}
        left, offset = left - len(page), offset + len(page)


def count(query: EventQuery) -> int:
    # The total comes with every page, however short.
    return min(events.find(replace(query, limit=1, offset=0))[1], query.limit)


def as_table(listed: Iterator[Event], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("id", "status", "when (UTC)", "what", "who", "where", "from", "times"):
        table.add_column(heading, no_wrap=heading == "id")
    for event in listed:
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


def show(console: Console, event: Event) -> None:
    """Print everything about one event: its fields, occurrences, what origins say, and history."""
    for name, value in asdict(event).items():
        if name not in ("decisions", "doubts", "fold_key", "origins") and value not in (None, "", {}):
            console.print(f"[bold]{name}[/bold]  {printable(str(value))}")
    for occurrence in events.occurrences(event.id):
        console.print(f"occurrence {occurrence.revision}: {printable(occurrence.message)}")
    for standing in event.origins:
        at = f" {standing.at:%Y-%m-%d %H:%M:%S}Z" if standing.at else ""
        why = f" ({standing.why})" if standing.why else ""
        console.print(f"origin {printable(standing.origin)}: {standing.state}{at}{printable(why)}")
    for row in alerts.of_event(event.id):
        side = "log pipeline, late" if row.state == SightingState.LATE else row.origin
        console.print(f"seen by {printable(side)} as {printable(row.record_id)}: {printable(row.message)}")
    for line in audit.lines(event.id):
        detail = printable(json.dumps(line.detail, sort_keys=True))
        console.print(f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.action}  {line.actor_id or ''}  {detail}")


def find_or_explain(event_id: str) -> Event:
    """The event of an id as a list or a card shows it, or UnknownEvent with what to do."""
    try:
        return rows.read_event(parse_reference(event_id).event_id)
    except UnknownEvent as error:
        raise UnknownEvent(f"{error} List them: python bot.py events list") from error
