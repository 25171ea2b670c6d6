"""The command line: `python bot.py COMMAND`, a module a group of commands.

shared.py    what every command uses: the `--config` option, the terminal, how an error ends a command
serve.py     run, web, worker                serving.py   signals, reload and the exit
check.py     check, test-backup              findings.py  what `check` looks at
migrate.py   migrate
rules/       rules test
events/      events list, show, quarantine, export
docs/        docs configuration, docs packs: the pages that are written from the code
demo/        demo, sandbox
"""

import typer

from powertrip.cli import check, demo, docs, events, migrate, rules, serve
from powertrip.cli.shared import Commands

# A command imports what it needs when it runs, so that `--help` and `rules test` do not wait for the
# libraries of Slack, HTTP and the database to load. tests/cli/test_imports.py keeps it so.
app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and with them secrets
    help="Asks in Slack: was this you?",
)
for commands in (serve, demo, check, migrate):
    app.add_typer(commands.app)
app.add_typer(rules.app, name="rules", help="Try rules on log lines.")
app.add_typer(events.app, name="events", help="Look at events and export them.")
app.add_typer(docs.app, name="docs", help="Write the pages of docs/ that are made from the code.")
