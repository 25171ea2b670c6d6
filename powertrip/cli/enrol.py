"""`bot.py enrol`: a person enrols what proves their approvals, on the server and never by Slack alone."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, complain, console, open_stored, read_config

if TYPE_CHECKING:
    from powertrip.domain.people import Person
    from powertrip.settings import Config
    from powertrip.store import Store

app = typer.Typer()
T = TypeVar("T")

TRIES = 3
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Hard to confuse; sixteen of them cannot be guessed (79 bits)."""


@app.command()
def enrol(
    name: Annotated[str, typer.Argument(help="The person, as `people` in the configuration names them.")],
    kind: Annotated[str, typer.Option("--kind", help="totp, or passkey.")] = "totp",
    label: Annotated[
        str, typer.Option("--label", help="What it is called in lists, such as `Bob's phone`.")
    ] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Enrol what proves a person's approvals; a reviewer confirms it in Slack before it counts.

    For `totp` a code to be scanned appears here, with the person in front of it; for `passkey` a one-time
    code, with which they enrol on the page within 15 minutes.
    """
    from powertrip.domain.proof import ENROLLED, ProofKind
    from powertrip.errors import PowertripError

    settings = read_config(config)
    person = _person(settings, name)
    if kind not in set(ENROLLED):
        raise PowertripError(f"--kind {kind[:20]!r}: write totp or passkey; nothing else is enrolled")
    wanted = ProofKind(kind)
    if wanted not in settings.proofs.kinds:
        raise PowertripError(f"{kind} is not among proofs.kinds in the configuration, so it would not count")
    with open_stored(settings):
        pass  # it is there, and its tables are those of this version
    if wanted is ProofKind.PASSKEY:
        _give_code(settings, person)
    else:
        _scan(settings, person, label.strip()[:80])


def _person(settings: "Config", name: str) -> "Person":
    from powertrip.domain.routing import People
    from powertrip.errors import PowertripError

    person = People(settings.people.values()).find(name)
    if person is None or person.bot:
        what = "is a bot, and approves nothing" if person else "is nobody under `people` in the configuration"
        raise PowertripError(f"{name[:60]!r} {what}")
    return person


def _scan(settings: "Config", person: "Person", label: str) -> None:
    """Show the secret, once, to whoever sits here; keep it when they have shown that their app has it."""
    import secrets

    import segno

    from powertrip.domain.enrolment import NewFactor
    from powertrip.domain.proof import IN_WORDS, ProofKind
    from powertrip.net import utc_now
    from powertrip.proofs.sealing import Sealer
    from powertrip.proofs.totp import address_of, new_secret, step_of

    sealer, secret, factor_id = Sealer.of(settings.proofs), new_secret(), secrets.token_hex(6)
    segno.make(address_of(secret, person.name), error="l").terminal(compact=True)
    typer.echo(f"{person.name}: scan this with an authenticator app, or type its secret there: {secret}")
    typer.echo("It is shown this once. Never send it to anybody, least of all in Slack.")
    for _ in range(TRIES):
        typed = "".join(typer.prompt("The six digits that the app shows").split())
        step = step_of(typed, secret, utc_now())
        if step is not None:
            break
        complain(
            "That is not what the app should show. Is the clock of the phone, and of this machine, right?"
        )
    else:
        complain("Nothing was enrolled.")
        raise typer.Exit(1)
    new = NewFactor(
        id=factor_id,
        person=person.name,
        kind=ProofKind.TOTP,
        label=label or IN_WORDS[ProofKind.TOTP],
        secret=sealer.seal(secret, factor_id),
        last_step=step,
    )
    _run(settings, lambda store, now: store.proofs.enrol(new, now))
    console.print(
        "Enrolled. A running worker asks the reviewers in the security channel within seconds; it counts "
        "once one of them has confirmed it, within 24 hours.",
        soft_wrap=True,
    )


def _give_code(settings: "Config", person: "Person") -> None:
    import secrets

    from powertrip.domain.proof import ProofKind

    code = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    _run(settings, lambda store, now: store.proofs.keep_code(code, person.name, ProofKind.PASSKEY, now))
    typer.echo(f"{person.name}: {code}")
    typer.echo(f"They type it at {settings.proofs.page}/enrol, on the device that shall have the passkey.")
    typer.echo("It is good for 15 minutes, and once. Tell it to nobody but them, and not in Slack.")


def _run(settings: "Config", step: "Callable[[Store, datetime], Awaitable[T]]") -> T:
    """One step of the store, in a process that has none."""
    import asyncio

    from powertrip.net import utc_now
    from powertrip.store import Store
    from powertrip.store.database import DatabaseThread, open_database

    async def run() -> T:
        thread = DatabaseThread(open_database(settings.database.url.get_secret_value(), settings.audit.key))
        try:
            return await step(Store(thread), utc_now())
        finally:
            await thread.close()

    return asyncio.run(run())


@app.command("renew-secrets")
def renew_secrets(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Encrypt what people enrolled with the first key of `proofs.key`, once it stands before the old one."""
    from powertrip.proofs.sealing import Sealer

    settings = read_config(config)
    sealer = Sealer.of(settings.proofs)
    with open_stored(settings):
        pass
    renewed = _run(settings, lambda store, _now: store.proofs.renew(sealer.renew))
    console.print(f"encrypted anew: {renewed}")
