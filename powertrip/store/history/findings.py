"""What is found wrong with a history: two verdicts, and of each kind the first place."""

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a finding speaks against."""

    INTEGRITY = "integrity"  # something says otherwise than it was written
    COMPLETENESS = "completeness"  # something that was there, or has to be, is missing


@dataclass(slots=True, kw_only=True)
class Finding:
    """One kind of fault, and where it is first."""

    verdict: Verdict
    kind: str
    where: str
    """Such as `audit line 12`."""
    what: str
    count: int = 1
    """In how many places."""


@dataclass(slots=True)
class Findings:
    """All that was found, each kind once, and what is no fault and should be known."""

    faults: dict[tuple[Verdict, str], Finding] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    head: str = ""
    events: int = 0

    def altered(self, kind: str, where: str, what: str) -> None:
        """Something says otherwise than it was written."""
        self._add(Verdict.INTEGRITY, kind, where, what)

    def missing(self, kind: str, where: str, what: str) -> None:
        """Something is not there."""
        self._add(Verdict.COMPLETENESS, kind, where, what)

    def note(self, what: str, count: int = 1) -> None:
        """Something is no fault."""
        self.notes[what] = self.notes.get(what, 0) + count

    def of(self, verdict: Verdict) -> list[Finding]:
        """The faults that speak against one verdict."""
        return [finding for (about, _), finding in self.faults.items() if about is verdict]

    def _add(self, verdict: Verdict, kind: str, where: str, what: str) -> None:
        known = self.faults.get((verdict, kind))
        if known is not None:
            known.count += 1
            return
        self.faults[verdict, kind] = Finding(verdict=verdict, kind=kind, where=where, what=what)
