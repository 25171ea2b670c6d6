"""`bot.py rules test`: what the rules make of lines of a log."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, Group, complaints, console

if TYPE_CHECKING:
    from powertrip.cli.rules.report import LineVerdict, VerdictName
    from powertrip.ingest.source import SourceSection
    from powertrip.rules import RuleSet

_NO_WORKSPACE = {"SLACK_BOT_TOKEN": "xoxb-not-needed", "SLACK_APP_TOKEN": "xapp-not-needed"}

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command("test")
def try_rules(
    file: Annotated[
        typer.FileText,
        typer.Argument(
            help="Log lines, or - for standard input.", encoding="utf-8", errors="backslashreplace"
        ),
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    source: Annotated[
        str | None, typer.Option(help="Judge as if this source had sent the lines; without it, any.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Show these verdicts alone, such as quarantined,unmatched.")
    ] = None,
    expect: Annotated[
        bool,
        typer.Option("--expect", help="FILE is YAML, and says what is expected of each line: docs/rules.md."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show which line matches which rule, with the fields it names; without a config, the ssh rules."""
    from powertrip.rules import ANY_SOURCE

    rules, sources = _rules_and_sources(config)
    if source is not None and source not in sources:
        raise typer.BadParameter(_unknown_source(source, sources, config), param_hint="--source")
    if expect:
        _try_expectations(file, rules, sources, source or ANY_SOURCE, as_json=as_json)
        return
    from powertrip.cli.rules import report

    wanted = _wanted(only)
    with _progress(file) as lines:
        verdicts = report.judge_lines(
            rules, lines, source=source or ANY_SOURCE, section=sources.get(source or "")
        )
        _show(verdicts, wanted, _printer(file), as_json=as_json)


def _rules_and_sources(config: Path) -> "tuple[RuleSet, dict[str, SourceSection | None]]":
    """The rules, and what records may come from; of a poll nothing has to be known but its name."""
    if _has_no_config(config):
        from powertrip.rules import load_rules

        return load_rules([{"use": "ssh"}], lambda _: "bot.py"), {}
    from powertrip.settings import load_config

    # The rest of the file has to be right too, but somebody who tries rules may have no workspace yet.
    loaded = load_config(config, _NO_WORKSPACE | dict(os.environ))
    return loaded.rules, {**dict.fromkeys(loaded.polls), **loaded.sources}


def _has_no_config(config: Path) -> bool:
    """Whether rules are tried before there is a configuration; one that is named has to be there."""
    return config == DEFAULT_CONFIG and not config.exists()


def _unknown_source(source: str, sources: Mapping[str, object], config: Path) -> str:
    from powertrip.config.values import did_you_mean

    if _has_no_config(config):
        return f"there is no {config} that names sources; leave it out, or write --config"
    return did_you_mean(source, list(sources), "source")


def _wanted(only: str | None) -> "set[VerdictName]":
    from powertrip.cli.rules.report import VERDICTS
    from powertrip.config.values import did_you_mean

    names = [name.strip() for name in (only or ",".join(VERDICTS)).split(",")]
    if unknown := [name for name in names if name not in VERDICTS]:
        raise typer.BadParameter(did_you_mean(unknown[0], list(VERDICTS), "verdict"), param_hint="--only")
    return {VERDICTS[name] for name in names}


@contextmanager
def _progress(file: typer.FileText) -> Iterator[Iterable[str]]:
    """The lines of the file, with a bar on the terminal that says how far they were read."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    shown_on = console if console.is_terminal else complaints
    size = os.fstat(file.fileno()).st_size if file.seekable() else 0
    if not (shown_on.is_terminal and size):
        yield file
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=shown_on, transient=True) as progress:
        task = progress.add_task(file.name, total=size)

        def lines() -> Iterator[str]:
            for line in file:
                yield line
                progress.advance(task, len(line.encode("utf-8", "surrogatepass")))

        yield lines()


def _printer(file: typer.FileText) -> Callable[[str], object]:
    """What prints a line: at once, or together with others where no line is yet to come."""
    if not file.seekable() or console.is_terminal:
        return typer.echo
    return lambda line: sys.stdout.write(f"{line}\n")


def _show(
    verdicts: "Iterable[LineVerdict]",
    wanted: "set[VerdictName]",
    print_line: Callable[[str], object],
    *,
    as_json: bool,
) -> None:
    """Each verdict as it comes, and a summary of all of them, those that are not wanted too."""
    from powertrip.cli.rules import report

    tally = report.Tally()
    if not as_json:
        console.print(report.HEAD, soft_wrap=True)
    for verdict in verdicts:
        tally.count(verdict)
        if verdict.verdict not in wanted:
            continue
        if as_json:
            print_line(report.as_json_line(verdict))
        elif console.is_terminal:
            console.print(report.as_row(verdict), soft_wrap=True)
        else:
            # A hundred thousand lines into a file are not laid out for a terminal.
            print_line(report.as_plain_row(verdict))
    # Standard output is for the objects alone.
    for line in tally.lines():
        (complaints if as_json else console).print(line, markup=False, highlight=False, soft_wrap=True)


def _try_expectations(
    file: typer.FileText,
    rules: "RuleSet",
    sources: "Mapping[str, SourceSection | None]",
    source: str,
    *,
    as_json: bool,
) -> None:
    """Try each case of the file; ends with status 1 where one fails."""
    import json
    from dataclasses import asdict

    from powertrip.cli.rules.expectations import read_cases, try_case
    from powertrip.html import visible

    cases = read_cases(file.read(), file.name, rules, sources, default_source=source)
    outcomes = [try_case(case, rules, sources) for case in cases]
    failed = [outcome for outcome in outcomes if outcome.differences]
    for outcome in outcomes if as_json else failed:
        if as_json:
            typer.echo(json.dumps(asdict(outcome)))
            continue
        for line in (f"{outcome.case.where}: {outcome.case.line}", *outcome.differences):
            indent = "" if line.startswith(outcome.case.where) else "    "
            console.print(f"{indent}{visible(line)}", markup=False, highlight=False, soft_wrap=True)
    summary = f"{len(outcomes) - len(failed)} of {len(outcomes)} are as expected"
    (complaints if as_json else console).print(summary, highlight=False)
    if failed:
        raise typer.Exit(1)
