"""Who may decide, and what the decision takes."""

from dataclasses import replace

import pytest

from powertrip.domain import policy
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Severity
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.domain.policy import Policy, When
from powertrip.errors import NotAllowed
from tests.samples import ALICE, BOB, CAROL, event


def actor(slack_id: str, standing: Standing = Standing.MEMBER, *, reviewer: bool = False) -> Actor:
    """Somebody who clicked."""
    return Actor(slack_id=slack_id, name=slack_id, standing=standing, is_reviewer=reviewer)


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.DENY])
def test_the_subject_and_the_reviewers_may_decide(verdict: Verdict) -> None:
    policy.authorise(event(), actor(ALICE), verdict)
    policy.authorise(event(), actor(CAROL, reviewer=True), verdict)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_nobody_else_may_decide(verdict: Verdict) -> None:
    with pytest.raises(NotAllowed, match="Only the person this event is about"):
        policy.authorise(event(), actor(BOB), verdict)


def test_a_name_gives_no_right() -> None:
    """Whatever somebody calls themselves in Slack, what counts is the id behind the click."""
    mallory = replace(actor("U0MALLORY"), name="Alice")
    with pytest.raises(NotAllowed):
        policy.authorise(event(), mallory, Verdict.APPROVE)


def test_only_a_reviewer_closes() -> None:
    policy.authorise(event(), actor(CAROL, reviewer=True), Verdict.CLOSE)
    with pytest.raises(NotAllowed, match="Only a reviewer can close"):
        policy.authorise(event(), actor(ALICE), Verdict.CLOSE)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing.GUEST, "Guests"),
        (Standing.DEACTIVATED, "deactivated"),
        (Standing.OUTSIDER, "another organisation"),
        (Standing.BOT, "Bots"),
        (Standing.UNKNOWN, "nothing was decided"),
    ],
)
def test_whoever_is_not_a_full_member_approves_nothing_even_as_a_reviewer(
    standing: Standing, said: str
) -> None:
    with pytest.raises(NotAllowed, match=said):
        policy.authorise(event(), actor(ALICE, standing, reviewer=True), Verdict.APPROVE)


def test_a_denial_counts_while_slack_cannot_say_who_it_is() -> None:
    policy.authorise(event(), actor(ALICE, Standing.UNKNOWN), Verdict.DENY)
    with pytest.raises(NotAllowed):
        policy.authorise(event(), actor(BOB, Standing.UNKNOWN), Verdict.DENY)


def test_nobody_is_the_subject_of_an_event_without_one() -> None:
    about = event(subject=Subject(kind=SubjectKind.UNMAPPED))
    with pytest.raises(NotAllowed):
        policy.authorise(about, actor(ALICE), Verdict.APPROVE)


@pytest.mark.parametrize(
    ("when", "applies"),
    [
        (When(), True),
        (When(rule=("ssh_login",)), True),
        (When(rule=("sudo",)), False),
        (When(host=("bastion*",)), True),
        (When(host=("BASTION-?",)), True),  # host names have no case
        (When(host=("db*",)), False),
        (When(user=("alice", "root")), True),
        (When(user=("Alice",)), False),  # unix user names do
        (When(severity=Severity.MEDIUM), True),  # the event's own
        (When(severity=Severity.HIGH), False),
        (When(host=("bastion*",), user=("root",)), False),  # all conditions must hold
    ],
)
def test_a_policy_applies_where_all_its_conditions_hold(when: When, applies: bool) -> None:
    assert when.holds_for(event()) is applies


def test_a_policy_about_hosts_is_not_about_an_event_without_one() -> None:
    assert not When(host=("bastion*",)).holds_for(event(host_name=None))


def test_demands_add_up() -> None:
    policies = [Policy(require=("reason",)), Policy(when=When(user=("alice",)), require=("second_person",))]
    required = policy.with_requirements(event(), policies)
    assert (required.requires_reason, required.requires_second_person) == (True, True)


def test_what_the_card_demanded_stays_demanded_when_the_policy_is_relaxed() -> None:
    required = policy.with_requirements(event(requires_second_person=True), [])
    assert (required.requires_reason, required.requires_second_person) == (False, True)
