"""Proof of an expectation: by which kinds a person can prove that they announce or confirm it, and have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from powertrip.domain import proof
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import ANY, FACTORS, Attempt, Challenge, ProofKind, Proving
from powertrip.errors import CannotProve, ProofRequired

NONCES = "~"
"""With which the nonces of these begin, and those of no approval: a nonce tells what it proves."""


class Act(StrEnum):
    """What somebody proves of an expectation."""

    ANNOUNCE = "announce"
    CONFIRM = "confirm"


DOING = {Act.ANNOUNCE: "Announcing this", Act.CONFIRM: "Confirming this"}
DONE = {Act.ANNOUNCE: "announced", Act.CONFIRM: "confirmed"}
AGAIN = {Act.ANNOUNCE: "announce it again", Act.CONFIRM: "confirm it again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationChallenge(Attempt):
    """One attempt of one person to prove that they announce one expectation, or confirm it."""

    act: Act
    expected: Expectation
    """As it was when they were asked: the proof is good for exactly this. What is announced is kept nowhere
    else before it is proven."""


AnyChallenge = Challenge | ExpectationChallenge


@dataclass(frozen=True, slots=True)
class Proven:
    """What is demanded of whoever puts an expectation into force, and what they have proven it by."""

    demands: tuple[str, ...] = ()
    challenges: tuple[ExpectationChallenge, ...] = ()

    @property
    def kinds(self) -> str | None:
        """As an expectation names them."""
        return " ".join(sorted(each.kind for each in self.challenges)) or None


UNPROVEN = Proven()
"""Where nothing is demanded."""


class ProofWanted(ProofRequired):
    """Whoever announces or confirms this has to prove it first; `kinds` are those by which they can."""

    def __init__(self, act: Act, expected: Expectation, kinds: tuple[ProofKind, ...]) -> None:
        self.act, self.expected = act, expected
        text = f"{DOING[act]} takes a proof that Slack cannot give. Nothing was {DONE[act]}: {AGAIN[act]}."
        super().__init__(text, kinds)


def options(word: str, kinds: Sequence[ProofKind]) -> tuple[ProofKind, ...]:
    """Those of the configured kinds that satisfy what the configuration names, the best first."""
    return tuple(kind for kind in FACTORS if kind in kinds and word in (ANY, kind))


def check(
    act: Act,
    expected: Expectation,
    demands: Sequence[str],
    ready: Sequence[ExpectationChallenge],
    *,
    proving: Proving,
    now: datetime,
) -> Proven:
    """What putting it into force spends, of what this person has proven of it.

    Raises ProofWanted for the first proof that is missing, or CannotProve where they cannot give it.
    """
    spent: dict[str, ExpectationChallenge] = {}
    # Kinds by name before any kind: one that is given for its name is any kind, too.
    for word in sorted(demands, key=lambda word: word == ANY):
        kinds = options(word, proving.kinds)
        proven = next((each for each in ready if each.kind in kinds and each.is_ready(now)), None)
        if proven is None:
            raise _missing(act, expected, kinds, proving, now)
        spent[proven.nonce] = proven
    return Proven(tuple(demands), tuple(spent.values()))


def _missing(
    act: Act, expected: Expectation, kinds: Sequence[ProofKind], proving: Proving, now: datetime
) -> ProofWanted | CannotProve:
    can = tuple(kind for kind in kinds if proof.usable(kind, expected, proving, now))
    if can:
        return ProofWanted(act, expected, can)
    why = proof.why_not(kinds, expected, proving, now, DOING[act])
    return CannotProve(f"{why} Nothing was {DONE[act]}; ending one never takes a proof.")
