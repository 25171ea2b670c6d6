"""`bot.py rules test`: what the rules make of lines of a log."""

import os
from typing import Annotated

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, console

_NO_WORKSPACE = {"SLACK_BOT_TOKEN": "xoxb-not-needed", "SLACK_APP_TOKEN": "xapp-not-needed"}

app = typer.Typer(no_args_is_help=True)


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
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show which line matches which rule, with the fields it names; without a config, the ssh rules."""
    from powertrip.cli.rules import report
    from powertrip.rules import ANY_SOURCE, load_rules

    if config.exists():
        from powertrip.settings import load_config

        # The rest of the file has to be right too, but somebody who tries rules may have no workspace yet.
        loaded = load_config(config, _NO_WORKSPACE | dict(os.environ))
        rules, section = loaded.rules, loaded.sources.get(source or "")
    else:
        rules, section = load_rules([{"use": "ssh"}], lambda _: "bot.py"), None
    verdicts = report.judge_lines(rules, file, source=source or ANY_SOURCE, section=section)
    if as_json:
        for verdict in verdicts:
            typer.echo(report.as_json_line(verdict))
    else:
        console.print(report.as_table(verdicts))
