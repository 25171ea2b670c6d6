"""Who may do what about a denied event, and what they are told where they may not."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from powertrip.domain import after_denial, deciding
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.follow_up import DenialNote, FollowUp, Item, NoteKind, Owner
from powertrip.domain.not_me import CHECKLIST, LINES_AT_MOST, SAY, NotMe
from powertrip.domain.people import Actor, Standing
from powertrip.domain.reminders import Reminders
from powertrip.errors import NotAllowed, NotInThisStatus, ReasonRequired, Refused
from tests.samples import ALICE, BOB, CAROL, NOW, decision, event, later

DANA = "U0DANA"
PAUSE = timedelta(hours=24)
CLAIM = DenialNote(kind=NoteKind.CLAIM, actor_id=ALICE, actor_name="Alice", at=NOW, text="My own script.")


def reviewer(slack_id: str = CAROL, **changes: Any) -> Actor:
    fields: dict[str, Any] = {"standing": Standing.MEMBER, "is_reviewer": True, "name": slack_id}
    return Actor(slack_id=slack_id, **(fields | changes))


def denied(by: str = ALICE, **follow_up: Any) -> Event:
    """Alice's login, denied."""
    made = decision(Verdict.DENY, actor_id=by, actor_name=by)
    return event(status=Status.DENIED, decisions=(made,), follow_up=FollowUp(**follow_up))


def owner(slack_id: str = CAROL) -> Owner:
    return Owner(slack_id=slack_id, name=slack_id, since=NOW, until=later(hours=24))


def own(about: Event, actor: Actor, instead_of: str | None = None) -> Owner | None:
    return after_denial.own(about, actor, instead_of=instead_of, pause=PAUSE, now=NOW).owner


def approve(about: Event, actor: Actor, reason: str | None = "She called me.") -> Event:
    """The event as a reviewer leaves it who approves it."""
    plan = deciding.plan(
        about,
        decision(actor_id=actor.slack_id, actor_name=actor.name, reason=reason),
        actor,
        policies=(),
        schedule=Reminders(),
        security_channel="C0SECURITY",
        watches=(),
        rest_id="rest",
    )
    return plan.after


def test_a_reviewer_has_it_until_they_did_nothing_for_a_day() -> None:
    taken = own(denied(), reviewer())
    assert taken == owner()
    follow_up = FollowUp(owner=taken)
    assert follow_up.quiet_for(later(hours=23)) == taken
    assert follow_up.quiet_for(later(hours=24)) is None


def test_what_the_owner_does_puts_the_mentions_off_and_what_others_do_does_not() -> None:
    assert after_denial.put_off(owner(), CAROL, PAUSE, later(hours=5)) == Owner(
        slack_id=CAROL, name=CAROL, since=NOW, until=later(hours=29)
    )
    assert after_denial.put_off(owner(), DANA, PAUSE, later(hours=5)) is None


def test_it_is_taken_over_only_from_the_owner_whom_the_card_showed() -> None:
    about = denied(owner=owner())
    assert own(about, reviewer(DANA), instead_of=CAROL) == owner(DANA)
    for shown in (None, BOB):
        with pytest.raises(Refused, match=f"<@{CAROL}> has it, since 2026-01-15 12:00:00 UTC"):
            own(about, reviewer(DANA), instead_of=shown)
    with pytest.raises(Refused, match="You have it already"):
        own(about, reviewer(), instead_of=CAROL)
    with pytest.raises(Refused, match="nobody has it now"):
        own(denied(), reviewer(DANA), instead_of=CAROL)


def test_only_who_has_it_gives_it_back() -> None:
    assert after_denial.give_back(denied(owner=owner()), reviewer()).owner is None
    with pytest.raises(NotAllowed, match="you can take it over"):
        after_denial.give_back(denied(owner=owner()), reviewer(DANA))
    with pytest.raises(Refused, match="Nobody has it"):
        after_denial.give_back(denied(), reviewer())


def test_the_person_whom_it_is_about_does_not_silence_the_others_by_having_it() -> None:
    with pytest.raises(NotAllowed, match="somebody else has to look into it"):
        own(denied(), reviewer(ALICE))


