"""`bot.py send-test`: a made-up login through the address, the authentication and the keys of a source."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, complain, console, printable, read_config

if TYPE_CHECKING:
    from powertrip.runtime.trying import TrialSender

app = typer.Typer()


@app.command("send-test")
def send_test(
    source: Annotated[
        str, typer.Argument(help="The source that is tried, by its name in the configuration.")
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    user: Annotated[str | None, typer.Option(help="Whose login it is; the first person of `people`.")] = None,
    wait: Annotated[int, typer.Option(min=1, max=600, help="Seconds that each step may take.")] = 30,
) -> None:
    """Send a made-up login to a source as its sender does, and wait for its card, which says it is a test."""
    import asyncio

    if not asyncio.run(_try_out(config, source, user, timedelta(seconds=wait))):
        raise typer.Exit(1)


async def _try_out(path: Path, source: str, user: str | None, wait: timedelta) -> bool:
    from powertrip.net import new_client, utc_now
    from powertrip.runtime.trying import TrialSender
    from powertrip.store import Store
    from powertrip.store.database import DatabaseThread, open_database

    config = read_config(path)
    people = [person.name for person in config.people.values() if not person.bot]
    name = user or next(iter(people), "powertrip-test")
    thread = DatabaseThread(open_database(config.database.url.get_secret_value(), config.audit.key))
    try:
        async with new_client() as http:
            sender = TrialSender(config=lambda: config, store=Store(thread), http=http, clock=utc_now)
            return await _steps(sender, source, name, wait)
    finally:
        await thread.close()


async def _steps(sender: "TrialSender", source: str, name: str, wait: timedelta) -> bool:
    from powertrip.errors import OutsideError

    try:
        trial = await sender.send(source, name)
        address = f"{sender.address(sender.config())}/ingest/{source}"
        _say("posted", f"a login of {name}, to {address}, with the source's own secret: accepted")
        trial = await sender.judged(trial, wait)
        if trial.event_id is None:
            complain(f"FAIL judged       no card comes of it: {trial.outcome}")
            return False
        _say("judged", f"{trial.outcome}; event {trial.event_id}")
        channel = await sender.carded(trial.event_id, wait)
    except OutsideError as error:
        complain(f"FAIL {error}")
        return False
    where = "the direct messages" if channel.startswith("D") else "the channel"
    _say("card", f"posted in {where} {channel}; it says that it is a test, and reminds nobody")
    return True


def _say(step: str, detail: str) -> None:
    console.print(f"[green]ok  [/green] {step:12} {printable(detail)}", soft_wrap=True)
