"""Prints on the terminal what happens, as the history records it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from powertrip.cli.demo.workspace import NAMES
from powertrip.cli.shared import printable
from powertrip.store.database import open_database
from powertrip.store.database_in_use import using
from powertrip.store.tables import AuditRow, EventRow

LOOK_EVERY = 0.5
"""Seconds between two looks at what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A line of the history, with what its event is about."""

    id: int
    action: str
    actor_id: str | None
    detail: Mapping[str, Any]
    event_id: str | None
    user_name: str | None
    host_name: str | None

    @property
    def login(self) -> str:
        return f"{self.user_name} → {self.host_name}" if self.event_id else ""


async def narrate(console: Console, url: str, hear: Callable[[Happened], None]) -> None:
    """Print a sentence for each new line of the history in the database at `url`, and tell `hear` of each.

    Never returns.
    """
    opened, last = open_database(url), 0
    while True:
        for happened in await asyncio.to_thread(_new_lines, opened, last):
            last = happened.id
            if write := _SENTENCES.get(happened.action):
                said = write(happened)
                console.print(f"  [dim]{datetime.now(UTC):%H:%M:%S}[/dim] {said}", highlight=False)
            hear(happened)
        await asyncio.sleep(LOOK_EVERY)


def _new_lines(opened: Any, after: int) -> list[Happened]:
    lines = []
    with using(opened), opened.connection_context():
        for row in AuditRow.select().where(AuditRow.id > after).order_by(AuditRow.id):
            event = EventRow.get_or_none(EventRow.id == row.event_id)
            lines.append(
                Happened(
                    id=row.id,
                    action=row.action,
                    actor_id=row.actor_id,
                    detail=row.detail,
                    event_id=event.id if event else None,
                    user_name=event.user_name if event else None,
                    host_name=event.host_name if event else None,
                )
            )
    return lines


def _who(happened: Happened) -> str:
    return NAMES.get(happened.actor_id or "") or str(happened.actor_id)


def _said(happened: Happened, name: str) -> str:
    """A word of the line's detail; people may have written it."""
    return printable(str(happened.detail.get(name, "")))


_SENTENCES: dict[str, Callable[[Happened], str]] = {
    "event_opened": lambda it: f"event {it.event_id}: {it.login}",
    "occurrence_joined": lambda it: f"one more of the same: {it.login}",
    "notice_posted": lambda it: (
        f"{it.detail['kind']} notice of {it.login} posted to "
        + ("a direct message" if it.detail["channel"].startswith("D") else "#security")
    ),
    "decided": lambda it: (
        f"[bold]{it.login}: {it.detail['verdict']} by {_who(it)}[/bold], now {it.detail['status']}"
    ),
    "proof_failed": lambda it: f"{it.login}: {_who(it)} could not prove it, nothing is approved",
    "proof_met": lambda it: f"{it.login}: {_who(it)} has proven it",
    "not_sure": lambda it: f"[bold]{it.login}: {_who(it)} is not sure[/bold], nothing is decided",
    "refused": lambda it: f"{_who(it)} may not decide {it.login}: {_said(it, 'why')}",
    "containment_ended": lambda it: f"{it.login}: {_said(it, 'name')} is {_said(it, 'state')}",
    "denial_owned": lambda it: (
        f"{it.login}: {_who(it)} {'has it' if it.detail['owner'] else 'has it no more'}"
    ),
    "item_ticked": lambda it: f"{it.login}: {_who(it)} has done “{_said(it, 'item')}”",
    "expectation_announced": lambda it: (
        f"[bold]{_who(it)} expects {_said(it, 'what')}[/bold], until {it.detail['until'][11:16]} UTC"
    ),
    "expectation_confirmed": lambda it: f"expectation {it.detail['expectation']} confirmed by {_who(it)}",
    "expectation_ended": lambda it: f"expectation {it.detail['expectation']} has ended: {_said(it, 'why')}",
}
