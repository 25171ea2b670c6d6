"""Expectations, and what they approved, beside the lines that tell of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from powertrip.domain.expectation_proof import DONE, Act
from powertrip.store.fields import MomentField
from powertrip.store.history import seals
from powertrip.store.history.findings import Findings
from powertrip.store.history.proven import Proven
from powertrip.store.history.reading import a_text
from powertrip.store.history.snapshot import Snapshot


@dataclass(slots=True)
class _Told:
    """One expectation as the lines tell of it."""

    line: int
    seal: Any
    until: str
    by: Any
    demands: Any
    """The proofs that the configuration demanded then; None where an earlier release knew of none."""
    proof: Any
    confirmed: tuple[int, int, Any] | None = None
    """The line, when, and by whom."""
    confirmed_demands: Any = None
    confirmed_proof: Any = None
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
            demands, proof = detail.get("demands"), detail.get("proof")
            told = _Told(line, detail.get("seal"), str(detail.get("until")), actor_id, demands, proof)
            self._told.setdefault(name, told)
        elif (known := self._told.get(name)) is None:
            return
        elif action == "expectation_confirmed":
            if known.confirmed is None:
                known.confirmed = (line, at, actor_id)
                known.confirmed_demands, known.confirmed_proof = detail.get("demands"), detail.get("proof")
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

    def check(self, seen: Snapshot, findings: Findings, proven: Proven) -> None:
        """Compare the rows with the lines, both ways; belongs after all uses were counted."""
        for name, told in self._told.items():
            if (lacking := _unproven(name, told, proven)) is not None:
                findings.altered("unproven", f"expectation {name}", lacking)
        columns = ", ".join(f'"{name}"' for name in seals.OF_EXPECTED_WORK)
        left = dict(self._told)
        state = (
            "until, uses, confirmed_at, confirmed_by, ended_at, ended_by, ended_why, announced_proof, "
            "confirmed_proof"
        )
        for name, *rest in seen.rows(f"SELECT id, {state}, {columns} FROM expected_work ORDER BY id"):  # noqa: S608 (names of ours)
            known = left.pop(name, None)
            if known is None:
                what = "no audit line tells that it was announced"
                findings.altered("expectation added", f"expectation {name}", what)
            elif (wrong := _wrong(known, rest[:9], rest[9:])) is not None:
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


def _unproven(name: str, known: _Told, proven: Proven) -> str | None:
    """Why the history says itself that it lacks a proof that it took."""
    by_earlier = known.confirmed is not None and known.confirmed_demands is None
    if by_earlier and known.demands:
        return "an earlier release confirmed it, without the proof that the configuration demanded"
    acts = [(Act.ANNOUNCE, known.by, known.demands, known.proof)]
    if known.confirmed is not None:
        confirmed_by = known.confirmed[2]
        acts.append((Act.CONFIRM, confirmed_by, known.confirmed_demands, known.confirmed_proof))
    for act, actor_id, demands, kinds in acts:
        if demands and not kinds:
            return f"it was {DONE[act]} without the proof that the configuration demanded"
        if not all(proven.is_spent_on(name, act, actor_id, kind) for kind in a_text(kinds).split()):
            return f"no audit line tells of the proof with which it was {DONE[act]}"
    return None


def _wrong(known: _Told, state: list[Any], sealed: list[Any]) -> str | None:
    until, uses, confirmed_at, confirmed_by, ended_at, ended_by, why, *proofs = state
    if seals.of_values(sealed) != known.seal:
        return f"it is not what audit line {known.line} says"
    # Where the clock is set back it ends sooner, so that it lasts no longer.
    if until > (MomentField().db_value(datetime.fromisoformat(known.until)) or 0):
        return f"it ends later than audit line {known.line} says"
    if uses != known.uses:
        return f"it counts {uses} records, and the history {known.uses}"
    confirmed = (*(known.confirmed or (0, None, None))[1:], known.proof, known.confirmed_proof)
    if (confirmed_at, confirmed_by, *proofs) != confirmed:
        return "it was not confirmed, or proven, when, by whom, or as it says"
    if (ended_at, ended_by, why) != (known.ended or (0, None, None, None))[1:]:
        return "it has not ended when, by whom, or why it says"
    return None
