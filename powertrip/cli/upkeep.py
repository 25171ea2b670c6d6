"""`bot.py check`, `test-backup` and `migrate`: finds what is wrong before it matters."""

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, complain, console, printable, read_config

TEST_OF_BACKUP = "This is how Powertrip tells you of events while Slack is down."

app = typer.Typer()


@app.command()
def check(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Check config, database, Slack tokens and scopes, and the channel; say how to mend what is wrong."""
    import asyncio

    from powertrip.cli.check import check_all
    from powertrip.log import redact

    results = asyncio.run(check_all(read_config(config)))
    for result in results:
        mark = "[green]ok  [/green]" if result.ok else "[red]FAIL[/red]"
        if result.doubtful:
            mark = "[yellow]note[/yellow]"
        console.print(f"{mark} {result.name:17} {printable(redact(result.detail))}", soft_wrap=True)
    wrong = sum(not result.ok for result in results)
    notes = sum(result.doubtful for result in results)
    if wrong or notes:
        console.print(f"{wrong} wrong, {notes} to look at")
    if wrong:
        raise typer.Exit(1)


@app.command("test-backup")
def try_backup(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Send a test message by every backup channel."""
    import asyncio

    from powertrip.backup.channels import AppriseChannels
    from powertrip.errors import Unavailable

    channels = AppriseChannels(read_config(config).backup.channels)
    if not channels.names:
        complain("backup.channels: none is configured; add one, see docs/configuration.md")
        raise typer.Exit(1)
    failed = False
    for name in channels.names:
        try:
            asyncio.run(channels.send(name, "Powertrip: test", TEST_OF_BACKUP))
        except Unavailable as error:
            # The others are tried all the same: they are what is left when this one is needed.
            failed = True
            complain(error)
        else:
            console.print(f"{name}: sent")
    if failed:
        raise typer.Exit(1)


@app.command()
def migrate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Bring the database's tables up to date."""
    from powertrip.store.database import open_database
    from powertrip.store.migrating import migrate as migrate_database

    settings = read_config(config)
    # First: one of them tells that an older database lies elsewhere, before an empty one is made here.
    for warning in settings.warnings:
        complain(warning)
    applied = migrate_database(open_database(settings.database.url.get_secret_value()))
    console.print(f"applied: {', '.join(applied)}" if applied else "the database is up to date")
