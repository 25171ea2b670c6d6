"""`bot.py quarantine` and `bot.py unmatched`: what nobody was asked about, and asking about it after all."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from powertrip.cli.shared import (
    DEFAULT_CONFIG,
    ConfigPath,
    Group,
    console,
    open_stored,
    printable,
    read_config,
)
from powertrip.errors import PowertripError

LISTED = 50


class Kind(StrEnum):
    """Where the records are."""

    QUARANTINE = "quarantine"
    UNMATCHED = "unmatched"


Ids = Annotated[list[int] | None, typer.Argument(help="Ids as `list` shows them; without any, all that fit.")]
Source = Annotated[str | None, typer.Option(help="Only of this source or poll.")]
Program = Annotated[str | None, typer.Option(help="Only of this program.")]
Host = Annotated[str | None, typer.Option(help="Only of this host.")]
Since = Annotated[str | None, typer.Option(help="Only what came within this time, such as 24h or 7d.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def group(kind: Kind) -> typer.Typer:
    """The commands over one kind of records."""
    app = typer.Typer(cls=Group, no_args_is_help=True)

    @app.command("list")
    def list_them(
        config: ConfigPath = DEFAULT_CONFIG,
        source: Source = None,
        program: Program = None,
        host: Host = None,
        since: Since = None,
        limit: Limit = LISTED,
        as_json: AsJson = False,
    ) -> None:
        """List them, newest first, with what the rules of the configuration make of them now."""
        from powertrip.cli.again import reading
        from powertrip.domain.missed import MissedQuery

        settings = read_config(config)
        query = MissedQuery(
            source=source,
            program=program,
            host_name=host,
            since=_within(since),
            limit=limit,
            with_rejudged=True,
        )
        with open_stored(settings):
            found = reading.find(kind, query, settings)
        if as_json:
            for item in found:
                typer.echo(reading.as_json_line(item))
        else:
            reading.print_list(found, kind)

    @app.command()
    def show(
        item_id: Annotated[int, typer.Argument(metavar="ID")], config: ConfigPath = DEFAULT_CONFIG
    ) -> None:
        """Show one whole, as it came."""
        from powertrip.cli.again import reading
        from powertrip.domain.missed import MissedQuery

        settings = read_config(config)
        with open_stored(settings):
            found = reading.find(kind, MissedQuery(ids=(item_id,), with_rejudged=True), settings)
        if not found:
            raise PowertripError(
                f"nothing in {kind} has the id {item_id}; list them: python bot.py {kind} list"
            )
        reading.show(found[0])

    @app.command()
    def rejudge(
        ids: Ids = None,
        config: ConfigPath = DEFAULT_CONFIG,
        source: Source = None,
        program: Program = None,
        host: Host = None,
        since: Since = None,
        dry_run: Annotated[bool, typer.Option(help="Only say what would become of them.")] = False,
    ) -> None:
        """Put back what rules take by now, each once: a running worker asks about it, marked as late."""
        from powertrip.cli.again import rejudging
        from powertrip.domain.missed import MissedQuery

        settings = read_config(config)
        query = MissedQuery(
            ids=tuple(ids or ()), source=source, program=program, host_name=host, since=_within(since)
        )
        with open_stored(settings):
            summary = rejudging.rejudge(kind, query, settings, dry_run=dry_run)
        for line in summary.lines():
            console.print(printable(line), soft_wrap=True)
        if not dry_run:
            console.print(rejudging.put_back_in_words(summary.put_back), soft_wrap=True)
        if missing := sorted({*query.ids} - summary.ids):
            named = ", ".join(map(str, missing))
            raise PowertripError(
                f"not there, or put back already: {named}; list them: python bot.py {kind} list"
            )

    return app


def _within(since: str | None) -> datetime | None:
    from powertrip.config.values import parse_duration

    try:
        return None if since is None else datetime.now(UTC) - parse_duration(since)
    except ValueError as error:
        raise PowertripError(f"--since: {error}") from None


quarantine, unmatched = group(Kind.QUARANTINE), group(Kind.UNMATCHED)
