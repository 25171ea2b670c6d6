"""Prints on the terminal what happens, as the history records it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from powertrip.cli.demo.workspace import NAMES
from powertrip.store.database import open_database
from powertrip.store.database_in_use import using
from powertrip.store.tables import AuditRow, EventRow

LOOK_EVERY = 0.5
"""Seconds between two looks at what happened."""


async def narrate(console: Console, url: str) -> None:
    """Print a sentence for each new line of the history in the database at `url`; never returns."""
    opened, last = open_database(url), 0
    while True:
        for line_id, sentence in await asyncio.to_thread(_new_lines, opened, last):
            last = line_id
            if sentence:
                console.print(f"  [dim]{datetime.now(UTC):%H:%M:%S}[/dim] {sentence}", highlight=False)
        await asyncio.sleep(LOOK_EVERY)


def _new_lines(opened: Any, after: int) -> list[tuple[int, str]]:
    """The id of each line, and its sentence; none for what is not worth one."""
    lines = []
    with using(opened), opened.connection_context():
        for row in AuditRow.select().where(AuditRow.id > after).order_by(AuditRow.id):
            event = EventRow.get_or_none(EventRow.id == row.event_id)
            login = f"{event.user_name} → {event.host_name}" if event else ""
            write = _SENTENCES.get(row.action)
            lines.append((row.id, write(row, login) if write else ""))
    return lines


def _who(row: Any) -> str:
    return NAMES.get(row.actor_id) or str(row.actor_id)


_SENTENCES: dict[str, Callable[[Any, str], str]] = {
    "event_opened": lambda row, login: f"event {row.event_id}: {login}",
    "occurrence_joined": lambda _, login: f"one more of the same: {login}",
    "notice_posted": lambda row, login: (
        f"{row.detail['kind']} notice of {login} posted to "
        + ("a direct message" if row.detail["channel"].startswith("D") else "#security")
    ),
    "decided": lambda row, login: (
        f"[bold]{login}: {row.detail['verdict']} by {_who(row)}[/bold], now {row.detail['status']}"
    ),
    "not_sure": lambda row, login: f"[bold]{login}: {_who(row)} is not sure[/bold], nothing is decided",
    "refused": lambda row, login: f"{_who(row)} may not decide {login}: {row.detail['why']}",
}