@pytest.mark.parametrize(
    "actor",
    [
        reviewer(BOB, is_reviewer=False),
        *(reviewer(standing=standing) for standing in Standing if standing is not Standing.MEMBER),
    ],
    ids=lambda actor: f"{actor.standing}",
)
def test_nobody_but_reviewers_of_ours_follows_a_denial_up(actor: Actor) -> None:
    about = denied(items=(Item(number=1, text="Call her."),), owner=owner(actor.slack_id))
    for attempt in (
        lambda: own(about, actor),
        lambda: after_denial.give_back(about, actor),
        lambda: after_denial.tick(about, actor, 1, done=True, now=NOW),
        lambda: after_denial.note(about, actor, "mine", now=NOW),
        lambda: after_denial.claim(about, actor, "me", now=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_tick_says_who_and_when_and_can_be_taken_back() -> None:
    about = denied(items=(Item(number=1, text="Call her."), Item(number=2, text="Look.")))
    ticked = after_denial.tick(about, reviewer(), 2, done=True, now=NOW).item
    assert (ticked.number, ticked.text, ticked.done_by, ticked.done_at) == (2, "Look.", CAROL, NOW)
    with pytest.raises(Refused, match=f"<@{CAROL}> ticked this at 2026-01-15 12:00:00 UTC"):
        after_denial.tick(denied(items=(ticked,)), reviewer(DANA), 2, done=True, now=NOW)
    assert (
        after_denial.tick(denied(items=(ticked,)), reviewer(DANA), 2, done=False, now=NOW).item.done_at
        is None
    )
    for number in (0, 3):
        with pytest.raises(Refused, match="no such line"):
            after_denial.tick(about, reviewer(), number, done=True, now=NOW)


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        (event(), "Nobody has denied this event"),
        (
            event(status=Status.CLOSED, decisions=(decision(Verdict.CLOSE, actor_id=DANA),)),
            f"<@{DANA}> already closed",
        ),
        (event(status=Status.APPROVED, decisions=(decision(),)), f"<@{ALICE}> already approved"),
    ],
    ids=["open", "closed", "approved"],
)
def test_whoever_presses_an_old_button_hears_what_became_of_it(about: Event, sentence: str) -> None:
    for attempt in (
        lambda: own(about, reviewer()),
        lambda: after_denial.give_back(about, reviewer()),
        lambda: after_denial.tick(about, reviewer(), 1, done=True, now=NOW),
        lambda: after_denial.claim(about, reviewer(ALICE), "me", now=NOW),
    ):
        with pytest.raises(Refused, match=sentence):
            attempt()


def test_notes_are_taken_after_the_end_too_and_not_without_end() -> None:
    closed = event(status=Status.CLOSED, decisions=(decision(Verdict.CLOSE),))
    assert after_denial.note(closed, reviewer(), " Found it. ", now=NOW).note.text == "Found it."
    with pytest.raises(NotInThisStatus):
        after_denial.note(event(), reviewer(), "too early", now=NOW)
    full = (DenialNote(kind=NoteKind.NOTE, actor_id=CAROL, actor_name="Carol", at=NOW, text="x"),) * 50
    with pytest.raises(Refused, match="50 notes already"):
        after_denial.note(denied(notes=full), reviewer(), "one more", now=NOW)
    with pytest.raises(Refused, match="write what it is"):
        after_denial.note(denied(), reviewer(), " \n ", now=NOW)


def test_a_claim_alone_approves_nothing() -> None:
    made = after_denial.claim(
        denied(), reviewer(ALICE, name="Alice", is_reviewer=False), "My own script.", now=NOW
    )
    assert made.note == CLAIM
    claimed = denied(claim=CLAIM)
    for its_own in (reviewer(ALICE), reviewer(ALICE, is_reviewer=False)):
        with pytest.raises(NotAllowed, match="a reviewer who has not denied it"):
            approve(claimed, its_own)
    with pytest.raises(Refused, match="You said so at"):
        after_denial.claim(claimed, reviewer(ALICE), "again", now=NOW)


def test_only_a_reviewer_who_has_not_denied_it_approves_what_was_claimed_and_says_why() -> None:
    claimed = denied(by=BOB, claim=CLAIM)
    with pytest.raises(NotAllowed, match="You denied this"):
        approve(claimed, reviewer(BOB))
    with pytest.raises(NotAllowed, match="Only the person"):
        approve(claimed, reviewer(DANA, is_reviewer=False))
    with pytest.raises(ReasonRequired):
        approve(claimed, reviewer(), reason=None)
    after = approve(claimed, reviewer())
    assert after.status is Status.APPROVED
    assert [made.verdict for made in after.decisions] == [Verdict.DENY, Verdict.APPROVE]


def test_without_a_claim_a_denial_stands() -> None:
    with pytest.raises(Refused, match=f"<@{ALICE}> already denied this"):
        approve(denied(), reviewer())


def test_ones_own_lists_stand_in_place_of_those_that_come_along() -> None:
    written: dict[str, Any] = {
        "say": {"ssh_*": "Call us."},
        "checklist": {"*": ["Call them.", "Write it down."]},
        "phone": "+49 30 901820",
    }
    ours = NotMe(**written)
    assert ours.guidance("ssh_login").lines == ("Call us.",)
    assert ours.guidance("ssh_login").phone == "+49 30 901820"
    assert ours.guidance("aws_root_use").lines == SAY["aws_*"]
    assert ours.checklist_of("aws_root_use") == ("Call them.", "Write it down.")
    assert NotMe().checklist_of("something_of_ours") == CHECKLIST["*"]


def test_all_lists_that_come_along_keep_to_what_a_list_of_ones_own_may_be() -> None:
    assert NotMe(say=dict(SAY), checklist=dict(CHECKLIST)).say == SAY
    assert max(map(len, [*SAY.values(), *CHECKLIST.values()])) <= LINES_AT_MOST


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "<!channel>"},
        {"runbook": "https://wiki.example.com/a|b>"},
        {"runbook": "javascript:alert(1)"},
        {"say": {"*": []}},
        {"checklist": {"*": ["x"] * (LINES_AT_MOST + 1)}},
        {"checklist": {"*": ["x" * 151]}},
        {"mentions_pause": "8d"},
    ],
    ids=str,
)
def test_what_could_not_be_shown_or_would_silence_too_long_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NotMe(**wrong)
