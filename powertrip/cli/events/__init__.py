"""`bot.py events`: lists, shows and exports events straight from the database."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powertrip.cli.shared import (
    DEFAULT_CONFIG,
    ConfigPath,
    Group,
    complaints,
    console,
    open_stored,
    read_config,
)

if TYPE_CHECKING:
    from datetime import datetime

app = typer.Typer(cls=Group, no_args_is_help=True)


class Format(StrEnum):
    """How events are exported."""

    CSV = "csv"
    JSONL = "jsonl"


@app.command("list")
def list_events(
    config: ConfigPath = DEFAULT_CONFIG,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has decided.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """List events, newest first."""
    from powertrip.cli.events import reading
    from powertrip.domain.event import EventQuery

    with open_stored(read_config(config)):
        listed = reading.find_all(EventQuery(open_only=open_only, limit=limit))
        console.print(reading.as_table(listed, "Events"))


@app.command()
def show(event_id: str, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Show one event with its records, decisions and history."""
    from powertrip.cli.events import reading

    with open_stored(read_config(config)):
        reading.show(console, reading.find_or_explain(event_id))


@app.command(hidden=True, deprecated=True)
def quarantine(config: ConfigPath = DEFAULT_CONFIG, limit: Annotated[int, typer.Option(min=1)] = 50) -> None:
    """Show the quarantine; `bot.py quarantine list` does more."""
    from powertrip.cli.again import Kind, reading
    from powertrip.domain.missed import MissedQuery

    settings = read_config(config)
    with open_stored(settings):
        found = reading.find(Kind.QUARANTINE, MissedQuery(limit=limit, with_rejudged=True), settings)
    reading.print_list(found, Kind.QUARANTINE)


@app.command()
def export(
    config: ConfigPath = DEFAULT_CONFIG,
    kind: Annotated[Format, typer.Option("--format", help="csv or jsonl.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option(help="A file; without it, standard output.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From this UTC day on, or of this span: 2026-01-31, 7d, 24h.")
    ] = None,
) -> None:
    """Export events as CSV or JSON lines."""
    import sys

    from powertrip.cli.events import exporting
    from powertrip.domain.event import EventQuery

    query = EventQuery(limit=sys.maxsize, since=moment_of(since) if since else None)
    with open_stored(read_config(config)):
        count = exporting.export(query, kind, output)
    complaints.print(f"{count} events exported")


def moment_of(since: str) -> "datetime":
    """The moment that `--since` names."""
    from powertrip.net import utc_now
    from powertrip.slack.arguments import moment

    found = moment(since, utc_now())
    if found is None:
        problem = "write a day such as 2026-01-31, or a span such as 7d or 24h"
        raise typer.BadParameter(problem, param_hint="--since")
    return found
