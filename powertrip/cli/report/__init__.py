"""`bot.py report`: how much is asked and how that is answered, on the terminal or as a page."""

from pathlib import Path
from typing import Annotated

import typer

from powertrip.cli.shared import (
    DEFAULT_CONFIG,
    ConfigPath,
    complaints,
    console,
    open_stored,
    read_config,
)

app = typer.Typer()


@app.command()
def report(
    config: ConfigPath = DEFAULT_CONFIG,
    since: Annotated[
        str, typer.Option(help="From this UTC day on, or of this span: 2026-01-31, 30d.")
    ] = "30d",
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to this file instead.")] = None,
) -> None:
    """Tell how much is asked, how people answer, and what would halve what the noisiest rules ask."""
    from powertrip.cli.events import moment_of
    from powertrip.cli.report import reporting

    settings, began = read_config(config), moment_of(since)
    with open_stored(settings):
        made = reporting.read(settings, began)
    if html is None:
        reporting.tell(console, made)
        return
    reporting.write(made, settings.database_label(), html)
    complaints.print(f"written to {html}", soft_wrap=True)
