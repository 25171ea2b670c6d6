"""Runs the comparison on the open database, and prints its two verdicts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from powertrip.cli.shared import printable
from powertrip.domain.checkpoint import found_in
from powertrip.net import utc_now
from powertrip.store.database_in_use import database
from powertrip.store.history.findings import Findings, Verdict
from powertrip.store.history.verify import verify

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from powertrip.settings import Config


def verified(anchors: Sequence[Path], key: "Ed25519PublicKey | None") -> Findings:
    """What is wrong with the open database, compared with the checkpoints in these files too."""
    told = list(found_in(_lines(anchors)))
    found = verify(database.obj, utc_now(), anchors=told, key=key)
    if anchors and not told:
        found.missing("anchors", str(anchors[0]), "there is no checkpoint in what --anchors names")
    return found


def own_key(settings: "Config") -> "Ed25519PublicKey | None":
    """The public half of the key that the configuration signs checkpoints with."""
    return settings.audit.key.public_key() if settings.audit.key else None


def _lines(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as opened:
            yield from opened


def tell(console: Console, found: Findings, *, outside: bool) -> None:
    """Print the verdicts, and below each what speaks against it.

    `outside`: whether it was compared with what is kept elsewhere.
    """
    for verdict in Verdict:
        faults = found.of(verdict)
        mark = "[red]broken[/red]" if faults else "[green]whole[/green]"
        if verdict is Verdict.COMPLETENESS and not faults and not outside:
            mark += ", as far as the database itself tells"
        console.print(f"{verdict:13} {mark}")
        for fault in faults:
            more = f" (the first of {fault.count})" if fault.count > 1 else ""
            console.print(f"  {printable(f'{fault.where}: {fault.what}{more}')}", soft_wrap=True)
    for note, count in found.notes.items():
        console.print(f"[yellow]note[/yellow]          {count} {printable(note)}", soft_wrap=True)
    if not outside:
        console.print(
            "[yellow]note[/yellow]          not compared with what is kept elsewhere: "
            "only --anchors FILE shows "
            "whether the end was cut off, an old copy put in place, or all of it rewritten",
            soft_wrap=True,
        )
    if not found.lines:
        console.print("nothing is in the history yet")
        return
    console.print(
        f"{_counted(found.lines, 'line')}, {_counted(found.events, 'event')}; the last line is {found.head}",
        soft_wrap=True,
    )


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
