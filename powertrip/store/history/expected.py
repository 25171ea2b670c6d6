"""Expectations, and what they approved, beside the lines that tell of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from powertrip.store.fields import MomentField
from powertrip.store.history import seals
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot


@dataclass(slots=True)
class _Told:
    """One expectation as the lines tell of it."""

    line: int
    seal: Any
    until: str
    confirmed: tuple[int, int, Any] | None = None
    """The line, when, and by whom."""
    ended: tuple[int, int, Any, Any] | None = None
    """The line, when, by whom, and why."""
    uses: int = 0


class ExpectedWork:
    """What the lines tell of expectations."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def take(self, line: int, at: int, action: str, actor_id: str | None, detail: Any) -> None:
        """Remember a line about an expectation."""
        name = str(detail.get("expectation"))
        if action == "expectation_announced":
            self._told.setdefault(name, _Told(line, detail.get("seal"), str(detail.get("until"))))
        elif (known := self._told.get(name)) is None:
            return
        elif action == "expectation_confirmed":
            known.confirmed = known.confirmed or (line, at, actor_id)
        else:
            known.ended = known.ended or (line, at, actor_id, detail.get("why"))

    def use(self, name: Any, line: int, records: Any) -> str | None:
        """Count what a line says it approved; returns what is wrong with that, if anything is."""
        known = self._told.get(str(name))
        if known is None:
            return "no audit line tells of the expectation that approved it"
        known.uses += int(records or 0)
        if known.confirmed is None or line < known.confirmed[0]:
            return f"its expectation {name} was not confirmed before it"
        if known.ended is not None and line > known.ended[0]:
            return f"its expectation {name} had ended before it"
        return None

    def check(self, seen: Snapshot, findings: Findings) -> None:
        """Compare the rows with the lines, both ways; belongs after all uses were counted."""
        columns = ", ".join(f'"{name}"' for name in seals.OF_EXPECTED_WORK)
        left = dict(self._told)
        state = "until, uses, confirmed_at, confirmed_by, ended_at, ended_by, ended_why"
        for name, *rest in seen.rows(f"SELECT id, {state}, {columns} FROM expected_work ORDER BY id"):  # noqa: S608 (names of ours)
            known = left.pop(name, None)
            if known is None:
                what = "no audit line tells that it was announced"
                findings.altered("expectation added", f"expectation {name}", what)
            elif (wrong := _wrong(known, rest[:7], rest[7:])) is not None:
                findings.altered("expectation", f"expectation {name}", wrong)
        for name, known in left.items():
            what = f"it is gone; audit line {known.line} tells of it"
            findings.missing("expectation gone", f"expectation {name}", what)
        marked = """SELECT e.id FROM event e LEFT JOIN decision d
            ON d.event_id = e.id AND d.expectation_id IS NOT NULL
            WHERE coalesce(e.expected_by, '') <> coalesce(d.expectation_id, '') ORDER BY e.id"""
        for (event_id,) in seen.rows(marked):
            what = "its row and its decision name different expectations"
            findings.altered("expected", f"event {event_id}", what)


def _wrong(known: _Told, state: list[Any], sealed: list[Any]) -> str | None:
    until, uses, confirmed_at, confirmed_by, ended_at, ended_by, why = state
    if seals.of_values(sealed) != known.seal:
        return f"it is not what audit line {known.line} says"
    # Where the clock is set back it ends sooner, so that it lasts no longer.
    if until > (MomentField().db_value(datetime.fromisoformat(known.until)) or 0):
        return f"it ends later than audit line {known.line} says"
    if uses != known.uses:
        return f"it counts {uses} records, and the history {known.uses}"
    if (confirmed_at, confirmed_by) != (known.confirmed or (0, None, None))[1:]:
        return "it was not confirmed when, or by whom, it says"
    if (ended_at, ended_by, why) != (known.ended or (0, None, None, None))[1:]:
        return "it has not ended when, by whom, or why it says"
    return None
