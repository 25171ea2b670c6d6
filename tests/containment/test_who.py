"""Who may have what contained: no colleague at one's own word, nobody who is spared, and not many at once."""

from typing import Any

import pytest

from powertrip.containment import ContainmentSection
from powertrip.domain.contained import ContainmentState
from powertrip.domain.containment import is_never
from powertrip.domain.event import Status
from powertrip.domain.people import Person, Subject, SubjectKind
from powertrip.errors import NotAllowed, NotInThisStatus, Refused
from tests.containment.conftest import NewRoom
from tests.containment.outside import Outside
from tests.containment.room import DANA
from tests.samples import ALICE, BOB, CAROL, event
from tests.store.busy import Busy, faults

ASKED, DONE, LAPSED = ContainmentState.ASKED, ContainmentState.DONE, ContainmentState.LAPSED


@pytest.mark.parametrize("who", [ALICE, BOB])
async def test_only_reviewers_press_and_nobody_about_themselves(
    new_room: NewRoom, world: Outside, who: str
) -> None:
    room = new_room()
    # Whoever has the Slack of a reviewer whom it is about does not lock them out, nor lets them in again.
    room.reviewers.add(ALICE)
    await room.denied()
    with pytest.raises(NotAllowed):
        await room.press("hook", by=who)
    room.reviewers.discard(ALICE)
    await room.press("hook")
    await room.work()
    room.reviewers.add(ALICE)
    with pytest.raises(NotAllowed):
        await room.undo(by=who)
    assert len(world.hooks) == 1
    assert await faults(room.thread) == {}


@pytest.mark.parametrize("status", [Status.PENDING, Status.APPROVED, Status.CLOSED])
async def test_only_what_is_denied_is_contained(new_room: NewRoom, world: Outside, status: Status) -> None:
    room = new_room()
    busy = Busy(room.thread)
    await busy.opened("login")
    if status is Status.CLOSED:
        await busy.decide("login", Status.DENIED)
    if status is not Status.PENDING:
        await busy.decide("login", status, CAROL, minutes=6)
    with pytest.raises((NotInThisStatus, Refused)):
        await room.press("hook")
    await room.work()
    assert world.calls == []


