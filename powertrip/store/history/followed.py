"""What became of denied events beside the lines that tell of it: owners, ticks, notes and claims."""

from typing import Any

from powertrip.domain.follow_up import NoteKind
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot

ACTIONS = (
    *("checklist_made", "denial_owned", "item_ticked", "item_unticked", "denial_noted", "denial_claimed"),
)
"""The lines that tell of it."""
_KINDS = {"denial_noted": NoteKind.NOTE, "denial_claimed": NoteKind.CLAIM}

Item = tuple[str, str | None, int | None]
"""Its text, who ticked it, and when."""


class Followed:
    """What the lines tell of it; denied events are few."""

    def __init__(self) -> None:
        self._owners: dict[str, str | None] = {}
        self._items: dict[tuple[str, int], Item] = {}
        self._notes: dict[str, list[tuple[Any, ...]]] = {}

    def take(self, at: int, action: str, event_id: str, actor_id: str | None, detail: Any) -> None:
        """Remember a line."""
        match action:
            case "checklist_made":
                for number, text in enumerate(detail["items"], 1):
                    self._items[event_id, number] = (text, None, None)
            case "denial_owned":
                self._owners[event_id] = detail["owner"]
            case "item_ticked" | "item_unticked":
                done = (actor_id, at) if action == "item_ticked" else (None, None)
                self._items[event_id, detail["number"]] = (detail["item"], *done)
            case _:
                note = (_KINDS[action], actor_id, detail["actor_name"], at, detail["text"])
                self._notes.setdefault(event_id, []).append(note)

    def check(self, seen: Snapshot, findings: Findings) -> None:
        """Compare the rows with the lines, both ways."""
        for event_id, owner in seen.rows("SELECT event_id, owner_id FROM follow_up ORDER BY event_id"):
            if owner != self._owners.pop(event_id, None):
                what = "somebody else has it, or nobody, than the history says"
                findings.altered("owner", f"event {event_id}", what)
        self._check_items(seen, findings)
        self._check_notes(seen, findings)
        for event_id in (event_id for event_id, owner in self._owners.items() if owner is not None):
            findings.missing("owner", f"event {event_id}", "nobody has it, and the history says who does")

    def _check_items(self, seen: Snapshot, findings: Findings) -> None:
        columns = "event_id, number, text, done_by, done_at"
        for event_id, number, *item in seen.rows(
            f"SELECT {columns} FROM follow_up_item ORDER BY event_id, number"  # noqa: S608 (names of ours)
        ):
            if tuple(item) != self._items.pop((event_id, number), None):
                what = f"line {number} of its list is not what the history says"
                findings.altered("checklist", f"event {event_id}", what)
        for event_id, number in self._items:
            findings.missing("checklist", f"event {event_id}", f"line {number} of its list is gone")

    def _check_notes(self, seen: Snapshot, findings: Findings) -> None:
        columns = "event_id, kind, actor_id, actor_name, at, text"
        for event_id, *note in seen.rows(f"SELECT {columns} FROM follow_up_note ORDER BY id"):  # noqa: S608 (names of ours)
            told = self._notes.get(event_id, [])
            if tuple(note) in told:
                told.remove(tuple(note))
            else:
                what = "no audit line tells of one of its notes, or it says something else"
                findings.altered("note", f"event {event_id}", what)
        for event_id, left in self._notes.items():
            if left:
                findings.missing("note", f"event {event_id}", "a note is gone that the history tells of")
