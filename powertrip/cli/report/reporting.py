"""Reads the open database, and tells what it says of a span of time."""

from datetime import datetime
from pathlib import Path

from rich.console import Console

import powertrip
from powertrip.cards import report_digest
from powertrip.cli.outputs import replacing
from powertrip.cli.report.page import page
from powertrip.cli.shared import printable
from powertrip.domain.report import Report, Span
from powertrip.domain.report_tally import Tally
from powertrip.net import utc_now
from powertrip.pipeline.report import told
from powertrip.settings import Config
from powertrip.store import reports


def read(config: Config, since: datetime) -> Report:
    """Count all that arrived since a moment."""
    span, tally = Span(since=since, until=utc_now()), Tally()
    for each in reports.pages(span):
        tally.add(each)
    return told(tally, span.since, span.until, config.rules)


def tell(console: Console, report: Report) -> None:
    """Print what the card in Slack says."""
    digest = report_digest(report)
    console.print(f"[bold]{printable(digest.title)}[/bold]")
    for line in digest.lines:
        console.print(printable(line), soft_wrap=True)
    for box in digest.boxes:
        console.print()
        for line in (*box.lines, *box.text.split("\n")):
            console.print(printable(line), soft_wrap=True, highlight=False)


def write(report: Report, database: str, output: Path) -> None:
    """Write the page to a file that only its owner can read; raises StoreError."""
    with replacing(output) as file:
        file.write(page(report, database=database, version=powertrip.__version__))
