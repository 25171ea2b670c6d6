"""Which verdict leads where, and what is said to whoever comes too late."""

from dataclasses import replace

import pytest

from powertrip.domain import lifecycle
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from powertrip.errors import AlreadyDecided, NotInThisStatus, SecondPersonRequired
from tests.samples import ALICE, CAROL, decision, event

FINAL = {Status.APPROVED, Status.CLOSED}


def decided_event(status: Status) -> Event:
    """An event that Carol brought into this status."""
    verdict = {Status.DENIED: Verdict.DENY, Status.CLOSED: Verdict.CLOSE}.get(status, Verdict.APPROVE)
    return event(status=status, decisions=(decision(verdict, actor_id=CAROL),))


@pytest.mark.parametrize(
    ("verdict", "second", "expected"),
    [
        (Verdict.APPROVE, False, Status.APPROVED),
        (Verdict.APPROVE, True, Status.HALF_APPROVED),
        (Verdict.DENY, False, Status.DENIED),
        (Verdict.DENY, True, Status.DENIED),  # a denial never waits for a second person
    ],
)
def test_a_pending_event_goes_where_the_verdict_leads(
    verdict: Verdict, second: bool, expected: Status
) -> None:
    after = lifecycle.decide(event(requires_second_person=second), decision(verdict))
    assert (after.status, len(after.decisions)) == (expected, 1)


def test_the_second_person_finishes_the_approval() -> None:
    half = replace(decided_event(Status.HALF_APPROVED), requires_second_person=True)
    after = lifecycle.decide(half, decision(actor_id=ALICE))
    assert (after.status, [item.actor_id for item in after.decisions]) == (Status.APPROVED, [CAROL, ALICE])


def test_the_same_person_is_not_a_second_one() -> None:
    half = replace(decided_event(Status.HALF_APPROVED), requires_second_person=True)
    with pytest.raises(SecondPersonRequired):
        lifecycle.decide(half, decision(actor_id=CAROL))


def test_a_half_approved_event_can_still_be_denied_by_either() -> None:
    half = replace(decided_event(Status.HALF_APPROVED), requires_second_person=True)
    after = lifecycle.decide(half, decision(Verdict.DENY, actor_id=CAROL))
    assert after.status is Status.DENIED


@pytest.mark.parametrize("status", [Status.APPROVED, Status.DENIED, Status.CLOSED])
@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.DENY])
def test_whoever_is_late_learns_who_was_first_and_when(status: Status, verdict: Verdict) -> None:
    with pytest.raises(AlreadyDecided, match=rf"<@{CAROL}> already .* 2026-01-15 12:01:00 UTC"):
        lifecycle.decide(decided_event(status), decision(verdict))


@pytest.mark.parametrize("status", [Status.PENDING, Status.HALF_APPROVED, Status.APPROVED])
def test_only_a_denied_event_is_closed(status: Status) -> None:
    with pytest.raises(NotInThisStatus, match="Only a denied event can be closed"):
        lifecycle.decide(decided_event(status), decision(Verdict.CLOSE))


def test_closing_ends_a_denied_event() -> None:
    after = lifecycle.decide(decided_event(Status.DENIED), decision(Verdict.CLOSE))
    assert after.status is Status.CLOSED


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nothing_leads_out_of_a_final_status(status: Status) -> None:
    assert not [step for step in lifecycle.TRANSITIONS if step[0] is status]
