"""The command line: `python bot.py COMMAND`, a module a group of commands.

    shared.py    what every command uses: the `--config` option, the terminal, how an error ends a command
    run.py       run, web, worker; `running` has signals, reload and the exit
    upkeep.py    check, test-backup, migrate; `check` has what is looked at
    keeping.py   backup, restore, forget
    enrol.py     enrol: what proves a person's approvals
    sources.py   sources: what came of each source's records
    again/       quarantine and unmatched: list, show, rejudge
    trying.py    send-test
    rules/       rules test
    events/      events list, show, export
    report/      report: how much is asked, and how that is answered
    history/     audit verify, checkpoint, report
    docs/        docs configuration, docs packs: the pages that are written from the code
    demo/        demo, sandbox

A command imports what it needs when it runs, so that `--help` and `rules test` do not wait for the libraries
of Slack, HTTP and the database to load. `tests/cli/test_lazy_imports.py` keeps it so.
"""

from typing import Annotated

import typer

from powertrip.cli import (
    again,
    demo,
    docs,
    enrol,
    events,
    history,
    keeping,
    report,
    rules,
    run,
    sources,
    trying,
    upkeep,
)
from powertrip.cli.shared import CommandGroup, tell_version

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # its tables take as long to load and to draw as all else that `--help` does
    pretty_exceptions_enable=False,  # they print local variables, and with them secrets
)
for commands in (run, demo, upkeep, keeping, enrol, sources, report, trying):
    app.add_typer(commands.app)
app.add_typer(rules.app, name="rules", help="Try rules on log lines.")
app.add_typer(again.quarantine, name="quarantine", help="What a rule should have judged and could not.")
app.add_typer(again.unmatched, name="unmatched", help="Records that no rule took.")
app.add_typer(events.app, name="events", help="Look at events and export them.")
app.add_typer(history.app, name="audit", help="Whether the history is whole, and reports about it.")
app.add_typer(docs.app, name="docs", help="Write the pages of docs/ that are made from the code.")


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=tell_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """Asks in Slack: was this you?"""
