"""`bot.py backup`, `restore` and `forget`: keep the database, bring it back, and let go of a person."""

from pathlib import Path
from typing import Annotated

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, console, open_stored, printable, read_config

app = typer.Typer()

BackupFile = Annotated[Path, typer.Argument(help="The file of the backup.")]


@app.command()
def backup(file: BackupFile, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Write the whole database to a new file, while Powertrip runs; tell what is in it."""
    url = read_config(config).database.url.get_secret_value()
    if url.startswith("sqlite"):
        from powertrip.store.archive import sqlite

        held = sqlite.take(_database_file(url), file)
    else:
        from powertrip.store.archive import postgres

        held = postgres.take(url, file)
    console.print(f"{printable(str(file))}: {held}", soft_wrap=True)


@app.command()
def restore(
    file: BackupFile,
    config: ConfigPath = DEFAULT_CONFIG,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Also where the database has what the backup has not."),
    ] = False,
) -> None:
    """Make the database what a backup holds; nothing may use it meanwhile. Today's is kept beside it.

    Ends with 1 where the history in it is not whole; it is restored all the same.
    """
    from powertrip.cli.history import verifying
    from powertrip.net import utc_now

    settings = read_config(config)
    url = settings.database.url.get_secret_value()
    now, aside = utc_now(), None
    if url.startswith("sqlite"):
        from powertrip.store.archive import sqlite

        held, aside = sqlite.put_back(
            file, _database_file(url), replace=replace, now=now, key=settings.audit.key
        )
    else:
        from powertrip.store.archive import postgres

        held = postgres.put_back(file, url, now=now, key=settings.audit.key)
    console.print(f"restored: {held}", soft_wrap=True)
    if aside is not None:
        console.print(f"the database of until now is kept as {printable(str(aside))}", soft_wrap=True)
    console.print("what came and what was decided after that is not in it; see docs/operations.md")
    with open_stored(settings):
        found = verifying.verified([], verifying.own_key(settings))
    verifying.tell(console, found, outside=False)
    if found.faults:
        raise typer.Exit(1)


@app.command()
def forget(
    who: Annotated[
        list[str],
        typer.Argument(help="All they are known by: user names, Slack member ids, e-mail addresses."),
    ],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Delete what is kept of a person and not needed for the history; say what stays."""
    import asyncio

    from powertrip.net import utc_now
    from powertrip.store.database import DatabaseThread, open_database
    from powertrip.store.forgetting import forget_person

    settings = read_config(config)
    with open_stored(settings):
        pass  # it is there, and its tables are those of this version

    async def run() -> dict[str, int]:
        thread = DatabaseThread(open_database(settings.database.url.get_secret_value(), settings.audit.key))
        try:
            return await forget_person(thread, who, utc_now())
        finally:
            await thread.close()

    deleted = asyncio.run(run())
    console.print(
        f"deleted: {deleted['answers']} answers of Slack's about them, {deleted['records']} records "
        f"in the inbox, {deleted['deliveries']} deliveries, the secrets of {deleted['factors']} proofs",
        soft_wrap=True,
    )
    console.print(
        f"kept: {deleted['events']} decided events with their evidence, who decided, and the history, which "
        "would break without them; what is still open; and what stands in Slack. See docs/operations.md",
        soft_wrap=True,
    )


def _database_file(url: str) -> Path:
    return Path(url.partition(":///")[2])
