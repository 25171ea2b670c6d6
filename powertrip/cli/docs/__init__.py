"""`bot.py docs`: the pages of docs/ that are written from the code; `make docs` puts them in their place."""

import typer

from powertrip.cli.shared import Group

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command()
def configuration() -> None:
    """Print docs/configuration.md: every setting."""
    from powertrip.cli.docs.configuration import reference
    from powertrip.settings import ConfigFile

    typer.echo(reference(ConfigFile), nl=False)


@app.command()
def packs() -> None:
    """Print docs/packs.md: every rule pack."""
    from powertrip.cli.docs.packs import reference

    typer.echo(reference(), nl=False)
