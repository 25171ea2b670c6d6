"""`bot.py migrate`: the database's tables as this version needs them."""

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, complain, console, read_config

app = typer.Typer()


@app.command()
def migrate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Bring the database's tables up to date."""
    from powertrip.store.database import migrate as migrate_database
    from powertrip.store.database import open_database

    read = read_config(config)
    # Before an empty database is made where an older one was meant.
    for warning in read.warnings:
        complain(warning)
    applied = migrate_database(open_database(read.database.url.get_secret_value()))
    console.print(f"applied: {', '.join(applied)}" if applied else "the database is up to date")
