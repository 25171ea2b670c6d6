"""The answers beside yes and no: who may give them, what they lead to, and that they make nothing easier."""

import pytest

from powertrip.domain import agents, policy
from powertrip.domain.decision import ActorKind, Doubt
from powertrip.domain.doubt import MOST, DoubtPlan, plan
from powertrip.domain.event import Event, Status
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.domain.policy import Policy
from powertrip.errors import AlreadyDecided, NotAllowed, NotInThisStatus, ReasonRequired, Refused
from tests.domain.test_deciding import REASON, SECOND, planned
from tests.samples import ALICE, BOB, CAROL, SECURITY, decision, doubt, event


def doubted(
    about: Event, said: Doubt, *, reviewer: bool = False, standing: Standing = Standing.MEMBER
) -> DoubtPlan:
    actor = Actor(slack_id=said.actor_id, name="", standing=standing, is_reviewer=reviewer)
    return plan(about, said, actor, security_channel=SECURITY)


def test_a_person_who_is_not_sure_decides_nothing_and_the_security_channel_is_told() -> None:
    after = doubted(event(), doubt())
    assert (after.after.status, after.after.decisions, after.channel) == (Status.PENDING, (), SECURITY)
    assert after.after.is_subject_unsure


def test_the_channel_is_told_once_however_many_are_not_sure() -> None:
    carol = doubt(actor_id=CAROL, is_subject=False)
    after = doubted(event(doubts=(doubt(),)), carol, reviewer=True)
    assert (after.after.doubts, after.channel) == ((doubt(), carol), None)


def test_nobody_is_told_of_a_test() -> None:
    assert doubted(event(is_test=True), doubt()).channel is None


def test_no_doubt_is_about_more_than_was_there() -> None:
    assert doubted(event(revision=2), doubt(revision=9)).doubt.revision == 2


denied = event(status=Status.DENIED, decisions=(decision(actor_id=BOB),))
half = event(status=Status.HALF_APPROVED, decisions=(decision(),))
crowd = tuple(doubt(actor_id=f"U{number}", is_subject=False) for number in range(MOST))


@pytest.mark.parametrize(
    ("about", "said", "refusal"),
    [
        (event(), doubt(actor_id=BOB), NotAllowed),
        (denied, doubt(), AlreadyDecided),
        (half, doubt(), AlreadyDecided),
        (event(doubts=(doubt(),)), doubt(), AlreadyDecided),
        (event(doubts=crowd), doubt(), NotInThisStatus),
    ],
    ids=["stranger", "decided", "approved by them", "said before", "too many"],
)
def test_a_doubt_that_changes_nothing_is_answered_with_the_reason(
    about: Event, said: Doubt, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        doubted(about, said)


def test_a_doubt_counts_like_a_denial_where_slack_cannot_confirm_who_has_it() -> None:
    assert doubted(event(), doubt(), standing=Standing.UNKNOWN).channel == SECURITY


CLAIMS = ({"claimed_agent": "claude"}, {"environment": "LANG=C AI_AGENT=claude"})


@pytest.mark.parametrize("fields", CLAIMS)
def test_a_claimed_agent_is_read_and_lowers_no_requirement(fields: dict[str, str]) -> None:
    assert agents.claimed(fields) == "claude"
    required = policy.with_requirements(event(fields=fields), (REASON, SECOND))
    assert (required.requires_reason, required.requires_second_person) == (True, True)


@pytest.mark.parametrize("environment", ["", "AI_AGENT=", "NOT_AI_AGENT=x", "AI_AGENTS=x"])
def test_what_only_looks_like_a_claim_is_none(environment: str) -> None:
    assert agents.claimed({"environment": environment}) is None


FOR_AGENT = decision(actor_kind=ActorKind.AGENT, agent_name="nightly-backup", agent_running=True)


def test_an_approval_for_an_agent_takes_its_name_but_only_of_whoever_may_approve() -> None:
    unnamed = decision(actor_kind=ActorKind.AGENT)
    with pytest.raises(ReasonRequired):
        planned(event(), unnamed)
    with pytest.raises(AlreadyDecided):
        planned(denied, unnamed)
    with pytest.raises(NotAllowed):
        planned(event(), decision(actor_kind=ActorKind.AGENT, actor_id=BOB), reviewer=False)


@pytest.mark.parametrize(("required", "status"), [(None, Status.APPROVED), (SECOND, Status.HALF_APPROVED)])
def test_an_approval_for_an_agent_takes_all_that_an_approval_takes(
    required: Policy | None, status: Status
) -> None:
    assert planned(event(), FOR_AGENT, *([required] if required else [])).after.status is status
    with pytest.raises(ReasonRequired):
        planned(event(), FOR_AGENT, REASON)


@pytest.mark.parametrize(
    ("subject", "user_name", "words"),
    [
        (Subject(kind=SubjectKind.PERSON, slack_id=ALICE), "alice", "give the program one of its own"),
        (Subject(kind=SubjectKind.UNMAPPED), "backup", "The entry: backup: {bot: true"),
        (Subject(kind=SubjectKind.UNMAPPED), "a: {bot: no}", "The entry: its-account: {bot: true"),
    ],
    ids=["a person's account", "unlisted", "a name that would not be YAML"],
)
def test_reviewers_are_told_how_to_list_it(subject: Subject, user_name: str, words: str) -> None:
    told = planned(event(subject=subject, user_name=user_name), FOR_AGENT).suggestion
    assert told is not None
    assert "nightly-backup" in told.lines[0]
    assert words in told.lines[1]


def test_nothing_is_suggested_of_what_is_listed_or_of_a_person_or_of_a_test() -> None:
    bot = event(subject=Subject(kind=SubjectKind.BOT, name="alice"))
    assert planned(bot, FOR_AGENT).suggestion is None
    assert planned(event(), decision()).suggestion is None
    assert planned(event(is_test=True), FOR_AGENT).suggestion is None
