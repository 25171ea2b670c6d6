"""Powertrip's command line. Read downward: what starts what, and what is handed to it."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console

from powertrip.backup import AppriseChannels
from powertrip.cli import check as checking
from powertrip.cli import demo as demonstration
from powertrip.cli import events as events_cli
from powertrip.cli.rules import rules_for_testing
from powertrip.cli.running import run_until_stopped
from powertrip.errors import ConfigError, PowertripError
from powertrip.log import configure_logging, redact
from powertrip.ports import EventQuery
from powertrip.rules import ANY_SOURCE, report
from powertrip.sandbox import Sandbox
from powertrip.settings import Config, load_config
from powertrip.store.database import migrate as migrate_database
from powertrip.store.database import open_database

log = structlog.get_logger("powertrip")
console = Console()
complaints = Console(stderr=True)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and with them secrets
    help="Asks in Slack: was this you?",
)
rules_app = typer.Typer(no_args_is_help=True, help="Try rules on log lines.")
events_app = typer.Typer(no_args_is_help=True, help="Look at events and export them.")
app.add_typer(rules_app, name="rules")
app.add_typer(events_app, name="events")

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="POWERTRIP_CONFIG", help="The configuration file.")
]
DEFAULT_CONFIG = Path("config.yaml")
TEST_OF_BACKUP = "This is how Powertrip tells you of events while Slack is down."


@app.command()
def run(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run all of Powertrip: the ingest endpoint and the worker, in one process."""
    _serve(config, serves_web=True, works=True)


@app.command()
def web(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run the ingest endpoint alone; a worker on the same database does the rest."""
    _serve(config, serves_web=True, works=False)


@app.command()
def worker(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run the worker alone: judging, Slack and reminders."""
    _serve(config, serves_web=False, works=True)


def _serve(path: Path, *, serves_web: bool, works: bool) -> None:
    config = _read(path)
    configure_logging(config.log.level, config.log.format)
    for warning in config.warnings:
        log.warning(warning)
    _run_async(run_until_stopped(config, lambda: _load(path), serves_web=serves_web, works=works))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port of the sandbox's page; 0 takes any.")] = 8090,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    pace: Annotated[
        float, typer.Option(min=0.01, max=10, help="How long the pauses are, as a multiple.")
    ] = 1.0,
) -> None:
    """Show Powertrip at work on this machine: a Slack of its own, made-up logins, and a story told here."""
    configure_logging("warning", "human")
    _run_async(demonstration.run_demo(Sandbox(port=port), console, open_browser=browser, pace=pace))


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8090,
    strict_rates: Annotated[bool, typer.Option(help="Answer 429 at Slack's published rates.")] = False,
) -> None:
    """Run only the Slack that lives on this machine, to connect any Powertrip, or any Slack app, to."""
    configure_logging("info", "human")
    _run_async(demonstration.run_sandbox(Sandbox(host=host, port=port, strict_rates=strict_rates), console))


@app.command()
def check(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Check config, database, Slack tokens and scopes, and the channel; say how to mend what is wrong."""
    read = _read(config)
    findings = asyncio.run(checking.check_all(read))
    for finding in findings:
        mark = "[green]ok  [/green]" if finding.ok else "[red]FAIL[/red]"
        console.print(
            f"{mark} {finding.name:17} {events_cli.printable(redact(finding.detail))}", soft_wrap=True
        )
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command("test-backup")
def try_backup(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Send a test message by every backup channel."""
    channels = AppriseChannels(_read(config).backup.channels)
    if not channels.names:
        _complain("backup.channels: none is configured")
        raise typer.Exit(1)
    for name in channels.names:
        _run_async(channels.send(name, "Powertrip: test", TEST_OF_BACKUP))
        console.print(f"{name}: sent")


@app.command()
def migrate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Bring the database's tables up to date."""
    opened = open_database(_read(config).database.url.get_secret_value())
    applied = _or_exit(lambda: migrate_database(opened))
    console.print(f"applied: {', '.join(applied)}" if applied else "the database is up to date")


@rules_app.command("test")
def rules_test(
    file: Annotated[
        typer.FileText,
        typer.Argument(
            help="Log lines, or - for standard input.", encoding="utf-8", errors="backslashreplace"
        ),
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    source: Annotated[
        str, typer.Option(help="Judge as if this source had sent the lines; * is any.")
    ] = ANY_SOURCE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show which line matches which rule, with the fields it names; without a config, the ssh rules."""
    rules = _or_exit(lambda: rules_for_testing(config, os.environ))
    verdicts = report.judge_lines(rules, file, source=source)
    if as_json:
        for verdict in verdicts:
            typer.echo(report.as_json_line(verdict))
    else:
        console.print(report.as_table(verdicts))


@events_app.command("list")
def events_list(
    config: ConfigPath = DEFAULT_CONFIG,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has decided.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """List events, newest first."""
    query = EventQuery(open_only=open_only, limit=limit)
    _with_reader(config, lambda reader: console.print(events_cli.as_table(reader.each(query), "Events")))


@events_app.command("show")
def events_show(event_id: str, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Show one event with its records, decisions and history."""
    _with_reader(config, lambda _: events_cli.show(console, events_cli.find_or_explain(event_id).id))


@events_app.command("quarantine")
def events_quarantine(
    config: ConfigPath = DEFAULT_CONFIG, limit: Annotated[int, typer.Option(min=1)] = 50
) -> None:
    """Show the records that a rule should have judged and could not."""
    _with_reader(config, lambda _: events_cli.show_quarantine(console, limit))


@events_app.command("export")
def events_export(
    config: ConfigPath = DEFAULT_CONFIG,
    kind: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    output: Annotated[Path | None, typer.Option(help="A file; without it, standard output.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this UTC day on.")
    ] = None,
) -> None:
    """Export events as CSV or JSON lines."""
    if kind not in ("csv", "jsonl"):
        raise typer.BadParameter(f"{kind!r} is not known; write csv or jsonl", param_hint="--format")
    query = EventQuery(limit=sys.maxsize, since=since.replace(tzinfo=UTC) if since else None)
    _with_reader(config, lambda reader: _say_exported(events_cli.export(reader, query, kind, output)))


def _say_exported(count: int) -> None:
    complaints.print(f"{count} events exported")


def _with_reader(path: Path, step: Callable[[events_cli.Reader], object]) -> None:
    config = _read(path)

    def read() -> None:
        with events_cli.reading(config) as reader:
            step(reader)

    _or_exit(read)


def _read(path: Path) -> Config:
    config: Config = _or_exit(lambda: _load(path))
    return config


def _load(path: Path) -> Config:
    return load_config(path, os.environ)


def _run_async(story: Coroutine[Any, Any, None]) -> None:
    _or_exit(lambda: asyncio.run(story))


def _or_exit(step: Callable[[], Any]) -> Any:
    """Run a step; what an operator can mend is told in full, without a traceback, and ends with status 1."""
    try:
        return step()
    except ConfigError as error:
        for mistake in error.mistakes:
            _complain(mistake)
    except PowertripError as error:
        _complain(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(1)


def _complain(problem: object) -> None:
    complaints.print(redact(str(problem)), markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app()
