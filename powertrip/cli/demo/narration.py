"""Tells on the terminal what the history says, as it says it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from powertrip.store.database import open_database
from powertrip.store.tables import AuditRow, EventRow, using

LOOK_EVERY = 0.5
"""Seconds between two looks at what happened."""


async def narrate(console: Console, url: str) -> None:
    """Tell what the history in the database at `url` says, as it says it."""
    opened, last = open_database(url), 0
    while True:
        lines = await asyncio.to_thread(_new_lines, opened, last)
        for line_id, sentence in lines:
            last = line_id
            if sentence:
                console.print(f"  [dim]{datetime.now(UTC):%H:%M:%S}[/dim] {sentence}", highlight=False)
        await asyncio.sleep(LOOK_EVERY)


def _new_lines(opened: Any, after: int) -> list[tuple[int, str | None]]:
    with using(opened), opened.connection_context():
        rows = list(AuditRow.select().where(AuditRow.id > after).order_by(AuditRow.id))
        return [(row.id, _sentence(row)) for row in rows]


def _sentence(row: Any) -> str | None:
    teller = _TELLERS.get(row.action)
    if teller is None:
        return None
    event = EventRow.get_or_none(EventRow.id == row.event_id)
    return teller(row, f"{event.user_name} → {event.host_name}" if event else "")


_TELLERS: dict[str, Callable[[Any, str], str]] = {
    "event_opened": lambda row, what: f"event {row.event_id}: {what}",
    "occurrence_joined": lambda _, what: f"one more of the same: {what}",
    "notice_posted": lambda row, what: (
        f"{row.detail['kind']} notice of {what} posted to "
        + ("a direct message" if row.detail["channel"].startswith("D") else "#security")
    ),
    "decided": lambda row, what: (
        f"[bold]{what}: {row.detail['verdict']} by {row.actor_id}[/bold], now {row.detail['status']}"
    ),
    "refused": lambda row, what: f"{row.actor_id} may not decide {what}: {row.detail['why']}",
}
