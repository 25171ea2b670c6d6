"""`bot.py audit`: whether the history is whole, how far it has come, and a page about it for an auditor."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powertrip.cli.shared import (
    DEFAULT_CONFIG,
    ConfigPath,
    Group,
    complaints,
    console,
    open_stored,
    read_config,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from powertrip.settings import Config

app = typer.Typer(cls=Group, no_args_is_help=True)

Anchors = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchors",
        exists=True,
        dir_okay=False,
        help="A log, or what an anchor kept, with checkpoints in it.",
    ),
]
PublicKey = Annotated[
    str | None,
    typer.Option("--key", help="The public key, in base64, of checkpoints; without it, that of the config."),
]


@app.command()
def verify(config: ConfigPath = DEFAULT_CONFIG, anchors: Anchors = None, key: PublicKey = None) -> None:
    """Compare all that is kept with what the history says of it; ends with 1 where something is wrong."""
    from powertrip.cli.history import verifying

    settings = read_config(config)
    with open_stored(settings):
        found = verifying.verified(anchors or [], _public_key(settings, key))
    verifying.tell(console, found, outside=bool(anchors))
    if found.faults:
        raise typer.Exit(1)


@app.command()
def checkpoint(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Print how far the history has come by now, to be kept elsewhere; `verify --anchors` takes it."""
    from powertrip.domain.checkpoint import public_text
    from powertrip.net import utc_now
    from powertrip.runtime.worker import checkpoints
    from powertrip.store.history.checkpoints import now_at

    settings = read_config(config)
    with open_stored(settings):
        made = now_at(checkpoints(settings), utc_now())
    typer.echo(made.text)
    if settings.audit.key is None:
        complaints.print("not signed: audit.sign_with is not set")
    else:
        complaints.print(f"public key: {public_text(settings.audit.key.public_key())}", soft_wrap=True)


@app.command()
def report(
    config: ConfigPath = DEFAULT_CONFIG,
    since: Annotated[str, typer.Option(help="From this UTC day on, or of this span.")] = "30d",
    output: Annotated[Path, typer.Option(help="The page, in HTML.")] = Path("powertrip-audit.html"),
) -> None:
    """Write one page for an auditor: what was asked, who answered how, and how to check that."""
    from powertrip.cli.events import moment_of
    from powertrip.cli.history import reporting

    settings, began = read_config(config), moment_of(since)
    with open_stored(settings):
        reporting.write(settings, began, output)
    complaints.print(f"written to {output}", soft_wrap=True)


def _public_key(settings: "Config", given: str | None) -> "Ed25519PublicKey | None":
    from powertrip.cli.history import verifying
    from powertrip.domain.checkpoint import public_key

    if given is None:
        return verifying.own_key(settings)
    try:
        return public_key(given)
    except ValueError as error:
        raise typer.BadParameter(f"is no public key: {error}", param_hint="--key") from error
