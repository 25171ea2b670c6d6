"""`bot.py sources`: what came of each source's records, and what no rule knew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, console, open_stored, printable, read_config
from powertrip.errors import PowertripError

if TYPE_CHECKING:
    from rich.table import Table

    from powertrip.domain.sources import SourceReport

COLUMNS = ("accepted", "match", "ignored", "quarantine", "unmatched", "duplicate")
HEADINGS = {"match": "events", "quarantine": "quarantined", "duplicate": "duplicates"}

app = typer.Typer()


@app.command()
def sources(
    name: Annotated[
        str | None, typer.Argument(help="One source or poll, with all that no rule knew.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as one JSON document.")] = False,
) -> None:
    """Show for each source its last record, and what became of those of the last 24 hours and 7 days."""
    from powertrip.store.sources import overview
    from powertrip.wiring import doubts_by_sender

    settings, now = read_config(config), datetime.now(UTC)
    with open_stored(settings):
        senders = doubts_by_sender({"sources": settings.sources, "polls": settings.polls}, settings.warnings)
        reports = overview.reports(senders, now)
    if name is not None:
        reports = [report for report in reports if report.name == name]
        if not reports:
            raise PowertripError(f"there is no source {name!r}, and nothing came under that name")
    if as_json:
        # Plain, so that it can be piped: the console would break its lines.
        typer.echo(json.dumps([_as_json(report) for report in reports], default=str, indent=2))
        return
    console.print(_table(reports))
    for report in reports:
        _print_details(report, everything=name is not None)


def _as_json(report: "SourceReport") -> Mapping[str, object]:
    from powertrip.domain.sources import refused

    return asdict(report) | {"refused": {"day": refused(report.day), "week": refused(report.week)}}


def _table(reports: Sequence["SourceReport"]) -> "Table":
    from rich.table import Table

    from powertrip.domain.sources import refused

    table = Table(title="Sources, last 24 h / 7 d", title_justify="left")
    table.add_column("source", overflow="fold")
    for heading in ("last record (UTC)", *(HEADINGS.get(name, name) for name in COLUMNS), "refused"):
        table.add_column(heading, justify="left" if heading.startswith("last") else "right")
    for report in reports:
        heard = f"{report.heard_at:%Y-%m-%d %H:%M:%S}" if report.heard_at else "none yet"
        pairs = [(report.day.get(name, 0), report.week.get(name, 0)) for name in COLUMNS]
        pairs.append((sum(refused(report.day).values()), sum(refused(report.week).values())))
        table.add_row(
            printable(report.name), heard, *(f"{day:,} / {week:,}" if week else "-" for day, week in pairs)
        )
    return table


def _print_details(report: "SourceReport", *, everything: bool) -> None:
    from powertrip.domain.sources import NO_SOURCE, refused

    if not report.is_configured and report.name != NO_SOURCE:
        console.print(f"{printable(report.name)}: not in the configuration")
    if report.doubt:
        console.print(f"{printable(report.name)}: {printable(report.doubt)}", soft_wrap=True)
    if report.failing_since is not None:
        since = f"{report.failing_since:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"{printable(report.name)}: fails since {since}: {printable(report.error or '-')}")
    if causes := refused(report.week):
        said = ", ".join(f"{cause}: {count:,}" for cause, count in causes.items())
        console.print(f"{printable(report.name)}: requests refused in 7 d: {printable(said)}")
    for group in report.unmatched if everything else report.unmatched[:1]:
        who = f"{group.program or 'no program'} on {group.host_name or 'an unnamed host'}"
        what = "all other programs and hosts" if group.is_rest else who
        at = f"{group.newest_at:%Y-%m-%d %H:%M:%S} UTC"
        console.print(
            f"{printable(report.name)}: newest unmatched at {at}, {printable(what)} "
            f"({group.count:,} in 7 d): {printable(group.reason)}\n    {printable(group.message)}",
            soft_wrap=True,
        )
