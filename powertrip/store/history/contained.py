"""What reviewers had done about denied events, beside the lines that tell of it."""

from dataclasses import dataclass
from typing import Any

from powertrip.domain.contained import ContainmentState
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot

ACTIONS = ("containment_asked", "containment_agreed", "containment_tried", "containment_ended")
"""The lines that tell of it."""
_COLUMNS = (
    "key, event_id, action, says, target, dry_run, asked_by, asked_at, why_second, undoes, "
    "agreed_by, agreed_at, tries, state, done_at, said"
)


@dataclass(slots=True)
class _Told:
    """One containment as the lines tell of it."""

    asked: tuple[Any, ...]
    agreed: tuple[Any, Any] = (None, None)
    tries: int = 1
    state: str = ContainmentState.WAITING
    ended: tuple[Any, Any] = (None, None)
    """When, and what was said."""


class Contained:
    """What the lines tell of containments; they are few."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def take(self, at: int, action: str, event_id: str, actor_id: str | None, detail: Any) -> None:
        """Remember a line."""
        key = str(detail.get("key"))
        if action == "containment_asked":
            said = tuple(detail.get(name) for name in ("name", "says", "target", "dry_run"))
            why = detail.get("why_second")
            state = ContainmentState.ASKED if why else ContainmentState.WAITING
            asked = (event_id, *said, actor_id, at, why, detail.get("undoes"))
            self._told.setdefault(key, _Told(asked, state=state))
        elif (known := self._told.get(key)) is None:
            return
        elif action == "containment_agreed":
            known.agreed, known.state = (actor_id, at), ContainmentState.WAITING
        elif action == "containment_tried":
            known.tries, known.state, known.ended = (
                detail.get("tries"),
                ContainmentState.WAITING,
                (None, None),
            )
        else:
            known.state, known.ended = detail.get("state"), (at, detail.get("said"))

    def check(self, seen: Snapshot, findings: Findings) -> None:
        """Compare the rows with the lines, both ways."""
        keys: dict[Any, Any] = dict(seen.rows("SELECT id, key FROM containment ORDER BY id"))
        for key, *row in seen.rows(f"SELECT {_COLUMNS} FROM containment ORDER BY id"):  # noqa: S608 (names of ours)
            known, where = self._told.pop(key, None), f"event {row[0]}"
            if known is None:
                findings.altered("containment added", where, "no audit line tells of one of its containments")
                continue
            row[8] = keys.get(row[8])
            if (*row,) != (*known.asked, *known.agreed, known.tries, known.state, *known.ended):
                findings.altered("containment", where, "one of its containments is not what the history says")
        for known in self._told.values():
            what = "a containment is gone that the history tells of"
            findings.missing("containment gone", f"event {known.asked[0]}", what)
