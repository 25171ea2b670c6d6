"""Proofs beside the lines that tell of them: what was enrolled and confirmed, met and spent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from powertrip.domain.decision import Verdict
from powertrip.domain.enrolment import Began
from powertrip.domain.proof import ANY, ProofKind
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot
from powertrip.store.proofs.rows import name_of

ACTIONS = (
    *("proof_begun", "proof_failed", "proof_met", "proof_spent", "proof_ended"),
    *("expectation_proof_begun", "expectation_proof_failed", "expectation_proof_met"),
    *("expectation_proof_spent", "expectation_proof_ended"),
    *("factor_enrolled", "factor_asked", "factor_confirmed", "factor_ended"),
    *("loss_reported", "loss_confirmed", "loss_ended"),
)
"""The lines that tell of them."""
_DEMANDS = {ANY, *ProofKind}
_OF_EVENT = ("event_id", "slack_id", "revision", "kind")
_OF_EXPECTATION = ("expectation_id", "act", "seal", "slack_id", "kind")
"""What a proof is about, as the columns of its row have it, and its lines."""


@dataclass(slots=True)
class _Challenge:
    """One challenge as the lines tell of it."""

    about: tuple[Any, ...] | None
    """What `_OF_EVENT` or `_OF_EXPECTATION` names; None where lines disagree."""
    failures: int = 0
    met_at: int | None = None
    factor: Any = None
    spent_at: int | None = None
    ended_at: int | None = None


@dataclass(slots=True)
class _Factor:
    """What somebody enrolled, as the lines tell of it."""

    about: tuple[Any, ...]
    """Whose, of which kind, what it is called, and what it began with."""
    owner: tuple[int, Any] | None = None
    """The line that says which member it is, and the member."""
    confirmed: tuple[Any, ...] = (None, None)
    ended: tuple[Any, ...] = (None, None)

    def member(self, renames: Sequence[tuple[int, str, str]]) -> Any:
        """The id that its member has now."""
        if self.owner is None:
            return None
        line, slack_id = self.owner
        for renamed_in, former, now in renames:
            if renamed_in > line and slack_id == former:
                slack_id = now
        return slack_id


@dataclass(slots=True)
class Proven:
    """What the lines tell of proofs."""

    _challenges: dict[str, _Challenge] = field(default_factory=dict)
    _of_expectations: dict[str, _Challenge] = field(default_factory=dict)
    _factors: dict[str, _Factor] = field(default_factory=dict)
    _losses: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    _spent: set[tuple[Any, ...]] = field(default_factory=set)

    def take(
        self, line: int, at: int, action: str, event_id: str | None, actor_id: str | None, detail: Any
    ) -> None:
        """Remember a line."""
        if action.startswith("proof_"):
            of_event = (event_id, actor_id, detail["revision"], detail["kind"])
            self._take_challenge(self._challenges, at, action, of_event, detail)
        elif action.startswith("expectation_"):
            expectation, act, seal = (detail[name] for name in ("expectation", "act", "seal"))
            of_expectation = (expectation, act, seal, actor_id, detail["kind"])
            self._take_challenge(self._of_expectations, at, action, of_expectation, detail)
        elif action.startswith("loss_"):
            ended = (None, None) if action == "loss_reported" else (at, actor_id)
            self._losses[detail["loss"]] = (detail["slack_id"], *ended)
        elif action == "factor_enrolled":
            # An earlier release, which enrols on the server alone, does not say so.
            began = detail.get("began", Began.SERVER)
            about = (detail["person"], detail["kind"], detail["label"], began)
            self._factors.setdefault(detail["factor"], _Factor(about))
        elif (factor := self._factors.get(detail["factor"])) is None:
            return
        elif action == "factor_asked":
            factor.owner = (line, detail["slack_id"])
        elif action == "factor_confirmed":
            factor.confirmed = (at, actor_id)
        else:
            factor.ended = (at, actor_id)

    def _take_challenge(
        self, told: dict[str, _Challenge], at: int, action: str, about: tuple[Any, ...], detail: Any
    ) -> None:
        known = told.setdefault(detail["challenge"], _Challenge(about))
        if known.about != about:
            known.about = None
        match action.rpartition("_")[2]:
            case "failed":
                known.failures += 1
            case "met":
                known.met_at, known.factor = at, detail.get("factor")
            case "spent":
                known.spent_at = at
                # Which expectation it was is told by its id: how it was sealed is compared with its row.
                self._spent.add(about if told is self._challenges else (*about[:2], *about[3:]))
            case "ended":
                known.ended_at = at

    def is_spent_on(self, expectation: str, act: str, actor_id: Any, kind: str) -> bool:
        """Whether a line tells of a proof of this kind that this person spent on this."""
        return (expectation, act, actor_id, kind) in self._spent

    def check(self, seen: Snapshot, findings: Findings, renames: Sequence[tuple[int, str, str]]) -> None:
        """Compare the rows with the lines, both ways."""
        _check_challenges(seen, findings, self._challenges, "proof_challenge", _OF_EVENT)
        of_expectations = self._of_expectations
        _check_challenges(seen, findings, of_expectations, "expectation_challenge", _OF_EXPECTATION)
        self._check_factors(seen, findings, renames)
        self._check_losses(seen, findings)
        statement = "SELECT id, event_id, actor_id, revision, proof FROM decision WHERE proof IS NOT NULL"
        for decision_id, event_id, actor_id, revision, kinds in seen.rows(f"{statement} ORDER BY id"):
            if any((event_id, actor_id, revision, kind) not in self._spent for kind in kinds.split()):
                what = "no audit line tells of a proof of its kind, event, person and revision that was spent"
                findings.altered("unproven", f"decision {decision_id}", what)

    def _check_factors(
        self, seen: Snapshot, findings: Findings, renames: Sequence[tuple[int, str, str]]
    ) -> None:
        left = dict(self._factors)
        columns = "person, kind, label, began, slack_id, confirmed_at, confirmed_by, ended_at, ended_by"
        for name, *row in seen.rows(f"SELECT id, {columns} FROM proof_factor ORDER BY id"):  # noqa: S608 (names of ours)
            known = left.pop(name, None)
            if known is None:
                what = "no audit line tells that it was enrolled"
                findings.altered("factor added", f"factor {name}", what)
            elif (*known.about, known.member(renames), *known.confirmed, *known.ended) != tuple(row):
                what = "whose it is, or who confirmed or ended it, is not what the history says"
                findings.altered("factor", f"factor {name}", what)
        for name in left:
            findings.missing("factor gone", f"factor {name}", "it is gone, and the history tells of it")

    def _check_losses(self, seen: Snapshot, findings: Findings) -> None:
        left = dict(self._losses)
        for name, *row in seen.rows("SELECT id, slack_id, ended_at, ended_by FROM proof_loss ORDER BY id"):
            if left.pop(name, None) != tuple(row):
                what = "it is not what the history says of it"
                findings.altered("loss", f"lost device {name}", what)
        for name in left:
            findings.missing("loss", f"lost device {name}", "it is gone, and the history tells of it")


def _check_challenges(
    seen: Snapshot, findings: Findings, told: dict[str, _Challenge], table: str, about: tuple[str, ...]
) -> None:
    left = dict(told)
    columns = ", ".join((*about, "failures", "met_at", "factor_id", "spent_at", "ended_at"))
    statement = f"SELECT nonce, {columns} FROM {table} ORDER BY created_at, nonce"  # noqa: S608 (names of ours)
    for nonce, *row in seen.rows(statement):
        name = name_of(nonce)
        known = left.pop(name, None)
        if known is None:
            what = "no audit line tells that it was begun"
            findings.altered("proof added", f"proof {name}", what)
            continue
        state = (known.failures, known.met_at, known.factor, known.spent_at, known.ended_at)
        if (*(known.about or ()), *state) != tuple(row):
            findings.altered("proof", f"proof {name}", "it is not what the history says of it")
    for name in left:
        what = "it is gone, and the history tells of it"
        findings.missing("proof gone", f"proof {name}", what)


def lacks_proof(weight: str | None, detail: Any) -> bool:
    """Whether a line approves what takes a proof, by the history's own word, and names none."""
    demands = {*(weight or "").split(", ")} & _DEMANDS
    return bool(demands) and detail.get("verdict") == Verdict.APPROVE and not detail.get("proof")
