"""`bot.py check`, `test-backup` and `migrate`: is all well and up to date, before it is needed?"""

import asyncio

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, complain, console, printable, read_config

TEST_OF_BACKUP = "This is how Powertrip tells you of events while Slack is down."

app = typer.Typer()


@app.command()
def check(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Check config, database, Slack tokens and scopes, and the channel; say how to mend what is wrong."""
    from powertrip.cli.check import check_all
    from powertrip.log import redact

    findings = asyncio.run(check_all(read_config(config)))
    for finding in findings:
        mark = "[green]ok  [/green]" if finding.ok else "[red]FAIL[/red]"
        console.print(f"{mark} {finding.name:17} {printable(redact(finding.detail))}", soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command("test-backup")
def try_backup(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Send a test message by every backup channel."""
    from powertrip.backup.channels import AppriseChannels

    channels = AppriseChannels(read_config(config).backup.channels)
    if not channels.names:
        complain("backup.channels: none is configured")
        raise typer.Exit(1)
    for name in channels.names:
        asyncio.run(channels.send(name, "Powertrip: test", TEST_OF_BACKUP))
        console.print(f"{name}: sent")


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