async def test_what_is_closed_meanwhile_can_still_be_undone(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    await room.work()
    await Busy(room.thread).decide("login", Status.CLOSED, CAROL, minutes=20)
    await room.undo(DANA)
    await room.work()
    assert [each["do"] for each in world.hooks] == ["contain", "undo"]
    # What undid it is not undone in its turn.
    containments, press = room.pressed_by(CAROL)
    with pytest.raises(Refused, match="cannot be undone"):
        await containments.undo(press, (await room.contained())[-1].id)


async def test_nobody_contains_a_colleague_at_their_own_word(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("hook")
    await room.work()
    (asked,) = await room.contained()
    assert (asked.state, asked.why_second, world.calls) == (ASKED, "nobody else has denied it", [])
    with pytest.raises(Refused, match="was not done"):
        await room.undo(DANA)
    with pytest.raises(NotAllowed, match="You asked for this yourself"):
        await room.agree(CAROL)
    with pytest.raises(NotAllowed, match="Only reviewers"):
        await room.agree(BOB)
    await room.agree(DANA)
    with pytest.raises(Refused, match="Nobody has to agree"):
        await room.agree(DANA)
    await room.work()
    (done,) = await room.contained()
    assert (done.state, len(world.hooks), done.agreed and done.agreed.slack_id) == (DONE, 1, DANA)
    assert await faults(room.thread) == {}


async def test_one_person_under_two_ids_is_no_second_reviewer(new_room: NewRoom, world: Outside) -> None:
    """Their workspace has joined an organisation since they denied it, and since they asked."""
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("hook")
    await room.denied("other", by=CAROL)
    room.renamed[CAROL] = "W0CAROL"
    room.reviewers.add("W0CAROL")
    with pytest.raises(NotAllowed, match="You asked for this yourself"):
        await room.agree("W0CAROL")
    await room.press("hook", "W0CAROL", "other")
    await room.work()
    assert [await room.states(name) for name in ("login", "other")] == [[ASKED], [ASKED]]
    assert world.calls == []


async def test_a_stranger_may_be_contained_at_one_word(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied(by=CAROL, subject=Subject(kind=SubjectKind.UNMAPPED), user_name="toor")
    await room.press("hook")
    await room.work()
    assert [each["user_name"] for each in world.hooks] == ["toor"]


async def test_a_reviewer_is_contained_by_two_others(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    room.reviewers |= {ALICE}
    await room.denied()
    await room.press("hook")
    (asked,) = await room.contained()
    assert asked.why_second == "this is about a reviewer"
    # Nobody agrees: it lapses, and can be asked for again.
    await room.work()
    room.clock.forward(hours=1)
    with pytest.raises(Refused, match="too long ago"):
        await room.agree()
    await room.work()
    assert (await room.states(), world.calls) == ([LAPSED], [])
    await room.press("hook", DANA)
    await room.agree(CAROL)
    await room.work()
    assert (await room.states(), len(world.hooks)) == ([LAPSED, DONE], 1)
    assert await faults(room.thread) == {}


async def test_the_fourth_in_an_hour_takes_another_reviewer(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    for number in range(5):
        await room.denied(f"login{number}")
    for number in range(3):
        await room.press("okta", by=[CAROL, DANA][number % 2], name=f"login{number}")
        await room.work()
    # What another reviewer agreed to does not count, and what was undone does.
    await room.press("okta", name="login3")
    (fourth,) = await room.contained("login3")
    assert (fourth.state, len(world.cleared)) == (ASKED, 3)
    assert "3 were done at one reviewer's word" in (fourth.why_second or "")
    await room.agree(DANA, "login3")
    await room.work()
    assert len(world.cleared) == 4
    room.clock.forward(hours=1)
    await room.press("okta", name="login4")
    await room.work()
    assert len(world.cleared) == 5


async def test_what_may_have_been_done_counts_among_those_of_the_hour(
    new_room: NewRoom, world: Outside
) -> None:
    room = new_room()
    world.answer = 500
    for number in range(4):
        await room.denied(f"login{number}")
        await room.press("hook", name=f"login{number}")
        await room.work()

    states = [await room.states(f"login{number}") for number in range(4)]
    assert states == [[ContainmentState.UNKNOWN]] * 3 + [[ASKED]]


async def test_a_button_of_one_event_does_nothing_to_another(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    for name in ("login", "other"):
        await room.denied(name, by=CAROL)
    await room.press("hook")
    (asked,) = await room.contained()
    containments, press = room.pressed_by(DANA, "other")

    with pytest.raises(Refused, match="does not know this"):
        await containments.agree(press, asked.id)

    await room.work()
    assert (await room.states(), world.calls) == ([ASKED], [])


async def test_two_who_press_at_once_have_it_done_once(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    with pytest.raises(Refused, match=f"<@{CAROL}> pressed this at"):
        await room.press("hook", DANA)
    await room.work()
    with pytest.raises(Refused, match="pressed this at"):
        await room.press("hook", DANA)
    assert len(world.hooks) == 1


async def test_what_ended_by_itself_can_be_done_again_and_not_undone(new_room: NewRoom) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    await room.work()
    room.clock.forward(hours=1)
    with pytest.raises(Refused, match="ended by itself"):
        await room.undo()
    await room.press("hook")
    await room.work()
    assert await room.states() == [DONE, DONE]


@pytest.mark.parametrize(
    ("never", "about", "person"),
    [
        ({"users": ["ROOT"]}, {"user_name": "root"}, None),
        ({"users": ["break-glass*"]}, {"user_name": "break-glass-2"}, None),
        # By whatever other name of theirs.
        ({"users": ["ceo"]}, {"user_name": "casey"}, Person(name="ceo", names=("casey",), slack=ALICE)),
        ({"users": ["ceo@example.com"]}, {}, Person(name="alice", email="ceo@example.com")),
        ({"users": [ALICE]}, {}, None),
        ({}, {"user_name": "oswaldo", "subject": Subject(kind=SubjectKind.BOT, name="oswaldo")}, None),
        ({}, {"user_name": "oswaldo"}, Person(name="oswaldo", bot=True)),
    ],
)
async def test_who_is_spared_is_never_contained(
    new_room: NewRoom, world: Outside, never: Any, about: Any, person: Person | None
) -> None:
    room = new_room(never=never)
    room.person = person
    await room.denied(**about)
    with pytest.raises(Refused, match="This is not done"):
        await room.press("hook")
    await room.work()
    assert world.calls == []


async def test_who_comes_on_the_list_meanwhile_is_spared(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("hook")
    room.section = new_room(never={"users": ["alice"]}).section
    with pytest.raises(Refused, match="This is not done"):
        await room.agree()
    room.section = new_room().section
    await room.agree()
    room.section = new_room(never={"users": ["alice"]}).section
    await room.work()
    assert (world.calls, await room.states()) == ([], [ContainmentState.FAILED])


async def test_only_reviewers_try_again_and_the_button_of_an_earlier_try_does_nothing(
    new_room: NewRoom, world: Outside
) -> None:
    room = new_room()
    await room.denied()
    world.answer = 403
    await room.press("hook")
    await room.work()
    with pytest.raises(NotAllowed, match="Only reviewers"):
        await room.try_again(BOB)
    await room.try_again(DANA)
    await room.work()
    containments, press = room.pressed_by(CAROL)
    (failed,) = await room.contained()
    assert (failed.state, failed.tries) == (ContainmentState.FAILED, 2)
    with pytest.raises(Refused, match="tried again meanwhile"):
        await containments.try_again(press, failed.id, 1)
    # Nor is it begun anew beside what failed.
    with pytest.raises(Refused, match="pressed this at"):
        await room.press("hook")
    # Nor tried again of who is spared by now, nor once it was approved after all.
    room.section = new_room(never={"users": ["alice"]}).section
    with pytest.raises(Refused, match="This is not done"):
        await room.try_again(DANA)
    room.section = new_room().section
    await Busy(room.thread).decide("login", Status.APPROVED, DANA, minutes=20)
    with pytest.raises(Refused):
        await room.try_again(DANA)
    await room.work()
    assert len(world.calls) == 2


async def test_what_was_approved_after_all_is_not_contained_by_a_second_word(
    new_room: NewRoom, world: Outside
) -> None:
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("hook")
    await Busy(room.thread).decide("login", Status.APPROVED, DANA, minutes=20)
    with pytest.raises(Refused):
        await room.agree(DANA)
    await room.work()
    assert world.calls == []


async def test_nobody_agrees_to_something_else_than_was_asked_for(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("hook")
    room.section = ContainmentSection.model_validate(
        {"actions": {"hook": room.section.actions["teleport"].model_dump()}}
    )
    with pytest.raises(Refused, match="changed since it was asked for"):
        await room.agree(DANA)
    await room.work()
    assert world.calls == []


async def test_a_button_that_says_something_else_by_now_does_nothing(
    new_room: NewRoom, world: Outside
) -> None:
    room = new_room()
    await room.denied()
    before = room.section
    longer = {name: each.model_dump() for name, each in before.actions.items() if name == "teleport"}
    room.section = ContainmentSection.model_validate({"actions": {"hook": longer["teleport"]}})
    with pytest.raises(Refused, match="changed since the card was drawn"):
        await room.press_as_drawn("hook", before)
    assert world.calls == []


@pytest.mark.parametrize(
    "about",
    [
        {"user_name": "alice; rm -rf /"},
        {"user_name": "../../etc/passwd"},
        {"user_name": '","do":"undo"'},
        {"user_name": "-oProxyCommand=x"},
        {"user_name": "alice\nbob"},
        {"user_name": None},
        {"user_name": "a" * 200},
        {"varied": {"user_name": ("bob",)}},
        {"users": 2},
        {"is_test": True},
    ],
)
def test_only_a_name_that_is_one_is_passed_on(new_room: NewRoom, about: Any) -> None:
    room = new_room()
    offered = room.context.settings.offers(event(**about))
    # Of the host alone, where there is no user to speak of.
    plans = [(each.name, dict(each.plan.arguments)) for each in offered if each.plan is not None]
    assert all(name == "sure-hook" and "user_name" not in passed_on for name, passed_on in plans)
    assert all(each.refusal for each in offered if each.plan is None)


def test_an_action_is_offered_for_the_rules_that_it_names_alone(new_room: NewRoom) -> None:
    room = new_room()
    hook = room.section.actions["hook"].model_copy(update={"rules": ("sudo_*",)})
    room.section = room.section.model_copy(update={"actions": {"hook": hook}})

    assert room.context.settings.offers(event(rule="ssh_login")) == []
    assert [each.name for each in room.context.settings.offers(event(rule="sudo_command"))] == ["hook"]


def test_capitals_and_globs_spare_too() -> None:
    assert is_never(["Alice"], ["alic?"])
    assert not is_never([None, "bob"], ["alice"])
