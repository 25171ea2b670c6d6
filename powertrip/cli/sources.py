"""`bot.py sources`: what came of each source's records, and what no rule knew."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, console, open_stored, printable, read_config
from powertrip.errors import PowertripError

if TYPE_CHECKING:
    from powertrip.domain.sources import SourceReport

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
    for report in reports:
        _print(report, everything=name is not None)


def _as_json(report: "SourceReport") -> Mapping[str, object]:
    from powertrip.domain.sources import refused

    return asdict(report) | {"refused": {"day": refused(report.day), "week": refused(report.week)}}


def _print(report: "SourceReport", *, everything: bool) -> None:
    from powertrip.cards.sources import counted
    from powertrip.domain.sources import NO_SOURCE

    is_source = report.name != NO_SOURCE
    heard = f"last record {report.heard_at:%Y-%m-%d %H:%M:%S} UTC" if report.heard_at else "no record yet"
    about = heard if is_source else "names that no source has"
    # Lines and no table: so many columns are cut off on most terminals.
    console.print(f"[bold]{printable(report.name)}[/bold]  {about}", soft_wrap=True)
    for span, counts in (("24 h", report.day), ("7 d", report.week)):
        console.print(f"    {span:<4}  {printable(counted(counts, is_source=is_source))}", soft_wrap=True)
    if not report.is_configured and report.name != NO_SOURCE:
        console.print(f"{printable(report.name)}: not in the configuration")
    if report.doubt:
        console.print(f"{printable(report.name)}: {printable(report.doubt)}", soft_wrap=True)
    if report.failing_since is not None:
        since = f"{report.failing_since:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"{printable(report.name)}: fails since {since}: {printable(report.error or '-')}")
    for group in report.unmatched if everything else report.unmatched[:1]:
        who = f"{group.program or 'no program'} on {group.host_name or 'an unnamed host'}"
        what = "all other programs and hosts" if group.is_rest else who
        at = f"{group.newest_at:%Y-%m-%d %H:%M:%S} UTC"
        console.print(
            f"{printable(report.name)}: newest unmatched at {at}, {printable(what)} "
            f"({group.count:,} in 7 d): {printable(group.reason)}\n    {printable(group.message)}",
            soft_wrap=True,
        )
