"""What is pressed is done once, whatever dies in between, said, and undone as it was."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from powertrip.containment.webhook import WebhookAction
from powertrip.domain.contained import ContainmentState
from powertrip.errors import Refused
from powertrip.pipeline.contain import contain
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.database_in_use import database
from tests.containment.conftest import NewRoom
from tests.containment.outside import Outside, Tctl
from tests.containment.room import DANA
from tests.databases import provide_database
from tests.samples import CAROL
from tests.store.busy import faults

DONE, FAILED, UNKNOWN = ContainmentState.DONE, ContainmentState.FAILED, ContainmentState.UNKNOWN
CREDENTIALS: list[dict[str, Any]] = [
    {"login": "alice", "credential_id": 7, "credential_type": "SSH Key"},
    {"login": "Alice", "credential_id": 8, "credential_type": "personal access token"},
    {"login": "bob", "credential_id": 9, "credential_type": "SSH Key"},
]


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, where a test does not ask for both."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("new_postgres")())
    provide_database(url := f"sqlite:///{tmp_path}/powertrip.db")
    return url


BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def effects(world: Outside, tctl: Tctl) -> dict[str, int]:
    """How often each was done."""
    return {
        "hook": len(world.hooks),
        "sure-hook": len({each["key"] for each in world.hooks}),
        "teleport": len(tctl.locks),
        "okta": len(world.cleared),
        "github": len(CREDENTIALS) - len(world.credentials) - 1,
    }


@pytest.mark.parametrize("action", ["hook", "sure-hook", "teleport", "okta", "github"])
async def test_killed_between_the_call_and_its_outcome_it_is_done_once(
    new_room: NewRoom, world: Outside, tctl: Tctl, action: str
) -> None:
    world.credentials = list(CREDENTIALS)
    room = new_room()
    await room.denied()
    await room.press(action)
    await room.killed_before_the_outcome()
    await room.work()

    assert effects(world, tctl)[action] == 1
    # Where the other side cannot tell, nobody claims to know, and nothing is sent again by itself.
    assert await room.states() == [UNKNOWN if action in ("hook", "okta") else DONE]
    await room.work()
    assert effects(world, tctl)[action] == 1
    if action in ("hook", "okta"):
        await room.try_again()
        await room.work()
        assert await room.states() == [DONE]
        # With the same key, by which the receiver can tell.
        assert len({each["key"] for each in world.hooks}) <= 1
    assert await faults(room.thread) == {}


@BOTH
async def test_killed_before_the_call_it_is_done_all_the_same(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied()
    await room.press("okta")
    # Claimed, and nothing more.
    assert await room.take() is not None
    room.clock.forward(minutes=1)
    await room.work()
    assert (world.cleared, await room.states()) == (["alice"], [DONE])


async def test_two_workers_with_one_delivery_call_once(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    slow = await room.take()
    assert slow is not None
    room.clock.forward(minutes=1)
    await room.work()
    assert not await contain(room.context, slow)
    # Nobody knows whether the slow one had called; what it did in truth is believed when it says so.
    assert (len(world.hooks), await room.states()) == (1, [DONE])


async def test_a_worker_whose_lease_has_run_out_calls_nobody_beside_the_one_that_has_it(
    new_room: NewRoom,
) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    slow = await room.take()
    room.clock.forward(minutes=1)
    quick = await room.take()
    assert slow is not None
    assert quick is not None
    store = room.store.containments

    assert await store.calling(quick, {}, room.clock())
    assert not await store.calling(slow, {}, room.clock())


async def test_what_another_agrees_to_begins_and_lasts_from_then_on(new_room: NewRoom) -> None:
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("teleport")
    agreed_at = room.clock.forward(minutes=30)
    await room.agree(DANA)
    delivery = await room.take()
    assert delivery is not None

    _, order, _ = await room.store.containments.order(delivery)

    assert order.released_at == agreed_at
    assert order.until == room.clock.forward(hours=1)


async def test_what_is_agreed_to_at_the_last_moment_is_done_after_all(
    new_room: NewRoom, world: Outside
) -> None:
    room = new_room()
    await room.denied(by=CAROL)
    await room.press("hook")
    await room.work()
    agreed_at = room.clock.forward(minutes=59)
    room.clock.forward(minutes=1)
    late = await room.take()
    assert late is not None
    # A worker has found that nobody agreed in time, and has yet to write it down.
    room.clock.now = agreed_at
    await room.agree(DANA)
    await room.store.containments.end(late, ContainmentState.LAPSED, None, room.clock())
    room.clock.forward(minutes=2)
    await room.work()

    assert (await room.states(), len(world.hooks)) == ([DONE], 1)


@BOTH
async def test_undone_is_what_was_done_and_once(new_room: NewRoom, tctl: Tctl) -> None:
    room = new_room()
    await room.denied()
    await room.press("teleport")
    await room.work()
    (lock,) = tctl.locks
    assert lock["target"] == {"user": "alice"}
    assert lock["expires"] == "2026-01-15T13:00:00Z"
    await room.undo()
    await room.killed_before_the_outcome()
    await room.work()
    assert tctl.locks == []
    assert await room.states() == [DONE, DONE]
    with pytest.raises(Refused, match="pressed this at"):
        await room.undo(DANA)
    # It can be done anew.
    await room.press("teleport")
    await room.work()
    assert len(tctl.locks) == 1
    assert await faults(room.thread) == {}


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (403, FAILED, "the server answered 403"),
        (429, FAILED, "the server answered 429"),
        (500, UNKNOWN, "the server answered 500"),
        (302, FAILED, "redirects are not followed"),
    ],
)
async def test_a_failure_is_said_and_repeated_only_by_a_click(
    new_room: NewRoom, world: Outside, answer: int, state: ContainmentState, said: str
) -> None:
    room = new_room()
    await room.denied()
    world.answer = answer
    await room.press("hook")
    await room.work()
    room.clock.forward(hours=2)
    await room.work()
    (failed,) = await room.contained()
    assert failed.state is state
    assert said in (failed.said or "")
    assert len(world.calls) == 1
    world.answer = None
    await room.try_again(DANA)
    # The same button once more, from a card that was not redrawn.
    with pytest.raises(Refused, match="tried again meanwhile"):
        await room.try_again(CAROL)
    await room.work()
    assert (len(world.hooks), await room.states()) == (1, [DONE])
    assert await faults(room.thread) == {}


async def test_what_breaks_within_is_said_and_repeated_only_by_a_click(
    new_room: NewRoom, world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise KeyError("user")

    room = new_room()
    await room.denied()
    with monkeypatch.context() as patched:
        patched.setattr(WebhookAction, "contain", broken)
        await room.press("sure-hook")
        await room.work()
    room.clock.forward(minutes=1)
    await room.work()
    (lost,) = await room.contained()
    assert (lost.state, lost.said) == (UNKNOWN, "Something broke inside Powertrip; its log says what.")
    assert world.calls == []
    await room.try_again()
    await room.work()
    assert (len(world.hooks), await room.states()) == (1, [DONE])


async def test_teleport_that_never_answers_is_looked_at_before_it_is_tried_again(
    new_room: NewRoom, tctl: Tctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("powertrip.containment.teleport.PATIENCE", 0.5)
    tctl.wants("hang")
    room = new_room()
    await room.denied()
    await room.press("teleport")
    await room.work()
    assert await room.states() == [UNKNOWN]
    await room.try_again()
    await room.work()
    assert (len(tctl.locks), await room.states()) == (1, [DONE])


async def test_what_tctl_may_not_do_is_said(new_room: NewRoom, tctl: Tctl) -> None:
    tctl.wants("denied")
    room = new_room()
    await room.denied()
    await room.press("teleport")
    await room.work()
    (failed,) = await room.contained()
    # It was not found out whether the lock is there, for that was refused, too.
    assert failed.state is UNKNOWN
    assert "access denied" in (failed.said or "")


@BOTH
async def test_github_loses_what_this_member_authorised_and_no_more(
    new_room: NewRoom, world: Outside
) -> None:
    world.credentials = list(CREDENTIALS)
    room = new_room()
    await room.denied()
    await room.press("github")
    await room.work()
    assert [each["credential_id"] for each in world.credentials] == [9]
    (done,) = await room.contained()
    assert (done.state, done.said, done.undo_says) == (DONE, "2 removed", None)


async def test_a_dry_run_calls_nobody(new_room: NewRoom, world: Outside, tctl: Tctl) -> None:
    room = new_room(dry_run=True)
    await room.denied()
    for action in ("teleport", "okta", "github", "host", "hook"):
        await room.press(action)
    await room.work()
    assert (world.calls, tctl.calls) == ([], [])
    assert all(each.is_dry_run and each.state is DONE for each in await room.contained())
    with pytest.raises(Refused, match="cannot be undone"):
        await room.undo()
    # It stands in the way of nothing.
    room.section = new_room().section
    await room.press("hook")
    await room.work()
    assert [each["do"] for each in world.hooks] == ["contain"]


async def test_a_dry_run_that_begins_after_the_press_calls_nobody(new_room: NewRoom, world: Outside) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    room.section = new_room(dry_run=True).section
    await room.work()
    assert (world.calls, await room.states()) == ([], [FAILED])


@BOTH
async def test_what_a_worker_of_an_earlier_release_gave_up_is_said_and_can_be_tried_again(
    new_room: NewRoom, world: Outside
) -> None:
    room = new_room()
    await room.denied()
    await room.press("hook")
    # It ends what it cannot read, so that it holds up nothing.
    given_up = "UPDATE delivery SET state = 'failed' WHERE kind = 'contain'"
    await room.thread.run(lambda: database.execute_sql(given_up))
    await room.work()
    (failed,) = await room.contained()
    assert (failed.state, world.calls) == (FAILED, [])
    assert "earlier release" in (failed.said or "")
    await room.try_again()
    await room.work()
    assert (len(world.hooks), await room.states()) == (1, [DONE])
    assert await faults(room.thread) == {}


async def test_workers_that_race_let_no_fourth_through(
    new_postgres: Callable[[], str], new_room: NewRoom
) -> None:
    url = new_postgres()
    threads = [DatabaseThread(open_database(url)) for _ in range(2)]
    rooms = [replace(new_room(), thread=thread, store=Store(thread)) for thread in threads]
    for number in range(6):
        await rooms[0].denied(f"login{number}")
    pressed = (rooms[number % 2].press("hook", name=f"login{number}") for number in range(6))
    await asyncio.gather(*pressed)
    states = [state for number in range(6) for state in await rooms[0].states(f"login{number}")]
    assert sorted(states) == [ContainmentState.ASKED] * 3 + [ContainmentState.WAITING] * 3
    await asyncio.gather(*(thread.close() for thread in threads))
