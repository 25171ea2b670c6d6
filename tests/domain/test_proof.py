"""What a challenge is good for, and which of them an approval may spend."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.decision import Via
from powertrip.domain.proof import Challenge, Factor, ProofKind, Proving, options, spendable, usable
from tests.samples import ALICE, BOB, NOW, event, later

ABOUT = event(requires_proof="totp")
MET = Challenge(
    nonce="only-alice-knows",
    event_id=ABOUT.id,
    revision=1,
    slack_id=ALICE,
    name="Alice",
    team_id=None,
    kind=ProofKind.TOTP,
    via=Via.BUTTON,
    channel="D1",
    created_at=NOW,
    until=later(minutes=5),
    met_at=NOW,
)


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "another"},
        {"slack_id": BOB},
        {"revision": 2},
        {"met_at": None},
        {"spent_at": NOW},
        {"ended_at": NOW},
        {"until": NOW},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_proof_is_spent_once_in_time_on_what_it_is_of(changes: dict[str, Any]) -> None:
    assert spendable(ABOUT, ALICE, 1, Proving(challenges=(MET,)), NOW) == (MET,)

    assert spendable(ABOUT, ALICE, 1, Proving(challenges=(replace(MET, **changes),)), NOW) == ()


@pytest.mark.parametrize("changes", [{"met_at": NOW}, {"ended_at": NOW}, {"until": NOW}], ids=str)
def test_a_challenge_is_met_once_and_in_time(changes: dict[str, Any]) -> None:
    begun = replace(MET, met_at=None)

    assert begun.is_open(NOW)
    assert not replace(begun, **changes).is_open(NOW)


def test_what_is_locked_or_of_another_kind_begins_nothing() -> None:
    mine = Factor(id="f1", kind=ProofKind.TOTP, secret="sealed", confirmed_at=later(days=-2))
    locked = replace(mine, locked_until=later(minutes=1))

    assert usable(ProofKind.TOTP, ABOUT, Proving(factors=(mine,)), NOW)
    assert not usable(ProofKind.PASSKEY, ABOUT, Proving(factors=(mine,)), NOW)
    assert not usable(ProofKind.TOTP, ABOUT, Proving(factors=(locked,)), NOW)
    assert usable(ProofKind.TOTP, ABOUT, Proving(factors=(locked,)), NOW + timedelta(minutes=1))


def test_whoever_reads_a_log_learns_no_nonce_and_no_secret() -> None:
    factor = Factor(id="f1", kind=ProofKind.TOTP, secret="sealed", confirmed_at=NOW)

    assert "only-alice-knows" not in repr(MET)
    assert "sealed" not in repr(factor)


@pytest.mark.parametrize(
    ("word", "number", "kinds", "is_subject", "satisfy"),
    [
        ("proof", "87", (ProofKind.SESSION_NUMBER, ProofKind.TOTP), True, ("session_number", "totp")),
        ("proof", "87", (ProofKind.SESSION_NUMBER, ProofKind.TOTP), False, ("totp",)),
        ("proof", "87", (ProofKind.TOTP,), True, ("totp",)),
        ("proof", None, (ProofKind.SESSION_NUMBER,), True, ()),
        ("session_number", "87", (), True, ("session_number",)),
        # What somebody else sees is never made up for by typing.
        ("session_number", "87", (), False, ()),
        ("session_number", None, (), True, ("typed_host",)),
        ("session_number", None, (ProofKind.TOTP,), True, ("totp",)),
        ("totp", "87", (ProofKind.PASSKEY,), True, ()),
        ("of-a-later-release", "87", (ProofKind.TOTP,), True, ()),
    ],
)
def test_what_satisfies_a_demand_depends_on_who_sees_a_number_and_what_is_configured(
    word: str, number: str | None, kinds: tuple[ProofKind, ...], is_subject: bool, satisfy: tuple[str, ...]
) -> None:
    about = event(session_number=number)

    assert options(word, about, Proving(kinds=kinds), is_subject=is_subject) == satisfy
