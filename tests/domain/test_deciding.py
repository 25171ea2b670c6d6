"""How an event begins to be asked about, and what one decision takes and leads to."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.deciding import DecisionPlan, open_event, plan
from powertrip.domain.decision import Decision, Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.hids import HidsProfile, Watch
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.domain.policy import Policy
from powertrip.domain.proof import ProofKind, Proving
from powertrip.domain.reminders import Reminders
from powertrip.errors import (
    AlreadyDecided,
    NotAllowed,
    NotShown,
    ProofRequired,
    ReasonRequired,
    Refused,
    SecondPersonRequired,
)
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, decision, event, later

AFTER = timedelta(minutes=10)
SECOND = Policy(require=("second_person",))
REASON = Policy(require=("reason",))


def planned(
    about: Event, taken: Decision, *policies: Policy, reviewer: bool = True, **changes: Any
) -> DecisionPlan:
    """The plan of a decision by a member, or a refusal."""
    terms: dict[str, Any] = {
        "policies": policies,
        "schedule": Reminders(remind_after=AFTER),
        "security_channel": SECURITY,
        "watches": (),
        "rest_id": "rest00001",
    }
    actor = Actor(slack_id=taken.actor_id, name="", standing=Standing.MEMBER, is_reviewer=reviewer)
    return plan(about, taken, actor, **(terms | changes))


def test_an_opened_event_carries_what_its_card_will_say() -> None:
    subject = Subject(kind=SubjectKind.BOT, name="deploy")
    opened = open_event(
        event(id=""),
        event_id="event00001",
        subject=subject,
        policies=(REASON, SECOND),
        schedule=Reminders(remind_after=AFTER),
        now=later(minutes=1),
    )
    assert (opened.id, opened.subject, opened.next_reminder_at) == ("event00001", subject, later(minutes=11))
    assert (opened.requires_reason, opened.requires_second_person) == (True, True)


def test_an_approval_ends_the_reminders_and_is_told_nowhere() -> None:
    about, taken = event(), decision()
    made = planned(about, taken)
    assert (made.before, made.after.status, made.after.decisions) == (about, Status.APPROVED, (taken,))
    assert (made.remind_at, made.outcome_channel, made.second_channel) == (None, None, None)


def test_a_denial_is_told_at_once_and_reminded_of_until_it_is_closed() -> None:
    taken = decision(Verdict.DENY)
    made = planned(event(), taken)
    assert (made.remind_at, made.outcome_channel) == (taken.at + AFTER, SECURITY)


def test_the_second_person_is_asked_at_once() -> None:
    taken = decision()
    made = planned(event(), taken, SECOND)
    assert (made.after.status, made.second_channel) == (Status.HALF_APPROVED, SECURITY)
    assert made.remind_at == taken.at + AFTER


def test_a_policy_that_came_after_the_card_is_heeded() -> None:
    half = planned(event(), decision(actor_id=CAROL), SECOND).after
    with pytest.raises(SecondPersonRequired):
        planned(half, decision(actor_id=CAROL), SECOND)
    assert planned(half, decision(actor_id=ALICE), SECOND).after.status is Status.APPROVED


def test_what_a_decision_does_not_cover_is_asked_where_its_event_was() -> None:
    taken = decision()
    made = planned(event(revision=3), taken)
    assert (made.rest_id, made.rest_conversation, made.rest_remind_at) == (
        "rest00001",
        ALICE,
        taken.at + AFTER,
    )
    nobody = Subject(kind=SubjectKind.UNMAPPED)
    assert planned(event(subject=nobody), decision()).rest_conversation == SECURITY
    spared = event(diverted="12 questions in 5 minutes")
    assert planned(spared, decision()).rest_conversation == SECURITY


@pytest.mark.parametrize(("named", "covered"), [(1, 1), (2, 2), (3, 2), (9_999_999, 2)])
def test_no_decision_covers_occurrences_that_nobody_has_seen(named: int, covered: int) -> None:
    assert planned(event(revision=2), decision(revision=named)).decision.revision == covered


def test_only_origins_without_records_of_their_own_are_told_of_every_decision() -> None:
    watches = (
        Watch(origin=HidsProfile(name="all"), tells=True),
        Watch(origin=HidsProfile(name="own", sources=("wazuh",)), tells=True),
        Watch(origin=HidsProfile(name="deaf"), tells=False),
    )
    assert planned(event(), decision(), watches=watches).tell == ("all",)


@pytest.mark.parametrize("reason", [None, ""])
def test_an_approval_takes_the_reason_that_the_policy_requires(reason: str | None) -> None:
    with pytest.raises(ReasonRequired, match="Approving this takes a reason"):
        planned(event(), decision(reason=reason), REASON)
    assert planned(event(), decision(Verdict.DENY, reason=reason), REASON).after.status is Status.DENIED
    assert planned(event(), decision(reason="planned work"), REASON).after.status is Status.APPROVED


def test_closing_always_takes_a_note() -> None:
    denied = event(status=Status.DENIED, decisions=(decision(Verdict.DENY),))
    with pytest.raises(ReasonRequired, match="takes a note"):
        planned(denied, decision(Verdict.CLOSE))


@pytest.mark.parametrize(
    ("about", "actor_id", "refusal"),
    [
        (event(), BOB, NotAllowed),
        (event(status=Status.APPROVED, decisions=(decision(actor_id=CAROL),)), ALICE, AlreadyDecided),
        (event(status=Status.APPROVED, decisions=(decision(actor_id=CAROL),)), BOB, NotAllowed),
    ],
)
def test_nobody_is_asked_for_a_reason_for_what_they_cannot_decide(
    about: Event, actor_id: str, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        planned(about, decision(actor_id=actor_id), REASON, reviewer=False)


def test_nobody_is_asked_for_a_reason_for_what_they_cannot_prove() -> None:
    both, nothing = Policy(require=(ProofKind.TOTP, "reason")), Proving(kinds=(ProofKind.TOTP,))
    with pytest.raises(NotAllowed, match="you have not enrolled"):
        planned(event(), decision(reason=None), both, proving=nothing)


@pytest.mark.parametrize("has_identity", [True, False])
def test_who_cannot_prove_it_reads_where_they_enrol_if_a_sign_in_would_do_that(has_identity: bool) -> None:
    page = "https://powertrip.internal/enrol"
    proving = Proving(kinds=(ProofKind.TOTP,), enrol_page=page, has_identity=has_identity)
    with pytest.raises(NotAllowed, match="NAME on the server") as refused:
        planned(event(), decision(reason=None), Policy(require=(ProofKind.TOTP,)), proving=proving)
    assert (f"or you do at {page}, and a reviewer confirms it." in str(refused.value)) is has_identity


def test_a_proof_is_asked_for_after_the_reason() -> None:
    both, typing = Policy(require=(ProofKind.TYPED_HOST, "reason")), Proving()
    with pytest.raises(ReasonRequired):
        planned(event(), decision(reason=None), both, proving=typing)
    with pytest.raises(ProofRequired):
        planned(event(), decision(reason="planned work"), both, proving=typing)


def test_the_outcome_shows_only_what_was_covered() -> None:
    made = planned(event(revision=3, occurrences=3), decision(revision=2))
    rest = replace(event(), id=made.rest_id)
    assert (made.outcome(rest).event.revision, made.outcome(rest).event.occurrences) == (2, 2)
    assert made.outcome(rest).rest == rest


def test_the_outcome_of_all_occurrences_is_the_event_itself() -> None:
    made = planned(event(revision=3, occurrences=3), decision(revision=3))
    assert made.outcome(None).event == made.after
    assert made.decision.at > NOW


@pytest.mark.parametrize(
    ("named", "shown", "approves"),
    [(1, 0, True), (2, 2, True), (1, 3, True), (2, 1, False), (3, 2, False), (99_999, 5, False)],
)
def test_whoever_types_can_approve_no_revision_that_no_message_has_shown(
    named: int, shown: int, approves: bool
) -> None:
    about = event(revision=5, occurrences=5)
    if approves:
        assert planned(about, decision(revision=named), shown=shown).decision.revision == named
        return
    newest = f"{about.id}.{shown}" if shown > 1 else about.id
    with pytest.raises(NotShown, match=f"{about.id}.{named} yet.* is {re.escape(newest)}\\.$"):
        planned(about, decision(revision=named), shown=shown)
    # To deny what nobody has seen yet covers nothing that should have been asked about.
    denied = planned(about, decision(Verdict.DENY, revision=named), shown=shown)
    assert denied.after.status is Status.DENIED
    # A button carries what its message shows: after a decision that split the event, more than there is.
    assert planned(about, decision(revision=named)).decision.revision == min(named, 5)
